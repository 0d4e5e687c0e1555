// ShardLog: the appending end of one shard. It hands out indices and arrival times that never go
// back, and remembers per producer how far that producer's records are already in the shard.
//
// A child goes on where its parents were: it has their watermarks, each for the hash keys that the
// parent had. So the repeat of a record that went to a parent is dropped, and a record that had not
// reached one parent is taken although the other parent's watermark is beyond it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "services/kinesis/hash_key.h"
#include "services/kinesis/sequence.h"

namespace penstock::kinesis {

// The place of one record in its shard.
struct Assigned {
  std::uint64_t index = 0;
  std::int64_t arrival_millis = 0;
};

// The highest source position of one producer that is there of the hash keys in `range`, and the
// record that has it: in this shard or in a parent.
struct Watermark {
  HashRange range;
  std::string position;  // Opaque; ordered as bytes. Empty: nothing is there.
  SequenceNumber last;
  friend bool operator==(const Watermark&, const Watermark&) = default;
};
// Of one producer in one shard: by hash key, without gaps over the shard's range.
using Watermarks = std::vector<Watermark>;
using ProducerName = std::string;

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
  const Watermarks* find_producer(std::string_view producer) const;
  // The watermark that covers the record; null when the shard does not have the record at
  // `position` of this producer yet.
  const Watermark* find_duplicate(std::string_view producer, std::string_view position,
                                  HashValue hash) const;
  // Requires: no duplicate.
  void advance(std::string_view producer, std::string_view position, HashValue hash,
               SequenceNumber last);
  void restore(std::string_view producer, Watermarks watermarks);
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
  std::unordered_map<ProducerName, Watermarks, Hash, std::equal_to<>> producers_;
};

// The furthest of them. Requires: not empty.
const Watermark& newest(const Watermarks& watermarks);

struct Parent {
  HashRange range;
  const ShardLog* log = nullptr;
};
// What a child over `range` begins with, producer by producer. Parents in the order of their hash
// keys; together they have all of `range`.
void inherit(ShardLog& child, HashRange range, const std::vector<Parent>& parents);

}  // namespace penstock::kinesis
