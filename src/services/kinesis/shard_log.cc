// The order of one shard and the watermarks of its producers. What of this is durable is the
// business of store.cc and append.cc.
#include "services/kinesis/shard_log.h"

#include <algorithm>

#include "base/check.h"
#include "services/kinesis/sequence.h"

namespace penstock::kinesis {

Assigned ShardLog::assign(Timestamp now) {
  CHECK(next_index_ < kSequenceIndexMax);
  last_millis_ = std::max(last_millis_, now.millis());
  return {next_index_++, last_millis_};
}

const Watermark* ShardLog::find_producer(std::string_view producer) const {
  const auto found = producers_.find(producer);
  return found == producers_.end() ? nullptr : &found->second;
}

bool ShardLog::has(std::string_view producer, std::string_view position) const {
  const Watermark* watermark = find_producer(producer);
  return watermark != nullptr && position <= watermark->position;
}

void ShardLog::advance(std::string_view producer, std::string_view position, Assigned assigned) {
  CHECK(!has(producer, position));
  restore(producer, {std::string(position), assigned});
}

void ShardLog::restore(std::string_view producer, Watermark watermark) {
  const auto found = producers_.find(producer);
  if (found == producers_.end()) {
    producers_.emplace(std::string(producer), std::move(watermark));
  } else {
    found->second = std::move(watermark);
  }
}

void ShardLog::forget(std::string_view producer) {
  const auto found = producers_.find(producer);
  if (found != producers_.end()) producers_.erase(found);
}

}  // namespace penstock::kinesis
