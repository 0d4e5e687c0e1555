// The queues as they live in memory: configuration, backlog, and what is on its way to the disk.
//
// A LiveQueue is shared by handlers on several threads. Its mutex covers deciding and submitting,
// never a wait for the disk: so the order of the store's writes is that of the decisions. A message
// is in the backlog only once it is durable; what is received, hidden or deleted is so at once, and
// answered when it is durable.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "services/sqs/backlog.h"
#include "services/sqs/deduplication.h"
#include "services/sqs/queue.h"
#include "services/sqs/receipt.h"

namespace penstock::sqs {

// A message that was submitted and is not known to be durable yet.
struct PendingMessage {
  MessageKey key;
  MessageState state;
  std::string group;
};

// What a ReceiveMessage with a ReceiveRequestAttemptId was answered, to answer it again.
struct ReceiveAttempt {
  std::int64_t at_millis = 0;
  std::vector<std::pair<MessageKey, std::uint64_t>> tokens;
};

struct LiveQueue {
  LiveQueue(QueueConfig config, std::uint64_t next_sequence_);

  // As of now, and shared: later changes make a new one.
  std::shared_ptr<const QueueConfig> config() const;
  void set_config(QueueConfig config);

  const std::uint64_t id;
  const Place place;
  const std::string name;
  const std::string arn;
  const bool fifo;

  // Guarded by the mutex.
  std::mutex mutex;
  Backlog backlog;
  Deduplication deduplication;
  bool deduplication_stored = false;   // The store may hold entries, perhaps old ones.
  std::deque<PendingMessage> pending;  // In the order of their sequence numbers.
  std::uint64_t next_sequence;
  std::uint64_t reserved;  // Sequence numbers below may be used without a further reservation.
  std::int64_t last_sent_millis = 0;
  std::int64_t purged_millis = 0;  // The newest PurgeQueue; 0: none.
  std::map<std::string, ReceiveAttempt> attempts;
  bool gone = false;  // Deleted: nothing may be written for it any more.

 private:
  mutable std::mutex config_mutex_;
  std::shared_ptr<const QueueConfig> config_;  // Guarded by config_mutex_.
};

// All queues of all accounts and regions. Thread-safe.
class Registry {
 public:
  std::shared_ptr<LiveQueue> find(const Place& place, std::string_view name) const;
  std::shared_ptr<LiveQueue> find_arn(std::string_view arn) const;
  void insert(std::shared_ptr<LiveQueue> queue);
  void erase(const LiveQueue& queue);
  // Whose name is greater than `after` and begins with `prefix`, in the order of their names.
  std::vector<std::shared_ptr<LiveQueue>> list(const Place& place, std::string_view prefix,
                                               std::string_view after, std::size_t max) const;
  std::vector<std::shared_ptr<LiveQueue>> all() const;

 private:
  using Named = std::map<std::string, std::shared_ptr<LiveQueue>, std::less<>>;
  mutable std::mutex mutex_;
  std::map<Place, Named> queues_;
};

}  // namespace penstock::sqs
