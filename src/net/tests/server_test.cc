// The server over real sockets: the port, limits on connections, large bodies in little memory, the
// orderly stop; curl as a foreign HTTP/2 client; our own client against our own server.
#include "net/server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <thread>

#include "async/gate.h"
#include "net/client.h"
#include "net/tests/harness.h"

namespace penstock::net {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

std::unique_ptr<HttpServer> start(Runtime& runtime, Handler handler, ServerOptions options = {}) {
  options.port = 0;
  auto server = HttpServer::start(runtime, std::move(options), std::move(handler));
  CHECK(server.has_value());
  return std::move(*server);
}

// A blocking socket. Every wait has an end, so a failing test does not hang.
class Peer {
 public:
  explicit Peer(const HttpServer& server) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval patience{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server.port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~Peer() { ::close(socket_); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  bool connected() const { return connected_; }
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  // Reads until `end` was seen, or the connection ended.
  std::string read_until(std::string_view end) {
    char buffer[16384];
    std::string all;
    while (!all.contains(end)) {
      const ssize_t got = ::recv(socket_, buffer, sizeof buffer, 0);
      if (got <= 0) break;
      all.append(buffer, static_cast<std::size_t>(got));
    }
    return all;
  }
  std::string read_to_end() { return read_until("\x01 never \x02"); }

 private:
  int socket_;
  bool connected_ = false;
};

TEST(HttpServer, AnswersOnOnePort) {
  Runtime runtime({.loops = 2});
  const auto server = start(runtime, answer_by_path);
  ASSERT_NE(server->port(), 0);
  for (int i = 0; i < 4; ++i) {  // Both loops.
    Peer peer(*server);
    peer.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_THAT(peer.read_until("GET /a h"), StartsWith("HTTP/1.1 200 OK\r\n"));
    peer.send("GET /b HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(peer.read_to_end(), EndsWith("GET /b h"));
  }
  EXPECT_EQ(server->stats().requests, 8u);
  EXPECT_EQ(server->stats().connections_total, 4u);
  const auto second = HttpServer::start(runtime, {.port = server->port()}, answer_by_path);
  EXPECT_EQ(second.error().kind, ErrorKind::kIo);
  EXPECT_FALSE(HttpServer::start(runtime, {.host = "no.such.address"}, answer_by_path).has_value());
}

TEST(HttpServer, ListensOnBothFamilies) {
  Runtime runtime({.loops = 1});
  const auto server = start(runtime, answer_by_path, {.host = "::"});
  Peer peer(*server);
  peer.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(peer.read_until("GET /a h"), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST(HttpServer, RefusesTooManyConnections) {
  Runtime runtime({.loops = 2});
  const auto server = start(runtime, answer_by_path, {.connections_max = 2});
  Peer first(*server), second(*server);
  for (Peer* peer : {&first, &second}) {
    peer->send("GET /ignore HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_THAT(peer->read_until("ignored"), StartsWith("HTTP/1.1 200 OK\r\n"));
  }
  Peer third(*server);
  third.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(third.read_to_end(), StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_EQ(server->stats().refused, 1u);
  EXPECT_EQ(server->stats().connections_open, 2u);
}

TEST(HttpServer, TimesOutSlowPeers) {
  Runtime runtime({.loops = 1});
  const auto server =
      start(runtime, answer_by_path, {.idle_timeout_ms = 100, .request_timeout_ms = 50});
  Peer slow(*server), silent(*server);
  slow.send("GET / HTTP/1.1\r\n");
  EXPECT_THAT(slow.read_to_end(), StartsWith("HTTP/1.1 408 "));
  EXPECT_EQ(silent.read_to_end(), "");
}

// Counts what it reads and keeps nothing.
Task<Response> count(Request request) {
  std::uint64_t bytes = 0;
  std::size_t largest = 0;
  Response response;
  while (true) {
    auto piece = co_await request.body.read();
    if (!piece) {
      response.status = 500;
      co_return response;
    }
    if (piece->empty()) break;
    bytes += piece->size();
    largest = std::max(largest, piece->size());
  }
  response.body =
      Body("counted " + std::to_string(bytes) + (largest <= 262144 ? " small" : " large") + "\n");
  co_return response;
}

long peak_kib() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

TEST(HttpServer, StreamsLargeBodiesInLittleMemory) {
  Runtime runtime({.loops = 2});
  const auto server = start(runtime, count);
  const long before = peak_kib();
  const std::string mebibyte(1 << 20, 'x');
  Peer plain(*server), chunked(*server);
  plain.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 104857600\r\n\r\n");
  chunked.send("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(plain.send(mebibyte));
    ASSERT_TRUE(chunked.send("100000\r\n") && chunked.send(mebibyte) && chunked.send("\r\n"));
  }
  chunked.send("0\r\n\r\n");
  EXPECT_THAT(plain.read_until("small\n"), HasSubstr("counted 104857600 small"));
  EXPECT_THAT(chunked.read_until("small\n"), HasSubstr("counted 104857600 small"));
  // Of 200 MiB. AddressSanitizer holds on to what was freed.
  EXPECT_LT(peak_kib() - before, 128 << 10);
}

// Endless zeros, for a download that is larger than memory should hold.
class ZerosSource final : public BodySource {
 public:
  explicit ZerosSource(std::uint64_t bytes) : left_(bytes), length_(bytes) {}
  Task<Result<std::string>> read() override {
    const std::size_t take = static_cast<std::size_t>(std::min<std::uint64_t>(left_, 131072));
    left_ -= take;
    co_return std::string(take, '0');
  }
  std::optional<std::uint64_t> length() const override { return length_; }

 private:
  std::uint64_t left_;
  const std::uint64_t length_;
};

Task<Response> zeros(Request) {
  Response response;
  response.body = Body(std::make_shared<ZerosSource>(100 << 20));
  co_return response;
}

std::string shell(const std::string& command) {
  std::string out;
  FILE* const pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return out;
  char buffer[4096];
  while (const std::size_t got = std::fread(buffer, 1, sizeof buffer, pipe))
    out.append(buffer, got);
  ::pclose(pipe);
  return out;
}

std::string curl(const HttpServer& server, const std::string& path, const std::string& options) {
  return shell("curl -s --max-time 30 " + options +
               " 'http://127.0.0.1:" + std::to_string(server.port()) + path + "' 2>&1");
}

TEST(HttpServer, SpeaksWithCurl) {
  if (shell("command -v curl").empty()) GTEST_SKIP() << "curl is not installed";
  Runtime runtime({.loops = 2});
  const auto server = start(runtime, answer_by_path);
  const auto counter = start(runtime, count);
  const auto source = start(runtime, zeros);
  for (const std::string version : {"--http1.1", "--http2-prior-knowledge", "--http2"}) {
    SCOPED_TRACE(version);
    EXPECT_THAT(curl(*server, "/a?b", version), HasSubstr("GET /a?b 127.0.0.1:"));
    EXPECT_EQ(curl(*server, "/echo", version + " -d hello"), "hello");
    EXPECT_EQ(curl(*server, "/stream", version), "onetwo");
    EXPECT_THAT(curl(*server, "/length", version + " -I"), HasSubstr("content-length: 12345"));
    EXPECT_THAT(curl(*server, "/status/404", version + " -w '%{http_code}'"), EndsWith("404"));
    EXPECT_THAT(curl(*counter, "/", version + " -T /dev/stdin < /dev/null"),
                HasSubstr("counted 0"));
    const std::string upload = "head -c 20000000 /dev/zero | ";
    EXPECT_EQ(shell(upload + "curl -s --max-time 60 " + version +
                    " -T - http://127.0.0.1:" + std::to_string(counter->port())),
              "counted 20000000 small\n");
    EXPECT_EQ(curl(*source, "/", version + " -o /dev/null -w '%{size_download}'"), "104857600");
  }
  // One transfer per process: curl 7.88 breaks when it reuses a prior-knowledge connection
  // (curl#10634).
  const std::string url = "http://127.0.0.1:" + std::to_string(server->port()) + "/stream";
  EXPECT_EQ(shell("for i in 1 2 3 4 5 6 7 8; do curl -s --max-time 30 --http2-prior-knowledge " +
                  url + " & done; wait"),
            "onetwoonetwoonetwoonetwoonetwoonetwoonetwoonetwo");
}

// Handlers that wait until the test lets them go.
struct Hold {
  std::mutex mutex;
  std::condition_variable changed;
  int entered = 0;
  bool open = false;
};
Hold* hold = nullptr;

Task<Response> held(Request) {
  {
    const std::scoped_lock lock(hold->mutex);
    ++hold->entered;
    hold->changed.notify_all();
  }
  while (true) {
    {
      const std::scoped_lock lock(hold->mutex);
      if (hold->open) break;
    }
    co_await sleep_for(std::chrono::milliseconds(1));
  }
  Response response;
  response.body = Body(std::string("finished"));
  co_return response;
}

TEST(HttpServer, StopsInOrder) {
  Hold state;
  hold = &state;
  Runtime runtime({.loops = 2});
  auto server = start(runtime, held);
  Peer busy(*server), idle(*server);
  busy.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  {
    std::unique_lock lock(state.mutex);
    state.changed.wait(lock, [&] { return state.entered == 1; });
  }
  std::thread stopper([&] { server->stop(); });
  EXPECT_EQ(idle.read_to_end(), "");  // Closed at once.
  while (Peer(*server).connected()) std::this_thread::yield();
  {
    const std::scoped_lock lock(state.mutex);
    state.open = true;
  }
  const std::string reply = busy.read_to_end();
  EXPECT_THAT(reply, HasSubstr("connection: close\r\n"));
  EXPECT_THAT(reply, EndsWith("finished"));
  stopper.join();
  server->stop();  // Idempotent.
  EXPECT_EQ(server->stats().connections_open, 0u);
}

TEST(HttpServer, CutsConnectionsAfterTheGracePeriod) {
  Hold state;
  hold = &state;
  Runtime runtime({.loops = 2});
  auto server = start(runtime, held, {.stop_grace_ms = 30});
  Peer busy(*server);
  busy.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  {
    std::unique_lock lock(state.mutex);
    state.changed.wait(lock, [&] { return state.entered == 1; });
  }
  std::thread stopper([&] { server->stop(); });
  EXPECT_EQ(busy.read_to_end(), "");  // No answer, but an end.
  {
    const std::scoped_lock lock(state.mutex);
    state.open = true;
  }
  stopper.join();
}

Task<Result<Response>> call(HttpClient* client, std::string base, Request request) {
  co_return co_await client->send(std::move(base), std::move(request));
}

Request request_for(std::string method, std::string target, Body body = {}) {
  Request request;
  request.method = std::move(method);
  request.target = std::move(target);
  request.body = std::move(body);
  return request;
}

TEST(HttpClient, CallsTheServer) {
  Runtime runtime({.loops = 2});
  const auto server = start(runtime, answer_by_path);
  const auto client = HttpClient::make(runtime, {.response_bytes_max = 1 << 20});
  const std::string base = "http://127.0.0.1:" + std::to_string(server->port());
  const auto send = [&](Request request) {
    return block_on(runtime.loop(0), call(client.get(), base, std::move(request)));
  };
  const auto body_of = [&](Request request) {
    auto response = send(std::move(request));
    return response ? response->body.take_bytes() : response.error().message;
  };
  EXPECT_THAT(body_of(request_for("GET", "/a/../b?c")), HasSubstr("GET /a/../b?c 127.0.0.1"));
  EXPECT_EQ(body_of(request_for("POST", "/echo", Body(std::string("hello")))), "hello");
  EXPECT_EQ(body_of(request_for("PUT", "/echo", Body(std::string(500000, 'x')))),
            std::string(500000, 'x'));
  EXPECT_EQ(body_of(request_for(
                "POST", "/echo",
                Body(std::make_shared<PiecesSource>(std::vector<std::string>{"a", "bc"})))),
            "abc");
  EXPECT_EQ(body_of(request_for("GET", "/stream")), "onetwo");
  EXPECT_THAT(body_of(request_for("DELETE", "/x")), StartsWith("DELETE /x"));
  EXPECT_EQ(send(request_for("HEAD", "/length"))->headers.get("content-length"), "12345");
  EXPECT_EQ(send(request_for("GET", "/status/404"))->status, 404);
  EXPECT_EQ(send(request_for("PUT", "/echo", Body(std::string(2 << 20, 'x')))).error().kind,
            ErrorKind::kLimit);
  EXPECT_EQ(send(request_for("GET", "/broken")).error().kind, ErrorKind::kUnavailable);
  EXPECT_EQ(send(request_for("GET", "no-slash")).error().kind, ErrorKind::kInvalid);
  Request evil = request_for("GET", "/");
  evil.headers.add("x", "a\r\nb: c");
  EXPECT_EQ(send(std::move(evil)).error().kind, ErrorKind::kInvalid);
  Request hosted = request_for("GET", "/");
  hosted.headers.add("host", "bucket.example");
  EXPECT_EQ(body_of(std::move(hosted)), "GET / bucket.example");
  // Connections are kept and used again; those that broke are not.
  EXPECT_LT(server->stats().connections_total, 8u);
}

TEST(HttpClient, ReportsWhatIsNotThere) {
  Runtime runtime({.loops = 1});
  std::string base;
  {
    const auto gone = start(runtime, answer_by_path);
    base = "http://127.0.0.1:" + std::to_string(gone->port());
  }
  const auto client = HttpClient::make(runtime);
  const auto send = [&](std::string to) {
    return block_on(runtime.loop(0), call(client.get(), std::move(to), request_for("GET", "/")));
  };
  EXPECT_EQ(send(base).error().kind, ErrorKind::kUnavailable);
  EXPECT_EQ(send("file:///etc").error().kind, ErrorKind::kUnavailable);
}

TEST(HttpClient, FailsWhatIsInFlightWhenItEnds) {
  Hold state;
  hold = &state;
  Runtime runtime({.loops = 2});
  const auto server = start(runtime, held);
  auto client = HttpClient::make(runtime);
  const std::string base = "http://127.0.0.1:" + std::to_string(server->port());
  std::thread ender([&] {
    std::unique_lock lock(state.mutex);
    state.changed.wait(lock, [&] { return state.entered == 1; });
    lock.unlock();
    client.reset();
  });
  const auto outcome = block_on(runtime.loop(0), call(client.get(), base, request_for("GET", "/")));
  EXPECT_EQ(outcome.error().kind, ErrorKind::kUnavailable);
  ender.join();
  const std::scoped_lock lock(state.mutex);
  state.open = true;
}

}  // namespace
}  // namespace penstock::net
