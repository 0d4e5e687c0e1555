// The I/O of one execution environment: sockets, pipe, process. Decisions are the supervisor's.
#include "services/lambda/instance.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/check.h"
#include "services/lambda/sandbox.h"

namespace penstock::lambda {
namespace {

constexpr std::size_t kReadBytes = 256 << 10;
constexpr std::size_t kOutputBytesPerTurn = 256 << 10;

std::unexpected<Error> os_error(std::string_view what) {
  return fail(ErrorKind::kIo, fmt::format("{}: {}", what, std::strerror(errno)));
}

// The whole of a small file of /proc, or nothing.
std::string read_proc(const std::string& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return {};
  char buffer[4096];
  const ssize_t count = ::read(file.get(), buffer, sizeof buffer);
  return count > 0 ? std::string(buffer, static_cast<std::size_t>(count)) : std::string();
}

// Bubblewrap, its init and the runtime are a chain of only children: the runtime is the last.
pid_t leaf_of(pid_t pid) {
  for (int depth = 0; depth < 3; ++depth) {
    const std::string children = read_proc(fmt::format("/proc/{0}/task/{0}/children", pid));
    pid_t child = 0;
    const auto [end, error] =
        std::from_chars(children.data(), children.data() + children.size(), child);
    if (error != std::errc() || child <= 0) break;
    pid = child;
  }
  return pid;
}

}  // namespace

Instance::Instance(std::shared_ptr<const Deployment> deployment_in, std::string id_in, int epoll)
    : deployment(std::move(deployment_in)), id(std::move(id_in)), epoll_(epoll) {
  listener_source_ = {.kind = Source::Kind::kListener, .instance = this};
  output_source_ = {.kind = Source::Kind::kOutput, .instance = this};
  process_source_ = {.kind = Source::Kind::kProcess, .instance = this};
}

Instance::~Instance() {
  CHECK(child_.pid < 0 && invocation == nullptr);
  for (const auto& connection : connections_) unwatch_and_close(connection->socket);
  unwatch_and_close(listener_);
  unwatch_and_close(output_);
}

void Instance::watch(int fd, Source& source) {
  epoll_event event{.events = EPOLLIN, .data = {.ptr = &source}};
  CHECK(::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0);
}

void Instance::unwatch_and_close(Fd& fd) {
  if (!fd.valid()) return;
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd.get(), nullptr);
  fd.reset();
}

// A socket pair for our bootstraps; a listener on a private loopback port for "provided".
Status Instance::open_api(int& child_socket) {
  child_socket = -1;
  if (!runtime_uses_address(deployment->runtime)) {
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
      return os_error("socketpair");
    child_socket = pair[1];
    ::fcntl(pair[0], F_SETFL, O_NONBLOCK);
    const int size = 1 << 20;  // Events of some hundred kilobytes go through in one piece.
    ::setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    ::setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    add_connection(Fd(pair[0]));
    return {};
  }
  listener_ = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (!listener_.valid() ||
      ::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener_.get(), 8) != 0 ||
      ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    return os_error("cannot listen for a runtime");
  }
  port_ = ntohs(address.sin_port);
  watch(listener_.get(), listener_source_);
  return {};
}

Status Instance::start(const Sandbox& sandbox,
                       const std::shared_ptr<const RoleCredentials>& credentials,
                       const std::string& endpoint_url, const std::string& tmp_directory,
                       Timestamp started_at) {
  int api = -1;
  TRY_VOID(open_api(api));
  const Fd api_socket(api);
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) return os_error("pipe");
  output_ = Fd(pipe[0]);
  const Fd child_output(pipe[1]);
  ::fcntl(output_.get(), F_SETFL, O_NONBLOCK);
  log_stream = log_stream_name(started_at, deployment->version, id);
  if (credentials != nullptr) credentials_end = credentials->expiration;
  const InstanceSetup setup{
      .deployment = *deployment,
      .credentials = credentials.get(),
      .log_stream = log_stream,
      .endpoint_url = endpoint_url,
      .runtime_api = fmt::format("127.0.0.1:{}", port_),
      .tmp_directory = tmp_directory,
      .api_socket = api_socket.get(),
      .output = child_output.get(),
  };
  TRY(const InstancePlan plan, sandbox.plan(setup));
  TRY(child_, spawn(plan.spawn));
  watch(output_.get(), output_source_);
  watch(child_.pidfd.get(), process_source_);
  return {};
}

void Instance::add_connection(Fd socket) {
  auto connection = std::make_unique<Connection>();
  connection->socket = std::move(socket);
  connection->source = {Source::Kind::kConnection, this, connection.get()};
  watch(connection->socket.get(), connection->source);
  connections_.push_back(std::move(connection));
}

void Instance::accept_connections() {
  while (true) {
    Fd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket.valid()) return;
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connections_.size() < limits::kLambdaConnectionsPerInstance)
      add_connection(std::move(socket));
  }
}

void Instance::close_connection(Connection& connection) {
  if (!connection.socket.valid()) return;
  if (held_ == &connection) {
    held_ = nullptr;
    session_.drop_held();
  }
  unwatch_and_close(connection.socket);
  const auto found = std::ranges::find_if(
      connections_, [&](const auto& candidate) { return candidate.get() == &connection; });
  CHECK(found != connections_.end());
  closed_.push_back(std::move(*found));
  connections_.erase(found);
}

void Instance::read_connection(Connection& connection,
                               std::vector<std::pair<RuntimeSession::Event, WireRequest>>& events) {
  if (!connection.socket.valid()) return;
  thread_local std::string buffer(kReadBytes, '\0');
  const ssize_t count = ::recv(connection.socket.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) return close_connection(connection);
  connection.parser.feed(std::string_view(buffer.data(), static_cast<std::size_t>(count)));
  while (auto request = connection.parser.next()) {
    handle(connection, std::move(*request), events);
    if (!connection.socket.valid()) return;
  }
  if (connection.parser.failed()) return close_connection(connection);
  if (connection.parser.take_expect_continue()) {
    connection.out += "HTTP/1.1 100 Continue\r\n\r\n";
    write_connection(connection);
  }
}

void Instance::handle(Connection& connection, WireRequest request,
                      std::vector<std::pair<RuntimeSession::Event, WireRequest>>& events) {
  RuntimeSession::Step step = session_.handle(request);
  if (request.close) connection.close_after = true;
  if (step.status == 0) {
    held_ = &connection;
  } else {
    connection.out += wire_response(step.status, "", step.body);
    write_connection(connection);
  }
  if (step.event != RuntimeSession::Event::kNone)
    events.emplace_back(step.event, std::move(request));
}

void Instance::write_connection(Connection& connection) {
  while (connection.socket.valid() && connection.out_offset < connection.out.size()) {
    const ssize_t count =
        ::send(connection.socket.get(), connection.out.data() + connection.out_offset,
               connection.out.size() - connection.out_offset, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno != EAGAIN) return close_connection(connection);
    if (count < 0) break;
    connection.out_offset += static_cast<std::size_t>(count);
  }
  if (!connection.socket.valid()) return;
  const bool pending = connection.out_offset < connection.out.size();
  if (!pending) {
    connection.out.clear();
    connection.out_offset = 0;
    if (connection.close_after && held_ != &connection) return close_connection(connection);
  }
  if (pending == connection.wants_write) return;
  connection.wants_write = pending;
  epoll_event event{.events = pending ? EPOLLIN | EPOLLOUT : EPOLLIN,
                    .data = {.ptr = &connection.source}};
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.socket.get(), &event);
}

void Instance::send_invocation(const InvokeCall& call, Timestamp deadline_at) {
  CHECK(waits_for_work());
  session_.assign(call.request_id);
  std::string fields = fmt::format(
      "Lambda-Runtime-Aws-Request-Id: {}\r\nLambda-Runtime-Deadline-Ms: {}\r\n"
      "Lambda-Runtime-Invoked-Function-Arn: {}\r\n",
      call.request_id, deadline_at.millis(), call.function_arn);
  if (!call.trace_id.empty())
    fields += fmt::format("Lambda-Runtime-Trace-Id: {}\r\n", call.trace_id);
  if (!call.client_context.empty()) {
    fields += fmt::format("Lambda-Runtime-Client-Context: {}\r\n", call.client_context);
  }
  Connection& connection = *std::exchange(held_, nullptr);
  connection.out += wire_response(200, fields, call.payload);
  write_connection(connection);
}

void Instance::read_output(bool to_the_end) {
  if (!output_.valid()) return;
  thread_local std::string buffer(64 << 10, '\0');
  std::vector<std::string> lines;
  std::size_t total = 0;
  while (to_the_end || total < kOutputBytesPerTurn) {
    const ssize_t count = ::read(output_.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count == 0) unwatch_and_close(output_);
    if (count <= 0) break;
    total += static_cast<std::size_t>(count);
    splitter_.feed(std::string_view(buffer.data(), static_cast<std::size_t>(count)), lines);
    // A process that writes without pause must not hold the thread: what is left is read later.
    if (total >= 4 * kOutputBytesPerTurn) break;
  }
  const Timestamp time = now();
  for (std::string& line : lines) log_line(std::move(line), time);
}

void Instance::log_line(std::string line, Timestamp time) {
  if (log_.empty()) log_bytes_ = 0;
  log_bytes_ += line.size();
  log_.push_back({time, std::move(line)});
}

void Instance::flush_partial_output(Timestamp time) {
  std::vector<std::string> lines;
  splitter_.flush(lines);
  for (std::string& line : lines) log_line(std::move(line), time);
}

void Instance::kill() {
  phase = Phase::kDying;
  kill_group(child_);
}

ExitState Instance::reap() {
  // What the process left behind in its group goes, too; its number is not free before the wait.
  kill_group(child_);
  const ExitState state = lambda::reap(child_);
  unwatch_and_close(child_.pidfd);
  child_ = {};
  memory_peak_bytes_ = std::max(memory_peak_bytes_, state.memory_peak_bytes);
  return state;
}

std::uint64_t Instance::memory_peak_bytes() {
  if (child_.pid <= 0) return memory_peak_bytes_;
  if (leaf_ <= 0) leaf_ = leaf_of(child_.pid);
  const std::string status = read_proc(fmt::format("/proc/{}/status", leaf_));
  const std::size_t at = status.find("VmHWM:");
  if (at == std::string::npos) return memory_peak_bytes_;
  std::string_view rest = std::string_view(status).substr(at + 6);
  rest.remove_prefix(std::min(rest.find_first_of("0123456789"), rest.size()));
  std::uint64_t kilobytes = 0;
  std::from_chars(rest.begin(), rest.end(), kilobytes);
  memory_peak_bytes_ = std::max(memory_peak_bytes_, kilobytes << 10);
  return memory_peak_bytes_;
}

}  // namespace penstock::lambda
