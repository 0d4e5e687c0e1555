// Packages on disk: the archives as durable blobs, and unpacked directories as a cache that is made
// anew after every start (what was unpacked is not synced, so it is not trusted after a crash).
//
// Thread-safe. All calls but the cache's look-up block: run them on the blocking pool.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/result.h"
#include "services/lambda/deployment.h"
#include "services/lambda/function.h"
#include "services/lambda/package.h"
#include "storage/blobs.h"

namespace penstock::lambda {

class Packages {
 public:
  // `directory` is emptied.
  Packages(storage::BlobFiles& files, std::string directory, std::uint64_t cache_bytes_max);

  // Checks the archive by unpacking it, then keeps it durably.
  Result<Code> add(std::string_view zip);
  // The unpacked package. It stays while the pointer is held.
  Result<std::shared_ptr<const Package>> unpacked(const Code& code);

 private:
  struct Entry {
    std::shared_ptr<const Package> package;
    std::uint64_t bytes = 0;
    std::uint64_t used = 0;  // The larger, the later.
  };
  Result<std::shared_ptr<const Package>> find_or_unpack(const std::string& sha256,
                                                        std::string_view zip);
  std::shared_ptr<const Package> find(const std::string& sha256);
  void evict();

  storage::BlobFiles& files_;
  const std::string directory_;
  const std::uint64_t cache_bytes_max_;
  std::mutex unpacking_;  // One at a time: the same package must not be unpacked twice.
  std::mutex mutex_;      // Guards what follows.
  std::map<std::string, Entry> entries_;
  std::uint64_t clock_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace penstock::lambda
