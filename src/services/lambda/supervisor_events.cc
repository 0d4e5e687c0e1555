// What happens to instances: they get ready, answer, take too long, end.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "base/check.h"
#include "services/lambda/outcomes.h"
#include "services/lambda/supervisor.h"

namespace penstock::lambda {

using std::chrono::microseconds;

void Supervisor::on_runtime_event(Instance& instance, Event event, WireRequest request) {
  if (instance.phase == Phase::kDying) return;
  switch (event) {
    case Event::kNone: return;
    case Event::kWantsWork: return on_wants_work(instance);
    case Event::kInitFailed:
      instance.phase = Phase::kDying;
      fail_head(instance, {.payload = std::move(request.body), .function_error = "Unhandled"},
                "Runtime.InitError");
      return kill(instance);
    case Event::kResult:
    case Event::kError: break;
  }
  if (instance.invocation == nullptr) return;
  if (request.body_too_large) {
    return finish(instance, response_too_large(), "error", "Function.ResponseSizeTooLarge");
  }
  const bool failed = event == Event::kError || !request.function_error_type.empty();
  InvokeOutcome outcome{.payload = std::move(request.body)};
  if (failed) outcome.function_error = "Unhandled";
  finish(instance, std::move(outcome), {}, {});
}

void Supervisor::on_wants_work(Instance& instance) {
  const microseconds time = now();
  if (instance.phase == Phase::kStarting) {
    instance.init_duration = time - instance.started;
    instance.read_output(false);
    ship_log(instance);  // The log of an invocation begins with its START line.
    // A session that is nearly over from the start is the best there is.
    if (deps_.clock.now() + kCredentialsReserve >= instance.credentials_end)
      instance.credentials_end = {};
  }
  instance.phase = Phase::kIdle;
  instance.begun = time;
  instance.deadline = time + microseconds(options_.idle_timeout);
  if (!reusable(instance)) return kill(instance);
  const std::string& name = instance.deployment->pool;
  const auto pool = pools_.find(name);
  const std::uint64_t ours = pool == pools_.end() || pool->second.waiting.empty()
                                 ? next_sequence_
                                 : order_.at(pool->second.waiting.front().get()).sequence;
  if (instances_.size() >= options_.instances_max && starved_pool_before(ours) != nullptr) {
    return kill(instance);
  }
  pump(name);
}

void Supervisor::on_deadline(Instance& instance) {
  switch (instance.phase) {
    case Phase::kDying: instance.deadline = kNever; return;
    case Phase::kStarting: return on_init_deadline(instance);
    case Phase::kIdle: return kill(instance);
    case Phase::kBusy: break;
  }
  if (instance.invocation == nullptr) return kill(instance);  // It answered, and never came back.
  const std::uint32_t seconds = instance.deployment->timeout_seconds;
  const std::string request_id = instance.invocation->call.request_id;
  instance.read_output(false);
  instance.flush_partial_output(deps_.clock.now());
  instance.log_line(timeout_line(deps_.clock.now(), request_id, seconds), deps_.clock.now());
  finish(instance, timed_out(request_id, seconds), "timeout", {});
  kill(instance);
}

// AWS gives an init that was too slow a second chance, within the time-out of the invocation
// itself.
void Supervisor::on_init_deadline(Instance& instance) {
  const std::string name = instance.deployment->pool;
  instance.log_line(
      fmt::format("INIT_REPORT Init Duration: {:.2f} ms\tPhase: {}\tStatus: timeout\n",
                  static_cast<double>((now() - instance.started).count()) / 1000.0,
                  instance.suppressed_init ? "invoke" : "init"),
      deps_.clock.now());
  kill(instance);
  const auto found = pools_.find(name);
  if (found == pools_.end()) return ship_log(instance);
  Invocation& head = *found->second.waiting.front();
  if (!instance.suppressed_init) {
    head.init_timed_out = true;
    ship_log(instance);
    start_instance(name, head);
    return pump(name);
  }
  const std::string request_id = head.call.request_id;
  fail_head(instance, timed_out(request_id, instance.deployment->timeout_seconds), {});
}

void Supervisor::on_exit(Instance& instance) {
  const Phase phase = instance.phase;
  instance.phase = Phase::kDying;
  instance.read_output(true);
  instance.flush_partial_output(deps_.clock.now());
  ExitState state = instance.reap();
  if (sandbox_.uses_bubblewrap()) state = unwrap_exit(state);
  if (instance.invocation != nullptr) {
    const std::string request_id = instance.invocation->call.request_id;
    finish(instance, exited(request_id, state), "error", "Runtime.ExitError");
  } else if (phase == Phase::kStarting) {
    const auto pool = pools_.find(instance.deployment->pool);
    const std::string request_id =
        pool == pools_.end() ? std::string() : pool->second.waiting.front()->call.request_id;
    fail_head(instance, exited(request_id, state), "Runtime.ExitError");
  }
  ship_log(instance);
  if (!sandbox_.uses_bubblewrap()) {
    deps_.runtime.block([path = options_.directory + "/tmp/" + instance.id] {
      std::error_code error;
      std::filesystem::remove_all(path, error);
    });
  }
  instance.buried = true;
  const auto found = std::ranges::find_if(
      instances_, [&](const auto& candidate) { return candidate.get() == &instance; });
  CHECK(found != instances_.end());
  buried_.push_back(std::move(*found));
  instances_.erase(found);
  pump_all();
}

// An instance that never got ready fails the invocation it was started for: the first that waits.
void Supervisor::fail_head(Instance& instance, InvokeOutcome outcome, std::string_view error_type) {
  const auto found = pools_.find(instance.deployment->pool);
  if (found == pools_.end() || found->second.waiting.empty()) return ship_log(instance);
  auto invocation = std::move(found->second.waiting.front());
  found->second.waiting.pop_front();
  if (found->second.waiting.empty()) pools_.erase(found);
  waiting_bytes_ -= invocation->call.payload.size();
  order_.erase(invocation.get());
  instance.read_output(false);
  instance.tail = {};
  instance.begun = instance.started;
  instance.invocation = std::move(invocation);
  const Timestamp time = deps_.clock.now();
  instance.flush_partial_output(time);
  instance.log_line(start_line(instance.invocation->call.request_id, instance.deployment->version),
                    time);
  finish(instance, std::move(outcome), error_type.empty() ? "timeout" : "error", error_type);
}

void Supervisor::finish(Instance& instance, InvokeOutcome outcome, std::string_view status,
                        std::string_view type) {
  const microseconds time = now();
  const auto invocation = std::move(instance.invocation);
  const bool tail_wanted = invocation->call.want_log_tail;
  // The caller does not wait for the log, unless it asked for it.
  if (!tail_wanted) answer(*invocation, std::move(outcome));
  instance.invocation = nullptr;
  instance.read_output(false);
  const std::string& request_id = invocation->call.request_id;
  const Timestamp wall = deps_.clock.now();
  instance.flush_partial_output(wall);
  instance.log_line(end_line(request_id), wall);
  instance.log_line(
      report_line(request_id, {.duration = time - instance.begun,
                               .init_duration = std::exchange(instance.init_duration, {}),
                               .memory_mb = instance.deployment->memory_mb,
                               .memory_used_bytes = instance.memory_peak_bytes(),
                               .status = status,
                               .error_type = type}),
      wall);
  if (tail_wanted) {
    for (const LogEvent& event : instance.log()) instance.tail.append(event.message);
    outcome.log_tail = instance.tail.take();
    answer(*invocation, std::move(outcome));
  }
  ship_log(instance);
}

void Supervisor::answer(Invocation& invocation, Result<InvokeOutcome> outcome) {
  if (const auto queued = order_.find(&invocation); queued != order_.end()) {
    waiting_bytes_ -= invocation.call.payload.size();
    order_.erase(queued);
  }
  std::exchange(invocation.done, nullptr)(std::move(outcome));
}

void Supervisor::ship_log(Instance& instance) {
  std::vector<LogEvent> events = instance.take_log();
  if (events.empty()) return;
  if (instance.invocation != nullptr) {
    for (const LogEvent& event : events) instance.tail.append(event.message);
  }
  const Deployment& deployment = *instance.deployment;
  deps_.log_sink({.account = deployment.account,
                  .region = deployment.region,
                  .group = deployment.log_group,
                  .stream = instance.log_stream,
                  .role_arn = deployment.role_arn,
                  .function_name = deployment.function_name,
                  .events = std::move(events)});
}

void Supervisor::kill(Instance& instance) {
  instance.kill();
  instance.deadline = kNever;
}

}  // namespace penstock::lambda
