// The supervisor's two sides: callers hand over invocations, and the loop waits for whatever
// happens.
#include "services/lambda/supervisor.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/check.h"

namespace penstock::lambda {

using std::chrono::microseconds;

namespace {

constexpr std::size_t kLogShipBytes = 256 << 10;

}  // namespace

Supervisor::Supervisor(EngineOptions options, EngineDependencies dependencies, Sandbox sandbox,
                       Fd epoll, Fd wake)
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

namespace {

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

}  // namespace

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
