// Shard ids, and the arithmetic of splitting and merging. Which of it a client may ask for is
// decided in reshard.cc.
#include "services/kinesis/shard.h"

#include <algorithm>
#include <charconv>

#include "base/check.h"

namespace penstock::kinesis {
namespace {

ShardSpec& open_shard(ShardSpecs& shards, std::uint32_t index) {
  const auto found = std::ranges::lower_bound(shards, index, {}, &ShardSpec::index);
  CHECK(found != shards.end() && found->index == index && found->is_open());
  return *found;
}

ShardSpec& add_child(ShardSpecs& shards, const ShardSpec& parent, HashRange range, Timestamp now) {
  ShardSpec child;
  child.index = shards.back().index + 1;
  child.range = range;
  child.created_seconds = std::max(now.seconds(), parent.created_seconds + 1);
  child.opened = now;
  child.parent = parent.index;
  return shards.emplace_back(child);
}

std::vector<ShardSpec> open_in_order(const ShardSpecs& shards) {
  std::vector<ShardSpec> open;
  for (const ShardSpec& shard : shards) {
    if (shard.is_open()) open.push_back(shard);
  }
  std::ranges::sort(open, {}, [](const ShardSpec& shard) { return shard.range.first; });
  return open;
}

// Where the wanted shards begin, but for the first. A boundary that there is already, but for the
// rounding of the division, is kept: else slivers of a few hash keys would be cut off.
std::vector<HashValue> wanted_cuts(const std::vector<ShardSpec>& open, std::size_t target) {
  constexpr HashValue kRounding = HashValue{1} << 32;
  std::vector<HashValue> cuts;
  const std::vector<HashRange> wanted = uniform_ranges(target);
  for (std::size_t i = 1; i < wanted.size(); ++i) {
    HashValue cut = wanted[i].first;
    const auto above = std::ranges::lower_bound(
        open, cut, {}, [](const ShardSpec& shard) { return shard.range.first; });
    if (above != open.end() && above->range.first - cut < kRounding) {
      cut = above->range.first;
    } else if (above != open.begin() && cut - std::prev(above)->range.first < kRounding) {
      cut = std::prev(above)->range.first;
    }
    if (cut != 0) cuts.push_back(cut);
  }
  return cuts;
}

using Cut = std::vector<HashValue>::const_iterator;

// In the middle first, so that the line of descent stays short.
void split_at(ShardSpecs& shards, std::uint32_t shard, Cut first, Cut last, Timestamp now) {
  if (first == last) return;
  const Cut middle = first + (last - first) / 2;
  split(shards, shard, *middle, now);
  const std::uint32_t upper = shards.back().index;
  split_at(shards, upper - 1, first, middle, now);
  split_at(shards, upper, middle + 1, last, now);
}

std::uint32_t merge_all(ShardSpecs& shards, const std::vector<ShardSpec>& open, std::size_t first,
                        std::size_t last, Timestamp now) {
  if (last - first == 1) return open[first].index;
  const std::size_t middle = first + (last - first) / 2;
  const std::uint32_t lower = merge_all(shards, open, first, middle, now);
  const std::uint32_t upper = merge_all(shards, open, middle, last, now);
  merge(shards, lower, upper, now);
  return shards.back().index;
}

}  // namespace

std::string shard_id(std::uint32_t index) {
  std::string id = "shardId-000000000000";
  for (std::size_t at = id.size() - 1; index > 0; index /= 10) {
    id[at--] = static_cast<char>('0' + index % 10);
  }
  return id;
}

std::optional<std::uint32_t> parse_shard_id(std::string_view id) {
  constexpr std::string_view kPrefix = "shardId-";
  if (id.starts_with(kPrefix)) id.remove_prefix(kPrefix.size());
  std::uint32_t index = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), index);
  if (id.empty() || error != std::errc() || end != id.data() + id.size()) return std::nullopt;
  return index;
}

ShardSpecs uniform_shards(std::size_t count, Timestamp opened) {
  ShardSpecs shards;
  for (const HashRange& range : uniform_ranges(count)) {
    ShardSpec& shard = shards.emplace_back();
    shard.index = static_cast<std::uint32_t>(shards.size() - 1);
    shard.range = range;
    shard.created_seconds = opened.seconds();
    shard.opened = opened;
  }
  return shards;
}

const ShardSpec* find_spec(const ShardSpecs& shards, std::uint32_t index) {
  const auto found = std::ranges::lower_bound(shards, index, {}, &ShardSpec::index);
  return found != shards.end() && found->index == index ? &*found : nullptr;
}

std::size_t open_count(const ShardSpecs& shards) {
  return static_cast<std::size_t>(std::ranges::count_if(shards, &ShardSpec::is_open));
}

void split(ShardSpecs& shards, std::uint32_t shard, HashValue start, Timestamp now) {
  ShardSpec& closing = open_shard(shards, shard);
  CHECK(closing.range.first < start && start <= closing.range.last);
  closing.closed = now;
  const ShardSpec parent = closing;
  add_child(shards, parent, {parent.range.first, start - 1}, now);
  add_child(shards, parent, {start, parent.range.last}, now);
}

void merge(ShardSpecs& shards, std::uint32_t lower, std::uint32_t upper, Timestamp now) {
  ShardSpec& first = open_shard(shards, lower);
  ShardSpec& second = open_shard(shards, upper);
  CHECK(first.range.last + 1 == second.range.first);
  first.closed = second.closed = now;
  const ShardSpec parent = first, adjacent = second;
  ShardSpec& child = add_child(shards, parent, {parent.range.first, adjacent.range.last}, now);
  child.adjacent_parent = adjacent.index;
  child.created_seconds = std::max(child.created_seconds, adjacent.created_seconds + 1);
}

void scale_uniformly(ShardSpecs& shards, std::size_t target, Timestamp now) {
  const std::vector<HashValue> cuts = wanted_cuts(open_in_order(shards), target);
  for (const ShardSpec& shard : open_in_order(shards)) {
    const Cut first = std::ranges::upper_bound(cuts, shard.range.first);
    const Cut last = std::ranges::upper_bound(cuts, shard.range.last);
    split_at(shards, shard.index, first, last, now);
  }
  const std::vector<ShardSpec> pieces = open_in_order(shards);
  for (std::size_t first = 0; first < pieces.size();) {
    std::size_t last = first + 1;
    while (last < pieces.size() && !std::ranges::binary_search(cuts, pieces[last].range.first)) {
      ++last;
    }
    merge_all(shards, pieces, first, last, now);
    first = last;
  }
}

}  // namespace penstock::kinesis
