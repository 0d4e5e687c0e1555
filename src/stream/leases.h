// Leases: which worker reads which shard, when several of them share a stream.
//
// A lease changes hands by comparing and swapping: whoever takes it says how it looked, and only
// one of two who say the same succeeds. Each change of hands begins a new term, and a checkpoint is
// conditional on its term, so that a worker that lost a shard without knowing it cannot move the
// position any more. The owner renews its leases from time to time (not with each batch); one whose
// beat another worker has seen unchanged for the whole duration, by its own clock, has expired.
// Clocks of different machines are never compared.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "async/executor.h"
#include "async/task.h"
#include "base/result.h"
#include "storage/store.h"

namespace penstock::stream {

struct Lease {
  std::string shard;
  std::string owner;       // Empty: nobody's.
  std::uint64_t term = 0;  // Grows when it changes hands; 0: there is no lease yet.
  std::uint64_t beat = 0;  // Grows with each renewal.
  friend bool operator==(const Lease&, const Lease&) = default;
};

// The leases of one reader. Thread-safe.
class LeaseTable {
 public:
  virtual ~LeaseTable() = default;
  virtual Task<Result<std::vector<Lease>>> list() = 0;
  // The lease becomes `owner`'s, in a new term, if it still is as `seen`. nullopt: it is not.
  virtual Task<Result<std::optional<Lease>>> take(Lease seen, std::string owner) = 0;
  // The next beat of each of `held` that still is its owner's in this term; the others are lost.
  virtual Task<Result<std::vector<Lease>>> renew(std::vector<Lease> held) = 0;
  // Nobody's from now on, if it still is its owner's; with `forget` there is no lease at all.
  virtual Task<Status> release(Lease held, bool forget) = 0;
  // Hands the batch to the store, in the order of these calls and of take(), if the lease still is
  // its owner's in this term; else kConflict. Not waited for until it is durable; an error of
  // another kind: the store does not take it now.
  virtual Task<Status> checkpoint(Lease held, storage::Batch batch) = 0;
};

// Kept in the store of this process, for workers in this process.
//
//   kPositions  C1 reader shard      Lease
class StoreLeaseTable final : public LeaseTable {
 public:
  // Both must outlive it. Requires: there is one table for a reader in the process.
  StoreLeaseTable(Runtime& runtime, storage::Store& store, std::string reader);

  Task<Result<std::vector<Lease>>> list() override;
  Task<Result<std::optional<Lease>>> take(Lease seen, std::string owner) override;
  Task<Result<std::vector<Lease>>> renew(std::vector<Lease> held) override;
  Task<Status> release(Lease held, bool forget) override;
  Task<Status> checkpoint(Lease held, storage::Batch batch) override;

  // With the reader itself.
  static void forget_all(storage::Batch& batch, std::string_view reader);

 private:
  Task<Status> load();
  // Requires mutex_.
  bool holds(const Lease& held) const;
  void put(storage::Batch& batch, const Lease& lease) const;

  Runtime& runtime_;
  storage::Store& store_;
  const std::string reader_;
  mutable std::mutex mutex_;  // Covers deciding and submitting, never a wait.
  bool loaded_ = false;
  std::map<std::string, Lease> leases_;  // As they will be once all is durable.
};

}  // namespace penstock::stream
