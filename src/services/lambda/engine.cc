// The supervisor: one thread that owns all instances and decides what each does next. Instances do
// the I/O (instance.cc); the sandbox says how a process starts (sandbox.cc).
#include "services/lambda/engine.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <deque>
#include <filesystem>
#include <mutex>
#include <system_error>
#include <thread>

#include "base/check.h"
#include "base/log.h"
#include "services/lambda/instance.h"
#include "services/lambda/outcomes.h"

namespace penstock::lambda {
namespace {

using std::chrono::microseconds;
using Event = RuntimeSession::Event;
using Phase = Instance::Phase;

constexpr std::size_t kLogShipBytes = 256 << 10;
constexpr microseconds kNever = microseconds::max();
// An instance whose credentials end sooner than this takes no more work.
constexpr std::chrono::minutes kCredentialsReserve{5};

struct Pool {
  std::deque<std::unique_ptr<Invocation>> waiting;
};

class Supervisor final : public Engine {
 public:
  Supervisor(EngineOptions options, EngineDependencies dependencies, Sandbox sandbox, Fd epoll,
             Fd wake)
      : options_(std::move(options)),
        deps_(std::move(dependencies)),
        sandbox_(std::move(sandbox)),
        epoll_(std::move(epoll)),
        wake_(std::move(wake)) {
    epoll_event event{.events = EPOLLIN, .data = {.ptr = &wake_source_}};
    CHECK(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event) == 0);
    endpoint_url_ = options_.endpoint_url;
    thread_ = std::thread([this] { run(); });
  }
  ~Supervisor() override { stop(); }

  Task<Result<InvokeOutcome>> invoke(InvokeCall call) override;
  void retire(std::string pool) override;
  void set_endpoint_url(std::string url) override;
  EngineStats stats() const override;
  bool isolated() const override { return sandbox_.uses_bubblewrap(); }
  void stop() override;

  void submit(std::unique_ptr<Invocation> invocation);

 private:
  std::string endpoint_url() const;
  void wake();
  void run();
  void handle(const epoll_event& event);
  void take_inbox();
  int wait_ms() const;
  void begin_stop();

  void pump(const std::string& pool);
  void pump_all();
  bool make_room(const std::string& pool);
  void start_instance(const std::string& pool, Invocation& head);
  void assign(Instance& instance, std::unique_ptr<Invocation> invocation);
  bool reusable(const Instance& instance) const;
  const std::string* starved_pool_before(std::uint64_t sequence) const;

  void on_runtime_event(Instance& instance, Event event, WireRequest request);
  void on_wants_work(Instance& instance);
  void on_deadline(Instance& instance);
  void on_init_deadline(Instance& instance);
  void on_exit(Instance& instance);
  void fail_head(Instance& instance, InvokeOutcome outcome, std::string_view error_type);
  void finish(Instance& instance, InvokeOutcome outcome, std::string_view status,
              std::string_view type);
  void answer(Invocation& invocation, Result<InvokeOutcome> outcome);
  void ship_log(Instance& instance);
  void kill(Instance& instance);
  std::size_t count(const std::string& pool, Phase phase) const;
  microseconds now() const { return deps_.clock.monotonic(); }

  const EngineOptions options_;
  const EngineDependencies deps_;
  const Sandbox sandbox_;
  const Fd epoll_;
  const Fd wake_;
  Source wake_source_{.kind = Source::Kind::kWake};

  mutable std::mutex mutex_;  // Guards the inbox and the address.
  std::string endpoint_url_;
  std::vector<std::unique_ptr<Invocation>> submitted_;
  std::vector<std::string> retired_;
  bool stop_requested_ = false;

  // The supervisor thread's own.
  struct Queued {
    std::uint64_t sequence;
  };
  std::map<std::string, Pool> pools_;
  std::map<const Invocation*, Queued> order_;
  std::vector<std::unique_ptr<Instance>> instances_;
  std::vector<std::unique_ptr<Instance>> buried_;
  std::uint64_t next_sequence_ = 0;
  std::size_t waiting_bytes_ = 0;
  bool stopping_ = false;

  std::atomic<std::size_t> instance_count_{0}, busy_count_{0}, waiting_count_{0};
  std::atomic<std::uint64_t> invocations_{0}, cold_starts_{0};
  std::once_flag joined_;
  std::thread thread_;
};

// ---- The callers' side ----

struct InvokeAwaiter {
  Supervisor& supervisor;
  InvokeCall& call;
  std::optional<Result<InvokeOutcome>> outcome;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    Executor& home = Executor::current();
    auto invocation = std::make_unique<Invocation>();
    invocation->call = std::move(call);
    invocation->done = [this, &home, handle](Result<InvokeOutcome> result) {
      outcome.emplace(std::move(result));
      home.resume(handle);
    };
    supervisor.submit(
        std::move(invocation));  // Last: the answer may come from another thread at once.
  }
  Result<InvokeOutcome> await_resume() { return std::move(*outcome); }
};

Task<Result<InvokeOutcome>> Supervisor::invoke(InvokeCall call) {
  InvokeAwaiter awaiter{*this, call, {}};
  co_return co_await awaiter;
}

void Supervisor::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
}

void Supervisor::submit(std::unique_ptr<Invocation> invocation) {
  {
    const std::scoped_lock lock(mutex_);
    if (!stop_requested_) {
      submitted_.push_back(std::move(invocation));
      if (submitted_.size() > 1) return;  // The first one woke the supervisor.
    }
  }
  if (invocation != nullptr) {
    invocation->done(fail(ErrorKind::kUnavailable, "the execution engine is stopping"));
  } else {
    wake();
  }
}

void Supervisor::retire(std::string pool) {
  {
    const std::scoped_lock lock(mutex_);
    retired_.push_back(std::move(pool));
  }
  wake();
}

void Supervisor::set_endpoint_url(std::string url) {
  const std::scoped_lock lock(mutex_);
  endpoint_url_ = std::move(url);
}

std::string Supervisor::endpoint_url() const {
  const std::scoped_lock lock(mutex_);
  return endpoint_url_;
}

EngineStats Supervisor::stats() const {
  return {.instances = instance_count_,
          .busy = busy_count_,
          .waiting = waiting_count_,
          .invocations = invocations_,
          .cold_starts = cold_starts_};
}

void Supervisor::stop() {
  std::call_once(joined_, [this] {
    {
      const std::scoped_lock lock(mutex_);
      stop_requested_ = true;
    }
    wake();
    thread_.join();
  });
}

// ---- The loop ----

int Supervisor::wait_ms() const {
  microseconds next = kNever;
  for (const auto& instance : instances_) next = std::min(next, instance->deadline);
  if (next == kNever) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000));
}

void Supervisor::run() {
  std::array<epoll_event, 64> events;
  while (true) {
    const int ready = ::epoll_wait(epoll_.get(), events.data(), events.size(), wait_ms());
    CHECK(ready >= 0 || errno == EINTR);
    for (int i = 0; i < ready; ++i) handle(events[static_cast<std::size_t>(i)]);
    take_inbox();
    const microseconds time = now();
    for (std::size_t i = 0; i < instances_.size(); ++i) {
      if (instances_[i]->deadline <= time) on_deadline(*instances_[i]);
    }
    buried_.clear();
    std::size_t busy = 0;
    for (const auto& instance : instances_) {
      instance->free_closed();
      busy += instance->invocation != nullptr ? 1 : 0;
    }
    instance_count_ = instances_.size();
    busy_count_ = busy;
    waiting_count_ = order_.size();
    if (stopping_ && instances_.empty()) return;
  }
}

void Supervisor::handle(const epoll_event& event) {
  const Source& source = *static_cast<const Source*>(event.data.ptr);
  if (source.kind == Source::Kind::kWake) {
    std::uint64_t value = 0;
    [[maybe_unused]] const ssize_t count = ::read(wake_.get(), &value, sizeof value);
    return;
  }
  Instance& instance = *source.instance;
  if (instance.buried) return;
  switch (source.kind) {
    case Source::Kind::kListener: return instance.accept_connections();
    case Source::Kind::kOutput:
      instance.read_output(false);
      if (instance.log_bytes() > kLogShipBytes) ship_log(instance);
      return;
    case Source::Kind::kProcess: return on_exit(instance);
    case Source::Kind::kWake:
    case Source::Kind::kConnection: break;
  }
  if ((event.events & EPOLLOUT) != 0) instance.write_connection(*source.connection);
  if ((event.events & ~static_cast<std::uint32_t>(EPOLLOUT)) == 0) return;
  std::vector<std::pair<Event, WireRequest>> happened;
  instance.read_connection(*source.connection, happened);
  for (auto& [what, request] : happened) on_runtime_event(instance, what, std::move(request));
}

void Supervisor::take_inbox() {
  std::vector<std::unique_ptr<Invocation>> submitted;
  std::vector<std::string> retired;
  bool stop = false;
  {
    const std::scoped_lock lock(mutex_);
    submitted.swap(submitted_);
    retired.swap(retired_);
    stop = stop_requested_;
  }
  for (const std::string& pool : retired) {
    for (const auto& instance : instances_) {
      if (instance->deployment->pool != pool) continue;
      instance->retired = true;
      if (instance->phase == Phase::kIdle) kill(*instance);
    }
  }
  for (auto& invocation : submitted) {
    const std::size_t bytes = invocation->call.payload.size();
    if (order_.size() >= options_.waiting_max ||
        waiting_bytes_ + bytes > options_.waiting_bytes_max) {
      invocation->done(fail(ErrorKind::kLimit, "too many invocations wait for an instance"));
      continue;
    }
    ++invocations_;
    waiting_bytes_ += bytes;
    order_[invocation.get()] = {next_sequence_++};
    const std::string pool = invocation->call.deployment->pool;
    pools_[pool].waiting.push_back(std::move(invocation));
    pump(pool);
  }
  if (stop && !stopping_) begin_stop();
}

void Supervisor::begin_stop() {
  stopping_ = true;
  const auto stopped = [] {
    return fail(ErrorKind::kUnavailable, "the execution engine is stopping");
  };
  for (auto& [name, pool] : pools_) {
    for (auto& invocation : pool.waiting) answer(*invocation, stopped());
  }
  pools_.clear();
  for (const auto& instance : instances_) {
    if (auto invocation = std::move(instance->invocation)) answer(*invocation, stopped());
    kill(*instance);
  }
}

// ---- Who works on what ----

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

// ---- What happens to instances ----

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

}  // namespace

Result<std::unique_ptr<Engine>> Engine::start(EngineOptions options,
                                              EngineDependencies dependencies) {
  std::error_code error;
  std::filesystem::remove_all(options.directory, error);
  std::filesystem::create_directories(options.directory, error);
  if (error)
    return fail(ErrorKind::kIo,
                fmt::format("cannot make {}: {}", options.directory, error.message()));
  options.directory = std::filesystem::absolute(options.directory, error).string();
  if (options.instances_max == 0)
    options.instances_max =
        limits::kLambdaInstancesPerCore * std::max(1U, std::thread::hardware_concurrency());
  TRY(Sandbox sandbox, Sandbox::make(options.isolation, options.directory + "/runtime"));
  Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
  Fd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!epoll.valid() || !wake.valid()) return fail(ErrorKind::kIo, "cannot make an epoll set");
  return std::make_unique<Supervisor>(std::move(options), std::move(dependencies),
                                      std::move(sandbox), std::move(epoll), std::move(wake));
}

}  // namespace penstock::lambda
