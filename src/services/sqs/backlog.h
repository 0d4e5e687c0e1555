// Backlog: which messages of one queue may be received now, which are hidden and until when.
//
//   backlog.advance(now);                        // What has come due is visible again.
//   if (auto next = backlog.peek()) backlog.hide(next->key, state);  // Received.
//   backlog.remove(key);                         // Deleted.
//
// A message costs about a hundred bytes here; its content is in the store. Every step takes
// O(log n). Messages of a FIFO queue belong to groups: a group's messages are received in their
// order, and none of them while one is in flight. Pure: time comes as a parameter, in milliseconds.
// Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "services/sqs/attributes.h"
#include "services/sqs/receipt.h"

namespace penstock::sqs {

// What is known of a message beside its content.
struct MessageState {
  std::int64_t visible_millis = 0;   // Hidden until then.
  std::int64_t received_millis = 0;  // The newest time; 0: never.
  std::int64_t first_received_millis = 0;
  std::uint64_t token = 0;     // Of the newest receipt.
  std::uint32_t receives = 0;  // Hidden without one: delayed, else in flight.
  friend bool operator==(const MessageState&, const MessageState&) = default;
};

class Backlog {
 public:
  explicit Backlog(bool fifo) : fifo_(fifo) {}
  Backlog(const Backlog&) = delete;
  Backlog& operator=(const Backlog&) = delete;

  // `group` counts in a FIFO queue. A key is added once.
  void add(MessageKey key, const MessageState& state, const std::string& group,
           std::int64_t now_millis);
  // Makes visible what is due.
  void advance(std::int64_t now_millis);
  // Removes what was sent at `millis` or before.
  std::vector<MessageKey> expire(std::int64_t millis);

  struct Entry {
    MessageKey key;
    MessageState state;
    const std::string* group = nullptr;  // Of a FIFO queue; valid until the next change.
  };
  // The next message to receive; of that group, when one is given.
  std::optional<Entry> peek(const std::string* group = nullptr) const;
  std::optional<Entry> find(MessageKey key) const;
  bool is_hidden(MessageKey key) const { return hidden_.contains(key); }

  // Both require that the message is there. Hidden until state.visible_millis.
  void hide(MessageKey key, const MessageState& state);
  void show(MessageKey key, const MessageState& state);
  void remove(MessageKey key);
  void clear();

  // While messages of a group are being received by one request, the group stays open for it:
  // peek(&group) goes on where hide() left off.
  MessageCounts counts() const;
  std::vector<Entry> delayed() const;
  // When the next hidden message becomes visible.
  std::optional<std::int64_t> next_due_millis() const;
  std::optional<std::int64_t> oldest_sent_millis() const;
  std::size_t size() const { return ready_.size() + hidden_.size(); }

 private:
  struct Group {
    std::string name;
    std::set<MessageKey> waiting;  // Ready or delayed.
    std::uint32_t in_flight = 0;
    std::optional<MessageKey> listed;  // Under which key heads_ has it.
  };
  struct Slot {
    MessageState state;
    Group* group = nullptr;
  };
  using Slots = std::map<MessageKey, Slot>;

  Group* group_named(const std::string& name);
  // Lists the group under its first message when that one may be received.
  void list(Group& group);
  void forget_if_empty(Group* group);
  void leave_group(MessageKey key, const Slot& slot, bool hidden);
  void join_group(MessageKey key, const Slot& slot, bool hidden);
  Slots::node_type take_out(MessageKey key);
  void put_hidden(Slots::node_type node);
  void put_ready(Slots::node_type node);

  const bool fifo_;
  Slots ready_;
  Slots hidden_;
  std::set<std::pair<std::int64_t, MessageKey>> due_;  // Of the hidden ones.
  std::uint64_t in_flight_ = 0;
  std::unordered_map<std::string, std::unique_ptr<Group>> groups_;
  std::map<MessageKey, Group*> heads_;  // Groups that may be received from.
};

}  // namespace penstock::sqs
