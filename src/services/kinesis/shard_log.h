// ShardLog: the appending end of one shard. It hands out indices and arrival times that never go
// back, and remembers per producer how far that producer's records are already in the shard.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"

namespace penstock::kinesis {

// The place of one record in its shard.
struct Assigned {
  std::uint64_t index = 0;
  std::int64_t arrival_millis = 0;
};

// The highest source position of one producer that this shard has, and where that record went.
struct Watermark {
  std::string position;  // Opaque; ordered as bytes.
  Assigned last;
};

// Pure and not thread-safe: the owner holds the shard's lock.
class ShardLog {
 public:
  ShardLog() = default;
  // As recovered: the next index, and the arrival of the newest record.
  ShardLog(std::uint64_t next_index, std::int64_t last_millis)
      : next_index_(next_index), last_millis_(last_millis) {}

  // Arrival times follow the clock but never decrease: a search by time depends on it.
  Assigned assign(Timestamp now);

  // Null when this producer never wrote here.
  const Watermark* find_producer(std::string_view producer) const;
  // True when the shard has the record at `position` of this producer already.
  bool has(std::string_view producer, std::string_view position) const;
  void advance(std::string_view producer, std::string_view position, Assigned assigned);
  void restore(std::string_view producer, Watermark watermark);
  void forget(std::string_view producer);
  std::size_t producer_count() const { return producers_.size(); }

  const auto& producers() const { return producers_; }

  std::uint64_t next_index() const { return next_index_; }
  std::int64_t last_millis() const { return last_millis_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  std::uint64_t next_index_ = 1;
  std::int64_t last_millis_ = 0;
  std::unordered_map<std::string, Watermark, Hash, std::equal_to<>> producers_;
};

}  // namespace penstock::kinesis
