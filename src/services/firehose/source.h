// Source: where the records of a lane come from, in order, from any position, again and again.
#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "protocol/api_error.h"
#include "services/firehose/records.h"
#include "storage/store.h"

namespace penstock::firehose {

struct SourcePage {
  std::vector<SourceRecord> records;
  std::int64_t behind_millis = 0;  // Behind the source's newest record.
  bool ended = false;              // Nothing will ever follow.
};

// Used by one lane, one call at a time.
class Source {
 public:
  virtual ~Source() = default;
  // To be read before looking for records: wait() returns when there may be some since then.
  virtual std::uint64_t version() const = 0;
  virtual Task<bool> wait_beyond(std::uint64_t seen, std::chrono::microseconds timeout,
                                 std::stop_token stop) = 0;
  // read() goes on after this sequence number; empty: from where the stream began.
  virtual void seek(std::string after) = 0;
  virtual protocol::Reply<SourcePage> read() = 0;
  // The records [from, to] as far as they are still there.
  virtual protocol::Reply<std::vector<SourceRecord>> read_range(std::string from,
                                                                std::string to) = 0;
  // Called in the batch of the checkpoint: the records up to `to` are settled.
  virtual void settle(storage::Batch& batch, const std::string& from, const std::string& to) = 0;
  // The same when that is durable.
  virtual void settled(std::uint64_t bytes) = 0;
};

}  // namespace penstock::firehose
