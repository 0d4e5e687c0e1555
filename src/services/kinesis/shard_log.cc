// The order of one shard and the watermarks of its producers. What of this is durable is the
// business of store.cc and append.cc.
#include "services/kinesis/shard_log.h"

#include <algorithm>
#include <set>

#include "base/check.h"

namespace penstock::kinesis {
namespace {

bool contains(const HashRange& range, HashValue hash) {
  return range.first <= hash && hash <= range.last;
}

// The common case is one watermark for the whole shard.
std::size_t place_of(const Watermarks& watermarks, HashValue hash) {
  if (watermarks.size() == 1) return 0;
  for (std::size_t i = 0; i < watermarks.size(); ++i) {
    if (contains(watermarks[i].range, hash)) return i;
  }
  CHECK(false);
}

// Adds `watermark` as far as it is inside `clip`.
void add_clipped(Watermarks& to, Watermark watermark, const HashRange& clip) {
  watermark.range.first = std::max(watermark.range.first, clip.first);
  watermark.range.last = std::min(watermark.range.last, clip.last);
  if (watermark.range.first > watermark.range.last) return;
  if (!to.empty() && to.back().position == watermark.position) {
    to.back().range.last = watermark.range.last;
  } else {
    to.push_back(std::move(watermark));
  }
}

}  // namespace

Assigned ShardLog::assign(Timestamp now) {
  CHECK(next_index_ < kSequenceIndexMax);
  last_millis_ = std::max(last_millis_, now.millis());
  return {next_index_++, last_millis_};
}

const Watermarks* ShardLog::find_producer(std::string_view producer) const {
  const auto found = producers_.find(producer);
  return found == producers_.end() ? nullptr : &found->second;
}

const Watermark* ShardLog::find_duplicate(std::string_view producer, std::string_view position,
                                          HashValue hash) const {
  const Watermarks* watermarks = find_producer(producer);
  if (watermarks == nullptr) return nullptr;
  const Watermark& watermark = (*watermarks)[place_of(*watermarks, hash)];
  return position <= watermark.position ? &watermark : nullptr;
}

void ShardLog::advance(std::string_view producer, std::string_view position, HashValue hash,
                       SequenceNumber last) {
  const auto found = producers_.find(producer);
  if (found == producers_.end()) {
    producers_.emplace(std::string(producer), Watermarks{{{}, std::string(position), last}});
    return;
  }
  Watermarks& watermarks = found->second;
  Watermark& watermark = watermarks[place_of(watermarks, hash)];
  CHECK(position > watermark.position);
  watermark.position = position;
  watermark.last = last;
  // Beyond all of them: positions come in increasing order, so nothing below is still to come.
  if (watermarks.size() > 1 && newest(watermarks).position == position) {
    watermarks = {{{}, std::string(position), last}};
  }
}

void ShardLog::restore(std::string_view producer, Watermarks watermarks) {
  CHECK(!watermarks.empty());
  const auto found = producers_.find(producer);
  if (found == producers_.end()) {
    producers_.emplace(std::string(producer), std::move(watermarks));
  } else {
    found->second = std::move(watermarks);
  }
}

void ShardLog::forget(std::string_view producer) {
  const auto found = producers_.find(producer);
  if (found != producers_.end()) producers_.erase(found);
}

const Watermark& newest(const Watermarks& watermarks) {
  CHECK(!watermarks.empty());
  return *std::ranges::max_element(watermarks, {}, &Watermark::position);
}

void inherit(ShardLog& child, HashRange range, const std::vector<Parent>& parents) {
  std::set<std::string_view> producers;
  for (const Parent& parent : parents) {
    for (const auto& [producer, watermarks] : parent.log->producers()) producers.insert(producer);
  }
  for (const std::string_view producer : producers) {
    Watermarks inherited;
    for (const Parent& parent : parents) {
      const HashRange clip{std::max(range.first, parent.range.first),
                           std::min(range.last, parent.range.last)};
      if (clip.first > clip.last) continue;
      const Watermarks* watermarks = parent.log->find_producer(producer);
      if (watermarks == nullptr) {
        add_clipped(inherited, {clip, {}, {}}, clip);
        continue;
      }
      for (const Watermark& watermark : *watermarks) add_clipped(inherited, watermark, clip);
    }
    CHECK(!inherited.empty());
    if (inherited.size() == 1) {
      if (inherited[0].position.empty()) continue;
      inherited[0].range = {};
    }
    child.restore(producer, std::move(inherited));
  }
}

}  // namespace penstock::kinesis
