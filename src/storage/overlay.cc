// What is submitted but not yet durable, by key: the first place latest() looks.
#include "storage/overlay.h"

#include "async/turns.h"

namespace penstock::storage::detail {
namespace {

constexpr std::size_t kEntryOverheadBytes = 128;  // Vector slot, hash and overlay node.
constexpr std::size_t kBucketsKept = 1024;        // An idle shard gives back more than this.

}  // namespace

std::uint64_t hash_of(Family family, std::string_view key) {
  return hash_bytes(key, static_cast<std::uint64_t>(family) + 1);
}

Pending::Pending(Batch submitted) : batch(std::move(submitted)) {
  hashes.reserve(batch.entries().size());
  for (const Batch::Entry& entry : batch.entries()) {
    hashes.push_back(hash_of(entry.family, entry.key));
    cost += entry.key.size() + entry.value.size() + kEntryOverheadBytes;
  }
}

void Overlay::add(const Pending& pending) {
  for (std::size_t i = 0; i < pending.hashes.size(); ++i) {
    const Batch::Entry& entry = pending.batch.entries()[i];
    if (entry.kind == Batch::Entry::Kind::kEraseRange) continue;
    const Key key{pending.hashes[i], entry.family, entry.key};
    const Write write{pending.order, &entry};
    Shard& shard = shard_of(key.hash);
    const std::scoped_lock lock(shard.mutex);
    const auto [place, added] = shard.writes.try_emplace(key, write);
    if (added) continue;
    // The old key points into the older batch, which will be gone first.
    auto node = shard.writes.extract(place);
    node.key() = key;
    node.mapped() = write;
    shard.writes.insert(std::move(node));
  }
}

void Overlay::remove(const Pending& pending) {
  for (std::size_t i = 0; i < pending.hashes.size(); ++i) {
    const Batch::Entry& entry = pending.batch.entries()[i];
    if (entry.kind == Batch::Entry::Kind::kEraseRange) continue;
    Shard& shard = shard_of(pending.hashes[i]);
    const std::scoped_lock lock(shard.mutex);
    const auto found = shard.writes.find(Key{pending.hashes[i], entry.family, entry.key});
    if (found == shard.writes.end() || found->second.order != pending.order) continue;
    shard.writes.erase(found);
    if (shard.writes.empty() && shard.writes.bucket_count() > kBucketsKept) shard.writes = {};
  }
}

Overlay::Found Overlay::find(Family family, std::string_view key) const {
  const std::uint64_t hash = hash_of(family, key);
  const Shard& shard = shard_of(hash);
  const std::scoped_lock lock(shard.mutex);
  const auto found = shard.writes.find(Key{hash, family, key});
  if (found == shard.writes.end()) return {};
  const Batch::Entry& entry = *found->second.entry;
  if (entry.kind == Batch::Entry::Kind::kErase) return {true, std::nullopt};
  return {true, entry.value};
}

}  // namespace penstock::storage::detail
