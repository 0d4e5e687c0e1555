// Look-up of buckets, and the fence between writes to a bucket and its deletion.
#include "services/s3/registry.h"

#include <utility>

#include "base/check.h"

namespace penstock::s3 {

BucketRef Registry::find(std::string_view name) const {
  const std::shared_lock lock(mutex_);
  const auto found = buckets_.find(name);
  return found == buckets_.end() ? nullptr : found->second.bucket;
}

std::vector<BucketRef> Registry::of_owner(std::string_view account) const {
  const std::shared_lock lock(mutex_);
  std::vector<BucketRef> owned;
  for (const auto& [name, entry] : buckets_) {
    if (entry.bucket->owner == account) owned.push_back(entry.bucket);
  }
  return owned;
}

void Registry::insert(std::string name, BucketRecord record) {
  auto bucket = std::make_shared<Bucket>();
  bucket->name = name;
  bucket->id = record.id;
  bucket->owner = std::move(record.owner);
  bucket->region = std::move(record.region);
  bucket->created = record.created;
  const std::unique_lock lock(mutex_);
  buckets_[std::move(name)] = Entry{std::move(bucket), std::move(record.tags), 0, false};
}

void Registry::remove(std::string_view name) {
  const std::unique_lock lock(mutex_);
  if (const auto found = buckets_.find(name); found != buckets_.end()) buckets_.erase(found);
}

Registry::Entry* Registry::entry_of(const Bucket& bucket) {
  const auto found = buckets_.find(bucket.name);
  if (found == buckets_.end() || found->second.bucket->id != bucket.id) return nullptr;
  return &found->second;
}

TagList Registry::tags(const Bucket& bucket) const {
  const std::shared_lock lock(mutex_);
  const auto found = buckets_.find(bucket.name);
  if (found == buckets_.end() || found->second.bucket->id != bucket.id) return {};
  return found->second.tags;
}

void Registry::set_tags(const Bucket& bucket, TagList tags) {
  const std::unique_lock lock(mutex_);
  if (Entry* entry = entry_of(bucket)) entry->tags = std::move(tags);
}

std::optional<Registry::Writing> Registry::begin_write(const BucketRef& bucket) {
  const std::unique_lock lock(mutex_);
  Entry* entry = entry_of(*bucket);
  if (entry == nullptr || entry->closing) return std::nullopt;
  ++entry->writes;
  return Writing(this, bucket);
}

void Registry::end_write(const Bucket& bucket) {
  const std::unique_lock lock(mutex_);
  Entry* entry = entry_of(bucket);
  CHECK(entry != nullptr && entry->writes > 0);
  --entry->writes;
}

bool Registry::begin_delete(const Bucket& bucket) {
  const std::unique_lock lock(mutex_);
  Entry* entry = entry_of(bucket);
  if (entry == nullptr || entry->closing || entry->writes > 0) return false;
  entry->closing = true;
  return true;
}

void Registry::cancel_delete(const Bucket& bucket) {
  const std::unique_lock lock(mutex_);
  if (Entry* entry = entry_of(bucket)) entry->closing = false;
}

}  // namespace penstock::s3
