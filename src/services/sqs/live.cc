// Queues in memory and the registry that finds them. What they hold is loaded by sqs.cc.
#include "services/sqs/live.h"

namespace penstock::sqs {

LiveQueue::LiveQueue(QueueConfig config, std::uint64_t next_sequence_)
    : id(config.id),
      place(config.place),
      name(config.name),
      arn(config.arn()),
      fifo(config.fifo),
      backlog(config.fifo),
      next_sequence(next_sequence_),
      reserved(next_sequence_),
      config_(std::make_shared<const QueueConfig>(std::move(config))) {}

std::shared_ptr<const QueueConfig> LiveQueue::config() const {
  const std::scoped_lock lock(config_mutex_);
  return config_;
}

void LiveQueue::set_config(QueueConfig config) {
  auto fresh = std::make_shared<const QueueConfig>(std::move(config));
  const std::scoped_lock lock(config_mutex_);
  config_.swap(fresh);
}

std::shared_ptr<LiveQueue> Registry::find(const Place& place, std::string_view name) const {
  const std::scoped_lock lock(mutex_);
  const auto here = queues_.find(place);
  if (here == queues_.end()) return nullptr;
  const auto found = here->second.find(name);
  return found == here->second.end() ? nullptr : found->second;
}

std::shared_ptr<LiveQueue> Registry::find_arn(std::string_view arn) const {
  const auto named = parse_queue_arn(arn);
  return named ? find(named->place, named->name) : nullptr;
}

void Registry::insert(std::shared_ptr<LiveQueue> queue) {
  const std::scoped_lock lock(mutex_);
  queues_[queue->place].insert_or_assign(queue->name, queue);
}

void Registry::erase(const LiveQueue& queue) {
  const std::scoped_lock lock(mutex_);
  const auto here = queues_.find(queue.place);
  if (here == queues_.end()) return;
  const auto found = here->second.find(queue.name);
  if (found != here->second.end() && found->second.get() == &queue) here->second.erase(found);
}

std::vector<std::shared_ptr<LiveQueue>> Registry::list(const Place& place, std::string_view prefix,
                                                       std::string_view after,
                                                       std::size_t max) const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::shared_ptr<LiveQueue>> queues;
  const auto here = queues_.find(place);
  if (here == queues_.end()) return queues;
  auto next = after < prefix ? here->second.lower_bound(prefix) : here->second.upper_bound(after);
  for (; next != here->second.end() && queues.size() < max; ++next) {
    if (!next->first.starts_with(prefix)) break;
    queues.push_back(next->second);
  }
  return queues;
}

std::vector<std::shared_ptr<LiveQueue>> Registry::all() const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::shared_ptr<LiveQueue>> queues;
  for (const auto& [place, named] : queues_) {
    for (const auto& [name, queue] : named) queues.push_back(queue);
  }
  return queues;
}

}  // namespace penstock::sqs
