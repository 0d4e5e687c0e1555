// Consumers in memory, and the rule by which a subscription takes over from another.
#include "services/kinesis/live_consumers.h"

namespace penstock::kinesis {
namespace {

// Documented: a second call within five seconds of a successful one is refused.
constexpr std::chrono::seconds kUndisturbed{5};

}  // namespace

LiveConsumer::LiveConsumer(ConsumerConfig config, std::string stream_arn, ConsumerStatus status)
    : stream_id_(config.stream),
      name_(config.name),
      created_seconds_(config.created_seconds),
      stream_arn_(std::move(stream_arn)),
      arn_(consumer_arn(stream_arn_, name_, created_seconds_)),
      status_(status),
      config_(std::make_shared<const ConsumerConfig>(std::move(config))) {}

std::shared_ptr<const ConsumerConfig> LiveConsumer::config() const {
  const std::scoped_lock lock(mutex_);
  return config_;
}

void LiveConsumer::set_config(ConsumerConfig config) {
  auto fresh = std::make_shared<const ConsumerConfig>(std::move(config));
  const std::scoped_lock lock(mutex_);
  config_.swap(fresh);
}

bool LiveConsumer::subscribe(std::uint32_t shard, std::chrono::microseconds now,
                             const std::shared_ptr<Subscriber>& subscriber,
                             const protocol::ApiError& taken_over) {
  std::shared_ptr<Subscriber> before;
  {
    const std::scoped_lock lock(mutex_);
    const auto present = subscriptions_.find(shard);
    if (present != subscriptions_.end()) {
      if (now < present->second.since + kUndisturbed) return false;
      before = present->second.subscriber.lock();
    }
    subscriptions_[shard] = {now, subscriber};
    // What ended long ago is of no use to anyone.
    std::erase_if(subscriptions_, [&](const auto& entry) {
      return now >= entry.second.since + kUndisturbed && entry.second.subscriber.expired();
    });
  }
  if (before) before->end(taken_over);
  return true;
}

void LiveConsumer::end_subscriptions(const protocol::ApiError& reason) {
  std::map<std::uint32_t, Subscription> ended;
  {
    const std::scoped_lock lock(mutex_);
    ended.swap(subscriptions_);
  }
  for (const auto& [shard, subscription] : ended) {
    if (const auto subscriber = subscription.subscriber.lock()) subscriber->end(reason);
  }
}

std::shared_ptr<LiveConsumer> Consumers::find(std::uint64_t stream, std::string_view name) const {
  const std::scoped_lock lock(mutex_);
  const auto here = consumers_.find(stream);
  if (here == consumers_.end()) return nullptr;
  const auto found = here->second.find(name);
  return found == here->second.end() ? nullptr : found->second;
}

void Consumers::insert(std::shared_ptr<LiveConsumer> consumer) {
  const std::scoped_lock lock(mutex_);
  consumers_[consumer->stream_id()].insert_or_assign(consumer->name(), consumer);
}

void Consumers::erase(const LiveConsumer& consumer) {
  const std::scoped_lock lock(mutex_);
  const auto here = consumers_.find(consumer.stream_id());
  if (here == consumers_.end()) return;
  const auto found = here->second.find(consumer.name());
  if (found != here->second.end() && found->second.get() == &consumer) here->second.erase(found);
  if (here->second.empty()) consumers_.erase(here);
}

std::vector<std::shared_ptr<LiveConsumer>> Consumers::list(std::uint64_t stream) const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::shared_ptr<LiveConsumer>> all;
  const auto here = consumers_.find(stream);
  if (here == consumers_.end()) return all;
  for (const auto& [name, consumer] : here->second) all.push_back(consumer);
  return all;
}

std::vector<std::shared_ptr<LiveConsumer>> Consumers::take(std::uint64_t stream) {
  std::vector<std::shared_ptr<LiveConsumer>> all = list(stream);
  const std::scoped_lock lock(mutex_);
  consumers_.erase(stream);
  return all;
}

}  // namespace penstock::kinesis
