// The supervisor: the engine's one thread, which owns all instances and decides what each does
// next. Instances do the I/O (instance.h); the sandbox says how a process starts (sandbox.h).
//
// supervisor.cc: the callers' side and the loop. supervisor_pools.cc: who works on what.
// supervisor_events.cc: what happens to instances.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "services/lambda/engine.h"
#include "services/lambda/instance.h"

struct epoll_event;

namespace penstock::lambda {

inline constexpr std::chrono::microseconds kNever = std::chrono::microseconds::max();
// An instance whose credentials end sooner than this takes no more work.
inline constexpr std::chrono::minutes kCredentialsReserve{5};

struct Pool {
  std::deque<std::unique_ptr<Invocation>> waiting;
};

class Supervisor final : public Engine {
 public:
  Supervisor(EngineOptions options, EngineDependencies dependencies, Sandbox sandbox, Fd epoll,
             Fd wake);
  ~Supervisor() override { stop(); }

  Task<Result<InvokeOutcome>> invoke(InvokeCall call) override;
  void retire(std::string pool) override;
  void set_endpoint_url(std::string url) override;
  EngineStats stats() const override;
  bool isolated() const override { return sandbox_.uses_bubblewrap(); }
  void stop() override;

  void submit(std::unique_ptr<Invocation> invocation);

 private:
  using Event = RuntimeSession::Event;
  using Phase = Instance::Phase;
  using microseconds = std::chrono::microseconds;
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

}  // namespace penstock::lambda
