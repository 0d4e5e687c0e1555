// The deduplication window of a FIFO queue: what was sent in the last five minutes. Pure.
//
// An entry costs about a hundred bytes, so the window is bounded by what is sent in five minutes.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "services/sqs/receipt.h"

namespace penstock::sqs {

inline constexpr std::int64_t kDeduplicationMillis = 5 * 60 * 1000;

// Half of a SHA-256 over the deduplication id, and the group where that is the scope.
using DeduplicationKey = std::array<char, 16>;
DeduplicationKey deduplication_key(std::string_view id, std::string_view group_scope);

struct SentBefore {
  MessageKey key;
  std::string message_id;
};

class Deduplication {
 public:
  // Forgets what is out of the window.
  void advance(std::int64_t now_millis);
  const SentBefore* find(const DeduplicationKey& key) const;
  // In the order of sent.key.sent_millis.
  void add(const DeduplicationKey& key, SentBefore sent);
  // Takes back the newest one.
  void drop_newest();
  std::size_t size() const { return sent_.size(); }
  void clear();

 private:
  struct Hash {
    std::size_t operator()(const DeduplicationKey& key) const;
  };
  std::unordered_map<DeduplicationKey, SentBefore, Hash> sent_;
  std::deque<DeduplicationKey> order_;
};

}  // namespace penstock::sqs
