// The records of a lane that are read and not yet put into a batch, and when a batch is cut. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "services/firehose/records.h"

namespace penstock::firehose {

struct CutRule {
  std::uint64_t bytes = 5 << 20;
  std::size_t records = 100'000;
  std::chrono::microseconds interval{300'000'000};
  // IntervalInSeconds 0: wait `interval` for company, and while the transform is busy.
  bool immediate = false;
};

class Buffer {
 public:
  void add(SourceRecord record);
  bool empty() const { return records_.empty(); }
  std::size_t size() const { return records_.size(); }
  std::uint64_t bytes() const { return bytes_; }
  std::int64_t oldest_millis() const;  // Arrival; 0 when empty.

  bool full(const CutRule& rule) const;
  // How long until a batch is due: zero when it is, nullopt when only more records or an idle
  // transform can make it so.
  std::optional<std::chrono::microseconds> due_in(const CutRule& rule, Timestamp now,
                                                  bool transform_idle) const;
  // Takes the first records, up to the rule's size: the one that reaches it is the last.
  std::vector<SourceRecord> cut(const CutRule& rule);

 private:
  std::deque<SourceRecord> records_;
  std::uint64_t bytes_ = 0;
};

}  // namespace penstock::firehose
