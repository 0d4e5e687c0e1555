// Event loops (Asio io_contexts, one thread each) and the blocking pool.
#include <algorithm>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "async/executor.h"
#include "async/runners.h"
#include "base/check.h"

namespace penstock {
namespace {

namespace asio = boost::asio;

thread_local Executor* current_executor = nullptr;

// Longer delays are cut: nanoseconds since boot must not overflow.
constexpr std::chrono::microseconds kDelayMax = std::chrono::years(10);

}  // namespace

Executor& Executor::current() {
  CHECK(current_executor != nullptr);
  return *current_executor;
}
Executor* Executor::current_or_null() { return current_executor; }
void Executor::set_current(Executor* executor) { current_executor = executor; }

namespace {

class LoopTimer final : public Timer {
 public:
  LoopTimer(asio::io_context& context, std::chrono::microseconds delay,
            std::move_only_function<void()> work)
      : timer_(context) {
    timer_.expires_after(std::clamp(delay, std::chrono::microseconds(0), kDelayMax));
    timer_.async_wait([work = std::move(work)](const boost::system::error_code& error) mutable {
      if (!error) work();
    });
  }

 private:
  asio::steady_timer timer_;
};

class Loop final : public Executor {
 public:
  Loop() : context_(1), work_(asio::make_work_guard(context_)) {}
  void start() {
    thread_ = std::thread([this] {
      set_current(this);
      context_.run();
      set_current(nullptr);
    });
  }
  void stop() {
    work_.reset();
    context_.stop();
  }
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  void post(std::move_only_function<void()> work) override {
    asio::post(context_, std::move(work));
  }
  void resume(std::coroutine_handle<> handle) override {
    asio::post(context_, [handle] { handle.resume(); });
  }
  void post_after(std::chrono::microseconds delay, std::move_only_function<void()> work) override {
    const auto timer = std::make_shared<asio::steady_timer>(context_);
    timer->expires_after(std::clamp(delay, std::chrono::microseconds(0), kDelayMax));
    timer->async_wait(
        [timer, work = std::move(work)](const boost::system::error_code& error) mutable {
          if (!error) work();
        });
  }
  std::unique_ptr<Timer> timer_after(std::chrono::microseconds delay,
                                     std::move_only_function<void()> work) override {
    return std::make_unique<LoopTimer>(context_, delay, std::move(work));
  }
  asio::io_context& context() { return context_; }

 private:
  asio::io_context context_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::thread thread_;
};

class BlockingPool {
 public:
  explicit BlockingPool(std::size_t threads_max) : threads_max_(threads_max) {}
  ~BlockingPool() { stop(); }
  // Runs what is queued, then joins. Work pushed from now on runs only if it was pushed by such
  // work.
  void stop() {
    {
      const std::scoped_lock lock(mutex_);
      stopping_ = true;
    }
    ready_.notify_all();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }
  void push(std::move_only_function<void()> work) {
    const std::scoped_lock lock(mutex_);
    queue_.push_back(std::move(work));
    // Threads are started on demand: an idle server owns none.
    if (!stopping_ && idle_ < queue_.size() && threads_.size() < threads_max_) {
      threads_.emplace_back([this] { run(); });
    }
    ready_.notify_one();
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      ++idle_;
      ready_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      --idle_;
      if (queue_.empty()) return;
      auto work = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      work();
      work = nullptr;
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::move_only_function<void()>> queue_;
  std::vector<std::thread> threads_;
  const std::size_t threads_max_;
  std::size_t idle_ = 0;
  bool stopping_ = false;
};

std::size_t cores() { return std::max(1U, std::thread::hardware_concurrency()); }

}  // namespace

struct Runtime::Impl {
  std::vector<std::unique_ptr<Loop>> loops;
  std::unique_ptr<BlockingPool> pool;
  std::atomic<std::size_t> next{0};
  Runners runners;
};

Runtime::Runtime(RuntimeOptions options) : impl_(std::make_unique<Impl>()) {
  const std::size_t loops = options.loops == 0 ? cores() : options.loops;
  const std::size_t threads =
      options.blocking_threads == 0 ? 4 + cores() : options.blocking_threads;
  impl_->pool = std::make_unique<BlockingPool>(threads);
  for (std::size_t i = 0; i < loops; ++i) impl_->loops.push_back(std::make_unique<Loop>());
  for (const auto& loop : impl_->loops) loop->start();
}

Runtime::~Runtime() {
  impl_->pool->stop();  // First: its work resumes coroutines on the loops.
  for (const auto& loop : impl_->loops) loop->stop();
  for (const auto& loop : impl_->loops) loop->join();
}

std::size_t Runtime::loop_count() const { return impl_->loops.size(); }
Executor& Runtime::loop(std::size_t index) { return *impl_->loops.at(index); }
Executor& Runtime::next_loop() { return *impl_->loops[impl_->next++ % impl_->loops.size()]; }
void Runtime::block(std::move_only_function<void()> work) { impl_->pool->push(std::move(work)); }
Runners& Runtime::runners() { return impl_->runners; }
void* Runtime::native_loop(std::size_t index) { return &impl_->loops.at(index)->context(); }

namespace {

struct Sleep {
  Executor* executor = nullptr;
  std::coroutine_handle<> handle;
  std::atomic<bool> done{false};
  void finish() {
    if (!done.exchange(true)) executor->resume(handle);
  }
};

struct SleepAwaiter {
  std::chrono::microseconds delay;
  std::stop_token stop;
  std::shared_ptr<Sleep> sleep = std::make_shared<Sleep>();
  std::unique_ptr<Timer> timer;  // Goes with the coroutine, which ends on the executor.
  struct OnStop {
    std::shared_ptr<Sleep> sleep;
    void operator()() const { sleep->finish(); }
  };
  std::optional<std::stop_callback<OnStop>> on_stop;

  bool await_ready() const noexcept { return stop.stop_requested(); }
  void await_suspend(std::coroutine_handle<> handle) {
    Executor& home = Executor::current();
    sleep->executor = &home;
    sleep->handle = handle;
    timer = home.timer_after(delay, [kept = sleep] { kept->finish(); });
    // Last: it may finish at once from this thread; the resume is posted, so this frame is still
    // whole.
    on_stop.emplace(stop, OnStop{sleep});
  }
  void await_resume() const noexcept {}
};

}  // namespace

Task<void> sleep_for(std::chrono::microseconds delay, std::stop_token stop) {
  SleepAwaiter awaiter{delay, std::move(stop)};
  co_await awaiter;
}

}  // namespace penstock
