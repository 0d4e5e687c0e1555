// A shard as a value: its hash keys, its parents, when it was opened and closed; and how the shards
// of a stream are split and merged. Pure: no I/O, no clock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "services/kinesis/hash_key.h"
#include "services/kinesis/sequence.h"

namespace penstock::kinesis {

struct ShardSpec {
  std::uint32_t index = 0;
  HashRange range;
  // The second in its sequence numbers. Later than its parents', so that the numbers of children
  // are greater than those of parents whatever the clock does.
  std::int64_t created_seconds = 0;
  Timestamp opened;
  std::optional<std::uint32_t> parent;
  std::optional<std::uint32_t> adjacent_parent;  // Of a merge: the one with the higher hash keys.
  std::optional<Timestamp> closed;

  bool is_open() const { return !closed.has_value(); }
  bool is_child_of(std::uint32_t shard) const {
    return parent == shard || adjacent_parent == shard;
  }
  SequenceNumber first_number() const { return {created_seconds, index, 0, created_seconds}; }
  // Requires: closed.
  SequenceNumber last_number() const {
    return {created_seconds, index, kSequenceIndexMax, closed->seconds()};
  }
  friend bool operator==(const ShardSpec&, const ShardSpec&) = default;
};

// Sorted by index; the open ones cover the hash space.
using ShardSpecs = std::vector<ShardSpec>;

std::string shard_id(std::uint32_t index);
// "shardId-000000000003", and as AWS also takes them "shardId-3" and "3".
std::optional<std::uint32_t> parse_shard_id(std::string_view id);

ShardSpecs uniform_shards(std::size_t count, Timestamp opened);
const ShardSpec* find_spec(const ShardSpecs& shards, std::uint32_t index);
std::size_t open_count(const ShardSpecs& shards);

// Closes `shard` and opens [first, start-1] and [start, last]. Requires: open, first < start <=
// last.
void split(ShardSpecs& shards, std::uint32_t shard, HashValue start, Timestamp now);
// Closes both and opens their union. Requires: open, `upper` begins where `lower` ends.
void merge(ShardSpecs& shards, std::uint32_t lower, std::uint32_t upper, Timestamp now);
// Splits and merges until there are `target` open shards of equal width. Shards that have their
// place already stay as they are; the short-lived ones in between are closed as they are opened.
void scale_uniformly(ShardSpecs& shards, std::size_t target, Timestamp now);

}  // namespace penstock::kinesis
