// One execution environment: the process, its Runtime API connections, its output, and the
// invocation it is working on. It does I/O on the supervisor's epoll and nothing else: what to do
// next is the supervisor's decision. Not thread-safe: it lives on the supervisor's thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "services/lambda/deployment.h"
#include "services/lambda/engine.h"
#include "services/lambda/http_wire.h"
#include "services/lambda/log_lines.h"
#include "services/lambda/runtime_session.h"
#include "services/lambda/spawn.h"

namespace penstock::lambda {

// One accepted invocation on its way.
struct Invocation {
  InvokeCall call;
  std::move_only_function<void(Result<InvokeOutcome>)> done;
  bool init_timed_out =
      false;  // Its first instance did not get ready in time; the second has no third.
};

class Instance;
struct Connection;

// What an epoll event points at.
struct Source {
  enum class Kind : std::uint8_t { kWake, kListener, kConnection, kOutput, kProcess };
  Kind kind;
  Instance* instance = nullptr;
  Connection* connection = nullptr;
};

struct Connection {
  Fd socket;
  RequestParser parser{kResponseBytesMax};
  std::string out;
  std::size_t out_offset = 0;
  bool wants_write = false;
  bool close_after = false;
  Source source;
};

class Instance {
 public:
  enum class Phase : std::uint8_t { kStarting, kIdle, kBusy, kDying };

  Instance(std::shared_ptr<const Deployment> deployment, std::string id, int epoll);
  ~Instance();

  // Opens sockets and pipes, then starts the process by `sandbox`. On failure nothing is left
  // running.
  Status start(const Sandbox& sandbox, const std::shared_ptr<const RoleCredentials>& credentials,
               const std::string& endpoint_url, const std::string& tmp_directory, Timestamp now);

  void accept_connections();
  // Reads what has come; each whole request is handled and answered, or held, before the next.
  void read_connection(Connection& connection,
                       std::vector<std::pair<RuntimeSession::Event, WireRequest>>& events);
  void write_connection(Connection& connection);
  // Reads the process's output into `log`. Bounded per call unless `to_the_end`.
  void read_output(bool to_the_end);
  // Sends the invocation to the waiting runtime. Requires that it waits.
  void send_invocation(const InvokeCall& call, Timestamp deadline);
  void kill();
  ExitState reap();
  std::uint64_t memory_peak_bytes();
  // Appends a line of the platform to the log.
  void log_line(std::string line, Timestamp now);
  void flush_partial_output(Timestamp now);
  const std::vector<LogEvent>& log() const { return log_; }
  std::vector<LogEvent> take_log() { return std::exchange(log_, {}); }
  std::size_t log_bytes() const { return log_bytes_; }
  // Connections closed since the last call can be freed: no event points at them any longer.
  void free_closed() { closed_.clear(); }

  bool waits_for_work() const {
    return held_ != nullptr && session_.state() == RuntimeSession::State::kReady;
  }

  const std::shared_ptr<const Deployment> deployment;
  const std::string id;
  std::string log_stream;
  Phase phase = Phase::kStarting;
  std::unique_ptr<Invocation> invocation;
  std::optional<InvokeOutcome> init_failure;               // Set by /init/error.
  std::chrono::microseconds started{};                     // Monotonic: of the process.
  std::chrono::microseconds begun{};                       // Of the invocation, or of idleness.
  std::chrono::microseconds deadline{};                    // When the supervisor must act next.
  std::optional<std::chrono::microseconds> init_duration;  // Until it was reported once.
  bool suppressed_init =
      false;             // Started again after a slow init: limited by the function's time-out.
  bool retired = false;  // Not to be used for another invocation.
  bool buried = false;   // The process is gone; late events of this turn are ignored.
  Timestamp credentials_end{};  // 0: they do not end.
  LogTail tail;
  std::function<Timestamp()> now;  // The time for output lines.

 private:
  Status open_api(int& child_socket);
  void add_connection(Fd socket);
  void close_connection(Connection& connection);
  void handle(Connection& connection, WireRequest request,
              std::vector<std::pair<RuntimeSession::Event, WireRequest>>& events);
  void watch(int fd, Source& source);
  // Closing alone does not end the watch: a process that is just being started holds a copy of the
  // descriptor for a moment, and an event could then point at what is freed.
  void unwatch_and_close(Fd& fd);

  const int epoll_;
  RuntimeSession session_;
  Child child_;
  Fd listener_;
  Fd output_;
  std::uint16_t port_ = 0;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<std::unique_ptr<Connection>> closed_;
  Connection* held_ = nullptr;  // Where "next" waits.
  LogSplitter splitter_;
  std::vector<LogEvent> log_;
  std::size_t log_bytes_ = 0;
  pid_t leaf_ = -1;  // The runtime itself, below bubblewrap.
  std::uint64_t memory_peak_bytes_ = 0;
  Source listener_source_, output_source_, process_source_;
};

}  // namespace penstock::lambda
