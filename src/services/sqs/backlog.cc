// Moving messages between the visible and the hidden ones. Nodes are moved, not copied.
#include "services/sqs/backlog.h"

#include "base/check.h"

namespace penstock::sqs {
namespace {

bool is_in_flight(const MessageState& state) { return state.receives > 0; }

}  // namespace

Backlog::Group* Backlog::group_named(const std::string& name) {
  if (!fifo_) return nullptr;
  std::unique_ptr<Group>& group = groups_[name];
  if (!group) {
    group = std::make_unique<Group>();
    group->name = name;
  }
  return group.get();
}

void Backlog::list(Group& group) {
  std::optional<MessageKey> head;
  if (group.in_flight == 0 && !group.waiting.empty() && ready_.contains(*group.waiting.begin())) {
    head = *group.waiting.begin();
  }
  if (head == group.listed) return;
  if (group.listed) heads_.erase(*group.listed);
  if (head) heads_.emplace(*head, &group);
  group.listed = head;
}

void Backlog::forget_if_empty(Group* group) {
  if (group == nullptr || group->in_flight > 0 || !group->waiting.empty()) return;
  CHECK(!group->listed);
  groups_.erase(group->name);
}

void Backlog::leave_group(MessageKey key, const Slot& slot, bool hidden) {
  if (slot.group == nullptr) return;
  if (hidden && is_in_flight(slot.state)) {
    --slot.group->in_flight;
  } else {
    slot.group->waiting.erase(key);
  }
  list(*slot.group);
}

void Backlog::join_group(MessageKey key, const Slot& slot, bool hidden) {
  if (slot.group == nullptr) return;
  if (hidden && is_in_flight(slot.state)) {
    ++slot.group->in_flight;
  } else {
    slot.group->waiting.insert(key);
  }
  list(*slot.group);
}

Backlog::Slots::node_type Backlog::take_out(MessageKey key) {
  if (auto node = ready_.extract(key)) {
    leave_group(key, node.mapped(), false);
    return node;
  }
  auto node = hidden_.extract(key);
  CHECK(!node.empty());
  const Slot& slot = node.mapped();
  due_.erase({slot.state.visible_millis, key});
  if (is_in_flight(slot.state)) --in_flight_;
  leave_group(key, slot, true);
  return node;
}

void Backlog::put_hidden(Slots::node_type node) {
  const MessageKey key = node.key();
  const Slot slot = node.mapped();
  hidden_.insert(std::move(node));
  due_.emplace(slot.state.visible_millis, key);
  if (is_in_flight(slot.state)) ++in_flight_;
  join_group(key, slot, true);
}

void Backlog::put_ready(Slots::node_type node) {
  const MessageKey key = node.key();
  const Slot slot = node.mapped();
  ready_.insert(std::move(node));
  join_group(key, slot, false);
}

void Backlog::add(MessageKey key, const MessageState& state, const std::string& group,
                  std::int64_t now_millis) {
  Slots fresh;
  fresh.emplace(key, Slot{state, group_named(group)});
  auto node = fresh.extract(key);
  if (state.visible_millis > now_millis) {
    put_hidden(std::move(node));
  } else {
    put_ready(std::move(node));
  }
}

void Backlog::advance(std::int64_t now_millis) {
  while (!due_.empty() && due_.begin()->first <= now_millis) {
    put_ready(take_out(due_.begin()->second));
  }
}

std::vector<MessageKey> Backlog::expire(std::int64_t millis) {
  std::vector<MessageKey> expired;
  for (Slots* slots : {&ready_, &hidden_}) {
    while (!slots->empty() && slots->begin()->first.sent_millis <= millis) {
      expired.push_back(slots->begin()->first);
      remove(expired.back());
    }
  }
  return expired;
}

std::optional<Backlog::Entry> Backlog::find(MessageKey key) const {
  for (const Slots* slots : {&ready_, &hidden_}) {
    const auto found = slots->find(key);
    if (found == slots->end()) continue;
    const Slot& slot = found->second;
    return Entry{key, slot.state, slot.group != nullptr ? &slot.group->name : nullptr};
  }
  return std::nullopt;
}

std::optional<Backlog::Entry> Backlog::peek(const std::string* group) const {
  if (!fifo_) {
    if (ready_.empty()) return std::nullopt;
    return Entry{ready_.begin()->first, ready_.begin()->second.state, nullptr};
  }
  if (group == nullptr) {
    return heads_.empty() ? std::nullopt : find(heads_.begin()->first);
  }
  const auto found = groups_.find(*group);
  if (found == groups_.end() || found->second->waiting.empty()) return std::nullopt;
  const MessageKey head = *found->second->waiting.begin();
  return ready_.contains(head) ? find(head) : std::nullopt;
}

void Backlog::hide(MessageKey key, const MessageState& state) {
  auto node = take_out(key);
  node.mapped().state = state;
  put_hidden(std::move(node));
}

void Backlog::show(MessageKey key, const MessageState& state) {
  auto node = take_out(key);
  node.mapped().state = state;
  put_ready(std::move(node));
}

void Backlog::remove(MessageKey key) {
  const auto node = take_out(key);
  forget_if_empty(node.mapped().group);
}

void Backlog::clear() {
  ready_.clear();
  hidden_.clear();
  due_.clear();
  heads_.clear();
  groups_.clear();
  in_flight_ = 0;
}

MessageCounts Backlog::counts() const {
  return {ready_.size(), in_flight_, hidden_.size() - in_flight_};
}

std::vector<Backlog::Entry> Backlog::delayed() const {
  std::vector<Entry> entries;
  for (const auto& [key, slot] : hidden_) {
    if (is_in_flight(slot.state)) continue;
    entries.push_back({key, slot.state, slot.group != nullptr ? &slot.group->name : nullptr});
  }
  return entries;
}

std::optional<std::int64_t> Backlog::next_due_millis() const {
  return due_.empty() ? std::nullopt : std::optional(due_.begin()->first);
}

std::optional<std::int64_t> Backlog::oldest_sent_millis() const {
  std::optional<std::int64_t> oldest;
  for (const Slots* slots : {&ready_, &hidden_}) {
    if (slots->empty()) continue;
    const std::int64_t sent = slots->begin()->first.sent_millis;
    if (!oldest || sent < *oldest) oldest = sent;
  }
  return oldest;
}

}  // namespace penstock::sqs
