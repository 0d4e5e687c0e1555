// Pending: one submitted batch on its way to the disk. Internal to storage.
#pragma once

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <vector>

#include "storage/store.h"

namespace penstock::storage::detail {

struct Pending {
  // Who waits. The committer swaps in kDone exactly once and then wakes whoever it found.
  enum State : int { kOpen, kAwaited, kBlocked, kDone };

  explicit Pending(Batch submitted);

  const Batch batch;
  std::vector<std::uint64_t> hashes;  // Of the keys, in the order of the entries.
  std::size_t cost = 0;               // Bytes it occupies while pending, roughly.
  std::uint64_t order = 0;            // Position in the order of submission, from 1.

  std::atomic<int> state{kOpen};
  Status status;                 // Written before kDone.
  Executor* executor = nullptr;  // Written before kAwaited.
  std::coroutine_handle<> handle;
};

std::uint64_t hash_of(Family family, std::string_view key);

}  // namespace penstock::storage::detail
