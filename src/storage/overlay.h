// Overlay: the newest pending write of every key that has one. Internal to storage.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "storage/pending.h"

namespace penstock::storage::detail {

// Thread-safe. A batch stays alive from add() to remove(): the overlay points into it and copies
// nothing.
class Overlay {
 public:
  // Requires: batches are added in their order.
  void add(const Pending& pending);
  // Removes what later batches have not replaced.
  void remove(const Pending& pending);

  struct Found {
    bool pending = false;              // False: nothing is pending for the key.
    std::optional<std::string> value;  // Absent: an erasure is pending.
  };
  Found find(Family family, std::string_view key) const;

 private:
  struct Key {
    std::uint64_t hash;
    Family family;
    std::string_view bytes;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const { return key.hash; }
  };
  struct Write {
    std::uint64_t order;
    const Batch::Entry* entry;
  };
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    std::unordered_map<Key, Write, KeyHash> writes;
  };

  static constexpr std::size_t kShards = 64;
  Shard& shard_of(std::uint64_t hash) { return shards_[hash >> 58]; }
  const Shard& shard_of(std::uint64_t hash) const { return shards_[hash >> 58]; }

  std::array<Shard, kShards> shards_;
};

}  // namespace penstock::storage::detail
