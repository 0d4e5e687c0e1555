// Who works on what: invocations meet idle instances, new ones are started, and nobody starves.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "base/check.h"
#include "base/log.h"
#include "services/lambda/outcomes.h"
#include "services/lambda/supervisor.h"

namespace penstock::lambda {

using std::chrono::microseconds;

std::size_t Supervisor::count(const std::string& pool, Phase phase) const {
  return static_cast<std::size_t>(std::ranges::count_if(instances_, [&](const auto& instance) {
    return instance->deployment->pool == pool && instance->phase == phase;
  }));
}

bool Supervisor::reusable(const Instance& instance) const {
  if (instance.retired || instance.phase != Phase::kIdle || !instance.waits_for_work())
    return false;
  return instance.credentials_end.micros == 0 ||
         deps_.clock.now() + kCredentialsReserve < instance.credentials_end;
}

// Gives the pool's waiting invocations to idle instances, then starts as many instances as it may.
void Supervisor::pump(const std::string& name) {
  const auto found = pools_.find(name);
  if (found == pools_.end() || stopping_) return;
  Pool& pool = found->second;
  while (!pool.waiting.empty()) {
    const auto idle = std::ranges::find_if(instances_, [&](const auto& instance) {
      return instance->deployment->pool == name && reusable(*instance);
    });
    if (idle == instances_.end()) break;
    auto invocation = std::move(pool.waiting.front());
    pool.waiting.pop_front();
    assign(**idle, std::move(invocation));
  }
  std::size_t starting = count(name, Phase::kStarting);
  while (starting < pool.waiting.size() && make_room(name)) {
    Invocation& head = *pool.waiting[starting];
    const std::size_t before = instances_.size();
    start_instance(name, head);
    if (instances_.size() == before) continue;  // It failed, and the invocation with it.
    ++starting;
  }
  if (pool.waiting.empty()) pools_.erase(found);
}

void Supervisor::pump_all() {
  std::vector<std::pair<std::uint64_t, std::string>> oldest_first;
  for (const auto& [name, pool] : pools_) {
    oldest_first.emplace_back(order_.at(pool.waiting.front().get()).sequence, name);
  }
  std::ranges::sort(oldest_first);
  for (const auto& [sequence, name] : oldest_first) pump(name);
}

// True when one more instance may be started now. When all places are taken, an instance of another
// function that has nothing to do is ended; its place is free when its process is gone.
bool Supervisor::make_room(const std::string& name) {
  if (instances_.size() < options_.instances_max) return true;
  Instance* victim = nullptr;
  for (const auto& instance : instances_) {
    if (instance->phase == Phase::kDying) return false;  // A place is about to be free.
    if (instance->phase != Phase::kIdle || instance->deployment->pool == name) continue;
    if (victim == nullptr || instance->begun < victim->begun) victim = instance.get();
  }
  if (victim != nullptr) kill(*victim);
  return false;
}

// A pool that has no instance at all and has waited longer than `sequence`.
const std::string* Supervisor::starved_pool_before(std::uint64_t sequence) const {
  for (const auto& [name, pool] : pools_) {
    if (pool.waiting.empty() || order_.at(pool.waiting.front().get()).sequence >= sequence)
      continue;
    const bool served = std::ranges::any_of(instances_, [&](const auto& instance) {
      return instance->deployment->pool == name && instance->phase != Phase::kDying;
    });
    if (!served) return &name;
  }
  return nullptr;
}

void Supervisor::start_instance(const std::string& name, Invocation& head) {
  constexpr std::string_view kHex = "0123456789abcdef";
  auto instance =
      std::make_unique<Instance>(head.call.deployment, deps_.random.token(32, kHex), epoll_.get());
  instance->now = [this] { return deps_.clock.now(); };
  instance->started = now();
  instance->suppressed_init = head.init_timed_out;
  const auto init_limit =
      head.init_timed_out
          ? microseconds(std::chrono::seconds(head.call.deployment->timeout_seconds))
          : microseconds(options_.init_timeout);
  instance->deadline = instance->started + init_limit;
  std::string tmp;
  if (!sandbox_.uses_bubblewrap()) {
    tmp = options_.directory + "/tmp/" + instance->id;
    std::error_code error;
    std::filesystem::create_directories(tmp, error);
  }
  const Status started =
      instance->start(sandbox_, head.call.credentials, endpoint_url(), tmp, deps_.clock.now());
  if (started) {
    ++cold_starts_;
    instance->log_line(
        fmt::format("INIT_START Runtime Version: {}\n", head.call.deployment->runtime),
        deps_.clock.now());
    instances_.push_back(std::move(instance));
    return;
  }
  log::error(
      "lambda", "an instance could not be started",
      {{"function", head.call.deployment->function_name}, {"error", started.error().message}});
  auto& waiting = pools_.at(name).waiting;
  const auto position = std::ranges::find_if(
      waiting, [&](const auto& candidate) { return candidate.get() == &head; });
  const auto failed = std::move(*position);
  waiting.erase(position);
  if (started.error().kind == ErrorKind::kInvalid &&
      runtime_uses_address(failed->call.deployment->runtime)) {
    answer(*failed, no_entrypoint(failed->call.request_id, started.error().message));
  } else {
    answer(*failed, std::unexpected(started.error()));
  }
}

void Supervisor::assign(Instance& instance, std::unique_ptr<Invocation> invocation) {
  waiting_bytes_ -= invocation->call.payload.size();
  order_.erase(invocation.get());
  instance.phase = Phase::kBusy;
  instance.begun = now();
  const auto limit = std::chrono::seconds(instance.deployment->timeout_seconds);
  instance.deadline = instance.begun + limit;
  instance.tail = {};
  instance.invocation = std::move(invocation);
  const Timestamp time = deps_.clock.now();
  const InvokeCall& call = instance.invocation->call;
  instance.log_line(start_line(call.request_id, instance.deployment->version), time);
  instance.send_invocation(call, time + limit);
  instance.invocation->call.payload = {};
}

}  // namespace penstock::lambda
