// Leases in the store of this process: the map decides, the store remembers.
#include "stream/leases.h"

#include "storage/key.h"
#include "stream/lane_start.h"

namespace penstock::stream {
namespace {

using storage::Batch;
using storage::Family;
using storage::KeyReader;
using storage::KeyWriter;
using storage::Next;
using storage::ValueReader;
using storage::ValueWriter;

constexpr std::uint8_t kTagLease = 0xC1;
constexpr std::uint8_t kLeaseVersion = 1;

std::string lease_prefix(std::string_view reader) {
  return KeyWriter(kTagLease).text(reader).take();
}

std::string lease_key(std::string_view reader, std::string_view shard) {
  return KeyWriter(kTagLease).text(reader).text(shard).take();
}

Result<std::map<std::string, Lease>> load_leases(const storage::Store& store,
                                                 std::string_view reader) {
  std::map<std::string, Lease> leases;
  bool readable = true;
  const std::string prefix = lease_prefix(reader);
  TRY_VOID(store.scan(Family::kPositions, prefix, storage::prefix_end(prefix),
                      [&](std::string_view key, std::string_view value) {
                        KeyReader k(key.substr(prefix.size()));
                        std::optional<std::string> shard = k.text();
                        ValueReader r(value);
                        readable = shard && k.done() && r.version() == kLeaseVersion;
                        if (!readable) return Next::kStop;
                        Lease lease{.shard = std::move(*shard)};
                        lease.owner = r.text();
                        lease.term = r.u64();
                        lease.beat = r.u64();
                        readable = r.done();
                        leases.emplace(lease.shard, std::move(lease));
                        return readable ? Next::kContinue : Next::kStop;
                      }));
  if (!readable) return fail(ErrorKind::kCorrupt, "a stored lease cannot be read");
  return leases;
}

}  // namespace

StoreLeaseTable::StoreLeaseTable(Runtime& runtime, storage::Store& store, std::string reader)
    : runtime_(runtime), store_(store), reader_(std::move(reader)) {}

Task<Status> StoreLeaseTable::load() {
  {
    const std::scoped_lock lock(mutex_);
    if (loaded_) co_return Status();
  }
  const storage::Store* const store = &store_;
  const std::string* const reader = &reader_;
  CO_TRY(auto leases,
         co_await run_blocking(runtime_, [store, reader] { return load_leases(*store, *reader); }));
  const std::scoped_lock lock(mutex_);
  if (!loaded_) leases_ = std::move(leases);
  loaded_ = true;
  co_return Status();
}

bool StoreLeaseTable::holds(const Lease& held) const {
  const auto found = leases_.find(held.shard);
  return found != leases_.end() && found->second.term == held.term &&
         found->second.owner == held.owner;
}

void StoreLeaseTable::put(Batch& batch, const Lease& lease) const {
  ValueWriter w(kLeaseVersion);
  w.text(lease.owner).u64(lease.term).u64(lease.beat);
  batch.put(Family::kPositions, lease_key(reader_, lease.shard), w.take());
}

Task<Result<std::vector<Lease>>> StoreLeaseTable::list() {
  CO_TRY_VOID(co_await load());
  std::vector<Lease> all;
  const std::scoped_lock lock(mutex_);
  for (const auto& [shard, lease] : leases_) all.push_back(lease);
  co_return all;
}

Task<Result<std::optional<Lease>>> StoreLeaseTable::take(Lease seen, std::string owner) {
  CO_TRY_VOID(co_await load());
  std::optional<storage::Commit> commit;
  Lease taken = seen;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = leases_.find(seen.shard);
    const Lease now = found == leases_.end() ? Lease{.shard = seen.shard} : found->second;
    if (now != seen) co_return std::nullopt;
    taken.owner = std::move(owner);
    ++taken.term;
    ++taken.beat;
    leases_[taken.shard] = taken;
    Batch batch;
    put(batch, taken);
    commit = store_.submit(std::move(batch));
  }
  // With it, every checkpoint of former terms is durable and can be read.
  CO_TRY_VOID(co_await commit->durable());
  co_return taken;
}

Task<Result<std::vector<Lease>>> StoreLeaseTable::renew(std::vector<Lease> held) {
  std::vector<Lease> renewed;
  Batch batch;
  const std::scoped_lock lock(mutex_);
  for (const Lease& lease : held) {
    if (!holds(lease)) continue;
    Lease& stored = leases_[lease.shard];
    ++stored.beat;
    put(batch, stored);
    renewed.push_back(stored);
  }
  if (!batch.empty()) (void)store_.submit(std::move(batch));
  co_return renewed;
}

Task<Status> StoreLeaseTable::release(Lease held, bool forget) {
  const std::scoped_lock lock(mutex_);
  if (!holds(held)) co_return Status();
  Batch batch;
  if (forget) {
    leases_.erase(held.shard);
    batch.erase(Family::kPositions, lease_key(reader_, held.shard));
  } else {
    Lease& stored = leases_[held.shard];
    stored.owner.clear();
    ++stored.beat;
    put(batch, stored);
  }
  (void)store_.submit(std::move(batch));
  co_return Status();
}

Task<Status> StoreLeaseTable::checkpoint(Lease held, Batch batch) {
  const std::scoped_lock lock(mutex_);
  if (!holds(held)) {
    co_return fail(ErrorKind::kConflict, "the shard " + held.shard + " is another worker's");
  }
  co_return submit_now(store_, std::move(batch));
}

void StoreLeaseTable::forget_all(Batch& batch, std::string_view reader) {
  const std::string prefix = lease_prefix(reader);
  batch.erase_range(Family::kPositions, prefix, storage::prefix_end(prefix));
}

}  // namespace penstock::stream
