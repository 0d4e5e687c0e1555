// The listening socket, the hand-over of connections to the loops, and the orderly end.
#include "net/server.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <mutex>
#include <optional>
#include <vector>

#include "base/log.h"
#include "net/connection.h"
#include "net/socket_transport.h"

namespace penstock::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using ErrorCode = boost::system::error_code;

constexpr int kBacklog = 1024;
constexpr std::chrono::milliseconds kAcceptPause{50};  // After EMFILE and its like.

// The timers and the acceptor's handler may run after the server is gone, so what they touch is
// shared.
struct Core {
  Core(Runtime& the_runtime, ServerOptions options, Handler handler)
      : runtime(the_runtime),
        shared{.options = std::move(options), .handler = std::move(handler), .clock = clock},
        acceptor(std::in_place, native(0)) {
    for (std::size_t i = 0; i < runtime.loop_count(); ++i) {
      loops.push_back(std::make_unique<LoopContext>(shared, runtime.loop(i)));
    }
  }
  asio::io_context& native(std::size_t loop) {
    return *static_cast<asio::io_context*>(runtime.native_loop(loop));
  }

  Runtime& runtime;
  const SystemClock clock;
  ServerShared shared;
  std::optional<tcp::acceptor> acceptor;  // Used on loop 0 once it listens; gone after stop().
  std::vector<std::unique_ptr<LoopContext>> loops;
  std::size_t next_loop = 0;
  std::atomic<bool> stopping{false};
};

std::chrono::microseconds tick_interval(const ServerOptions& options) {
  const std::uint32_t shortest = std::min(options.idle_timeout_ms, options.request_timeout_ms);
  return std::chrono::milliseconds(std::clamp<std::uint32_t>(shortest / 8, 5, 500));
}

void keep_ticking(std::shared_ptr<Core> core, std::size_t loop) {
  Executor& executor = core->runtime.loop(loop);
  const auto interval = tick_interval(core->shared.options);
  executor.post_after(interval, [core = std::move(core), loop]() mutable {
    // While it stops as well: the grace period does not suspend the time-outs.
    if (core->stopping && core->shared.connections_open == 0) return;
    core->loops[loop]->tick();
    keep_ticking(std::move(core), loop);
  });
}

std::string address_of(const tcp::endpoint& endpoint) { return endpoint.address().to_string(); }

void welcome(Core& core, int descriptor, std::string peer) {
  const int yes = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  ::setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes);
  const std::size_t index = core.next_loop++ % core.loops.size();
  LoopContext& loop = *core.loops[index];
  auto transport = make_socket_transport(core.runtime.native_loop(index), descriptor);
  if (transport == nullptr) return log::warning("net", "a connection cannot be watched");
  ServerShared& shared = core.shared;
  if (shared.connections_open.fetch_add(1) >= shared.options.connections_max) {
    --shared.connections_open;
    shared.gate.spawn(loop.executor, refuse_connection(loop, std::move(transport)));
    return;
  }
  ++shared.connections_total;
  if (!shared.gate.spawn(loop.executor,
                         serve_connection(loop, std::move(transport), std::move(peer)))) {
    --shared.connections_open;
  }
}

void keep_accepting(std::shared_ptr<Core> core) {
  Core& c = *core;
  // Accepted into loop 0's context and released again: the transport registers with its own loop.
  c.acceptor->async_accept([core = std::move(core)](ErrorCode error, tcp::socket socket) mutable {
    if (core->stopping || error == asio::error::operation_aborted) return;
    if (error) {
      log::warning("net", "accept failed", {{"error", error.message()}});
      Executor& executor = core->runtime.loop(0);
      executor.post_after(kAcceptPause, [core = std::move(core)]() mutable {
        if (!core->stopping) keep_accepting(std::move(core));
      });
      return;
    }
    ErrorCode ignored;
    const tcp::endpoint peer = socket.remote_endpoint(ignored);
    const int descriptor = socket.release(ignored);
    if (!ignored) welcome(*core, descriptor, address_of(peer));
    keep_accepting(std::move(core));
  });
}

// Runs `work` on each loop and waits until all have.
template <typename Work>
void on_every_loop(Core& core, Work work) {
  for (const auto& loop : core.loops) {
    detail::Latch latch;
    loop->executor.post([&] {
      work(*loop);
      latch.set();
    });
    latch.wait();
  }
}

class TcpServer final : public HttpServer {
 public:
  TcpServer(std::shared_ptr<Core> core, std::uint16_t port) : core_(std::move(core)), port_(port) {
    for (std::size_t i = 0; i < core_->loops.size(); ++i) keep_ticking(core_, i);
    core_->loops[0]->executor.post([core = core_] { keep_accepting(core); });
  }
  ~TcpServer() override { stop(); }

  std::uint16_t port() const override { return port_; }
  ServerStats stats() const override {
    const ServerShared& shared = core_->shared;
    return {.connections_open = shared.connections_open,
            .connections_total = shared.connections_total,
            .requests = shared.requests,
            .refused = shared.refused};
  }
  void stop() override;

 private:
  std::shared_ptr<Core> core_;
  const std::uint16_t port_;
  std::mutex stop_mutex_;
  bool stopped_ = false;
};

void TcpServer::stop() {
  const std::scoped_lock lock(stop_mutex_);
  if (std::exchange(stopped_, true)) return;
  Core& core = *core_;
  core.stopping = true;
  on_every_loop(core, [&core](LoopContext& loop) {
    if (&loop == core.loops[0].get()) {
      core.acceptor.reset();  // Not later: timers may keep the core beyond the Runtime.
    }
    loop.begin_stop();
  });
  if (!core.shared.gate.close_for(std::chrono::milliseconds(core.shared.options.stop_grace_ms))) {
    log::warning("net", "connections cut after the grace period",
                 {{"open", fmt::to_string(core.shared.connections_open.load())}});
    on_every_loop(core, [](LoopContext& loop) { loop.abort(); });
  }
  // Handlers cannot be torn down from outside: those still running are waited for.
  core.shared.gate.close();
}

Result<std::uint16_t> listen_on(tcp::acceptor& acceptor, const ServerOptions& options) {
  ErrorCode error;
  const auto refused = [&](std::string_view what) {
    return fail(ErrorKind::kIo, fmt::format("cannot {} {} port {}: {}", what, options.host,
                                            options.port, error.message()));
  };
  const asio::ip::address address =
      asio::ip::make_address(options.host == "localhost" ? "127.0.0.1" : options.host, error);
  if (error) return refused("resolve");
  const tcp::endpoint endpoint(address, options.port);
  if (acceptor.open(endpoint.protocol(), error)) return refused("open a socket for");
  acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  // "::" answers IPv4 as well.
  if (address.is_v6()) acceptor.set_option(asio::ip::v6_only(false), error);
  if (acceptor.bind(endpoint, error)) return refused("bind");
  if (acceptor.listen(kBacklog, error)) return refused("listen on");
  return acceptor.local_endpoint(error).port();
}

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::start(Runtime& runtime, ServerOptions options,
                                                      Handler handler) {
  const auto core = std::make_shared<Core>(runtime, std::move(options), std::move(handler));
  TRY(const std::uint16_t port, listen_on(*core->acceptor, core->shared.options));
  return std::make_unique<TcpServer>(core, port);
}

}  // namespace penstock::net
