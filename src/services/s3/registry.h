// The buckets, in memory: looked up by every request, changed rarely. The store is the truth; an
// entry is put here after its commit is durable. Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "services/s3/records.h"

namespace penstock::s3 {

struct Bucket {
  std::string name;
  std::uint64_t id = 0;
  std::string owner;
  std::string region;
  Timestamp created;
};

using BucketRef = std::shared_ptr<const Bucket>;

class Registry {
 public:
  // Held while a change of the bucket's objects is submitted and not yet durable.
  class Writing {
   public:
    Writing() = default;
    Writing(Registry* owner, BucketRef bucket) : owner_(owner), bucket_(std::move(bucket)) {}
    Writing(Writing&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr)), bucket_(std::move(other.bucket_)) {}
    Writing& operator=(Writing&& other) noexcept {
      std::swap(owner_, other.owner_);
      std::swap(bucket_, other.bucket_);
      return *this;
    }
    ~Writing() {
      if (owner_ != nullptr) owner_->end_write(*bucket_);
    }

   private:
    Registry* owner_ = nullptr;
    BucketRef bucket_;
  };

  BucketRef find(std::string_view name) const;                      // nullptr: none.
  std::vector<BucketRef> of_owner(std::string_view account) const;  // By name.
  void insert(std::string name, BucketRecord record);
  void remove(std::string_view name);

  TagList tags(const Bucket& bucket) const;
  void set_tags(const Bucket& bucket, TagList tags);

  // nullopt: the bucket is gone or is being deleted.
  std::optional<Writing> begin_write(const BucketRef& bucket);
  // False while something is being written, or deleted already. Then no new write begins until
  // cancel_delete() or remove().
  bool begin_delete(const Bucket& bucket);
  void cancel_delete(const Bucket& bucket);

 private:
  struct Entry {
    BucketRef bucket;
    TagList tags;
    std::size_t writes = 0;
    bool closing = false;
  };
  void end_write(const Bucket& bucket);
  Entry* entry_of(
      const Bucket& bucket);  // Requires the mutex. nullptr: gone, or another of that name.

  mutable std::shared_mutex mutex_;
  std::map<std::string, Entry, std::less<>> buckets_;
};

}  // namespace penstock::s3
