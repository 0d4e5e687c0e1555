// Rocks: RocksDB as penstock opens it. Internal to storage; RocksDB's headers stay in rocks*.cc.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "storage/store.h"

namespace rocksdb {
class Env;
}

namespace penstock::storage::detail {

// Reads are thread-safe. stage(), write() and close() belong to one thread at a time.
class Rocks {
 public:
  // `env` is nullptr for the machine's own files; a test may pass one that fails.
  static Result<std::shared_ptr<Rocks>> open(const StoreOptions& options, rocksdb::Env* env);
  ~Rocks();
  Rocks(const Rocks&) = delete;
  Rocks& operator=(const Rocks&) = delete;

  // Adds a batch to the next write().
  void stage(const Batch& batch);
  std::size_t staged_bytes() const;
  // Writes what is staged, atomically, and syncs it when asked to; readers see it after that only.
  Status write(bool sync);
  // Syncs everything written so far.
  Status sync();
  // Makes the next start quick. The last call.
  void close();

  Result<std::optional<std::string>> get(Family family, std::string_view key,
                                         const Snapshot* snapshot) const;
  Status scan(Family family, std::string_view begin, std::string_view end,
              const std::function<Next(std::string_view, std::string_view)>& visit,
              const ScanOptions& options) const;
  // The snapshot keeps `self` alive.
  static Snapshot snapshot(const std::shared_ptr<Rocks>& self);
  std::uint64_t approximate_bytes(Family family) const;

 private:
  struct Impl;
  explicit Rocks(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::storage::detail
