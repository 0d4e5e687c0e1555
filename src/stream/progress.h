// Progress: which of the records that were read have their fate, and how far the position may go.
// Pure. Records are added in the order of the shard and settled in any order.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "stream/consumer.h"
#include "stream/position.h"

namespace penstock::stream {

class Progress {
 public:
  // The number under which settle() knows the record.
  std::uint64_t add(std::string sequence, Fate fate);
  void settle(std::uint64_t index, Fate fate);
  // Moves the position over what is settled without a gap, counts it there, and returns what was
  // counted. Nothing when it did not move.
  Counters advance(Position& position);
  // Added and not yet passed by the position.
  std::size_t outstanding() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }

 private:
  struct Entry {
    std::string sequence;
    Fate fate;
  };
  std::deque<Entry> entries_;
  std::uint64_t first_ = 0;  // The number of entries_.front().
};

}  // namespace penstock::stream
