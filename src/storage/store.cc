// The Store that services see: durable reads from RocksDB, pending reads from the overlay, writes
// through the committer.
#include "storage/store.h"

#include "storage/committer.h"
#include "storage/internal.h"
#include "storage/pending.h"
#include "storage/rocks.h"

namespace penstock::storage {

using detail::Pending;

bool Commit::Awaiter::await_ready() const {
  return pending->state.load(std::memory_order_acquire) == Pending::kDone;
}

bool Commit::Awaiter::await_suspend(std::coroutine_handle<> handle) {
  pending->executor = &Executor::current();
  pending->handle = handle;
  int expected = Pending::kOpen;
  // From success on the coroutine may be resumed elsewhere and this awaiter be gone. Failure means
  // that the commit was quicker: go on at once.
  return pending->state.compare_exchange_strong(expected, Pending::kAwaited,
                                                std::memory_order_acq_rel);
}

Status Commit::Awaiter::await_resume() { return pending->status; }

namespace {

class RocksStore final : public Store {
 public:
  RocksStore(std::shared_ptr<detail::Rocks> rocks, const StoreOptions& options)
      : rocks_(std::move(rocks)),
        committer_(std::make_unique<detail::Committer>(rocks_, options)) {}
  ~RocksStore() override {
    committer_.reset();
    rocks_->close();
  }

  Commit submit(Batch batch) override { return Commit(committer_->submit(std::move(batch))); }

  Status commit_blocking(Batch batch) override {
    const std::shared_ptr<Pending> pending = committer_->submit(std::move(batch));
    int expected = Pending::kOpen;
    if (pending->state.compare_exchange_strong(expected, Pending::kBlocked,
                                               std::memory_order_acq_rel)) {
      pending->state.wait(Pending::kBlocked, std::memory_order_acquire);
    }
    return pending->status;
  }

  Result<std::optional<std::string>> get(Family family, std::string_view key,
                                         const Snapshot* snapshot) const override {
    return rocks_->get(family, key, snapshot);
  }

  Result<std::optional<std::string>> latest(Family family, std::string_view key) const override {
    detail::Overlay::Found found = committer_->overlay().find(family, key);
    if (found.pending) return std::move(found.value);
    return rocks_->get(family, key, nullptr);
  }

  Status scan(Family family, std::string_view begin, std::string_view end,
              std::function<Next(std::string_view, std::string_view)> visit,
              ScanOptions options) const override {
    return rocks_->scan(family, begin, end, visit, options);
  }

  Snapshot snapshot() const override { return detail::Rocks::snapshot(rocks_); }
  StoreStats stats() const override { return committer_->stats(); }
  std::uint64_t approximate_bytes(Family family) const override {
    return rocks_->approximate_bytes(family);
  }

 private:
  const std::shared_ptr<detail::Rocks> rocks_;  // Shared with snapshots.
  std::unique_ptr<detail::Committer> committer_;
};

}  // namespace

Task<Status> Store::commit(Batch batch) {
  const Commit submitted = submit(std::move(batch));
  co_return co_await submitted.durable();
}

Result<std::unique_ptr<Store>> Store::open(StoreOptions options) {
  return detail::open_with_env(options, nullptr);
}

Result<std::unique_ptr<Store>> detail::open_with_env(const StoreOptions& options,
                                                     rocksdb::Env* env) {
  TRY(std::shared_ptr<detail::Rocks> rocks, detail::Rocks::open(options, env));
  return std::make_unique<RocksStore>(std::move(rocks), options);
}

}  // namespace penstock::storage
