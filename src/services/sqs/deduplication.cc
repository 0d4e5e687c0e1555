// Entries in a table by key, and in a line by age.
#include "services/sqs/deduplication.h"

#include <algorithm>
#include <cstring>

#include "base/bytes.h"

namespace penstock::sqs {

DeduplicationKey deduplication_key(std::string_view id, std::string_view group_scope) {
  std::string bytes(id);
  if (!group_scope.empty()) bytes.append(1, '\0').append(group_scope);
  const std::string digest = sha256(bytes);
  DeduplicationKey key;
  std::copy_n(digest.begin(), key.size(), key.begin());
  return key;
}

std::size_t Deduplication::Hash::operator()(const DeduplicationKey& key) const {
  std::size_t hash = 0;
  std::memcpy(&hash, key.data(), sizeof hash);
  return hash;
}

void Deduplication::advance(std::int64_t now_millis) {
  while (!order_.empty()) {
    const auto oldest = sent_.find(order_.front());
    if (oldest->second.key.sent_millis + kDeduplicationMillis > now_millis) return;
    sent_.erase(oldest);
    order_.pop_front();
  }
}

const SentBefore* Deduplication::find(const DeduplicationKey& key) const {
  const auto found = sent_.find(key);
  return found == sent_.end() ? nullptr : &found->second;
}

void Deduplication::add(const DeduplicationKey& key, SentBefore sent) {
  if (!sent_.emplace(key, std::move(sent)).second) return;
  order_.push_back(key);
}

void Deduplication::drop_newest() {
  sent_.erase(order_.back());
  order_.pop_back();
}

void Deduplication::clear() {
  sent_.clear();
  order_.clear();
}

}  // namespace penstock::sqs
