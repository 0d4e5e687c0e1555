// Connections without a network: bytes go in from memory, time stands still, and everything that is
// posted runs when the test says so. Used by the tests and the fuzzers.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "net/connection.h"

namespace penstock::net {

// Runs on the calling thread, in order, when told to.
class ManualExecutor final : public Executor {
 public:
  ManualExecutor() { set_current(this); }
  ~ManualExecutor() override { set_current(nullptr); }
  void post(std::move_only_function<void()> work) override { queue_.push_back(std::move(work)); }
  void post_after(std::chrono::microseconds, std::move_only_function<void()>) override {}
  void run() {
    while (!queue_.empty()) {
      auto work = std::move(queue_.front());
      queue_.pop_front();
      work();
    }
  }

 private:
  std::deque<std::move_only_function<void()>> queue_;
};

// What a peer sends arrives in the pieces given; what it would receive is collected in `output`.
class MemoryTransport final : public Transport {
 public:
  struct Wire {
    std::deque<std::string> input;
    std::string output;
    bool input_ended = false;
    bool closed = false;
    bool send_shut = false;
    std::size_t output_room = std::string::npos;  // What the peer's window still takes.
    MemoryTransport* transport = nullptr;
  };
  MemoryTransport(Executor& executor, Wire& wire) : executor_(executor), wire_(wire) {
    wire_.transport = this;
  }
  ~MemoryTransport() override {
    wire_.closed = true;
    wire_.transport = nullptr;
  }
  void cancel_read() override { finish_read({.failed = true}); }
  void shutdown_send() override { wire_.send_shut = true; }
  void close() override {
    wire_.closed = true;
    finish_read({.failed = true});
    if (write_ != nullptr) finish_write(false);
  }
  std::uint64_t bytes_sent() const override { return wire_.output.size(); }
  // After wire.input or wire.output_room changed.
  void poke() {
    if (read_ != nullptr && (!wire_.input.empty() || wire_.input_ended)) finish_read(take(*read_));
    if (write_ != nullptr && advance(*write_)) finish_write(true);
  }

 protected:
  bool begin_read(ReadOp& op) override {
    read_ = &op;
    if (wire_.closed) {
      finish_read({.failed = true});
    } else if (!wire_.input.empty() || wire_.input_ended) {
      finish_read(take(op));
    }
    return true;
  }
  bool begin_write(WriteOp& op) override {
    if (wire_.closed || wire_.send_shut) {
      op.ok = false;
      return false;
    }
    if (advance(op)) {
      op.ok = true;
      return false;
    }
    write_ = &op;
    return true;
  }

 private:
  Io take(ReadOp& op) {
    if (wire_.input.empty()) return {};
    std::string& piece = wire_.input.front();
    const std::size_t size = std::min(op.size, piece.size());
    piece.copy(op.data, size);
    if (size == piece.size()) {
      wire_.input.pop_front();
    } else {
      piece.erase(0, size);
    }
    return {.bytes = size};
  }
  // Completions are posted, as a socket's are.
  void finish_read(Io result) {
    if (read_ == nullptr) return;
    ReadOp* const op = std::exchange(read_, nullptr);
    op->result = result;
    executor_.post([op] { op->handle.resume(); });
  }
  bool advance(WriteOp& op) {
    bool whole = true;
    for (std::string_view& part : op.parts) {
      const std::size_t size = std::min(part.size(), wire_.output_room - wire_.output.size());
      wire_.output.append(part.substr(0, size));
      part.remove_prefix(size);
      whole = whole && part.empty();
      if (!whole) break;
    }
    return whole;
  }
  void finish_write(bool ok) {
    WriteOp* const op = std::exchange(write_, nullptr);
    op->ok = ok;
    executor_.post([op] { op->handle.resume(); });
  }

  Executor& executor_;
  Wire& wire_;
  ReadOp* read_ = nullptr;
  WriteOp* write_ = nullptr;
};

// One loop of a server, with as many connections as wanted.
struct Harness {
  explicit Harness(Handler handler, ServerOptions options = {})
      : shared{.options = std::move(options), .handler = std::move(handler), .clock = clock},
        loop(shared, executor) {}
  ~Harness() { shared.gate.close_for(std::chrono::milliseconds(0)); }

  void connect(MemoryTransport::Wire& wire) {
    ++shared.connections_open;
    shared.gate.spawn(
        executor,
        serve_connection(loop, std::make_unique<MemoryTransport>(executor, wire), "peer"));
    executor.run();
  }
  void send(MemoryTransport::Wire& wire, std::string bytes) {
    if (!bytes.empty()) wire.input.push_back(std::move(bytes));
    if (wire.transport != nullptr) wire.transport->poke();
    executor.run();
  }
  void end_input(MemoryTransport::Wire& wire) {
    wire.input_ended = true;
    send(wire, {});
  }
  void advance(std::chrono::milliseconds time) {
    clock.advance(time);
    loop.tick();
    executor.run();
  }
  bool all_done() const { return shared.gate.running() == 0; }

  SimClock clock;
  ManualExecutor executor;
  ServerShared shared;
  LoopContext loop;
};

// A body given in pieces, which may end in an error.
class PiecesSource final : public BodySource {
 public:
  explicit PiecesSource(std::vector<std::string> pieces, std::optional<std::uint64_t> length = {},
                        bool fails = false)
      : pieces_(pieces.begin(), pieces.end()), length_(length), fails_(fails) {}
  Task<Result<std::string>> read() override {
    if (pieces_.empty()) {
      if (fails_) co_return fail(ErrorKind::kIo, "the disk is gone");
      co_return std::string();
    }
    std::string piece = std::move(pieces_.front());
    pieces_.pop_front();
    co_return piece;
  }
  std::optional<std::uint64_t> length() const override { return length_; }

 private:
  std::deque<std::string> pieces_;
  const std::optional<std::uint64_t> length_;
  const bool fails_;
};

// Answers by path, for both protocols:
//   /echo       the body, collected           /ignore      "ignored", the body unread
//   /stream     "one" "two", length unknown   /sized       the same, length known
//   /broken     "one", then an error          /status/NNN  that status, body "text"
//   /length     HEAD with a stated length     /pipe        the request's own body, streamed back
//   otherwise   method, target and host
inline Task<Response> answer_by_path(Request request) {
  Response response;
  const std::string path(request.raw_path());
  if (path == "/echo") {
    auto body = co_await request.body.collect(64 << 20);
    response.status = body ? 200 : 400;
    response.body = Body(body ? std::move(*body) : body.error().message);
  } else if (path == "/ignore") {
    response.body = Body(std::string("ignored"));
  } else if (path == "/stream" || path == "/sized" || path == "/broken") {
    std::vector<std::string> pieces = {"one", "two"};
    if (path == "/broken") pieces.pop_back();
    const auto length = path == "/sized" ? std::optional<std::uint64_t>(6) : std::nullopt;
    response.body =
        Body(std::make_shared<PiecesSource>(std::move(pieces), length, path == "/broken"));
  } else if (path.starts_with("/status/")) {
    response.status = std::clamp(std::atoi(path.c_str() + 8), 200, 599);
    response.body = Body(std::string("text"));
  } else if (path == "/length") {
    response.headers.add("content-length", "12345");
  } else if (path == "/pipe") {
    response.body =
        request.body.in_memory() ? Body(request.body.take_bytes()) : Body(request.body.source());
  } else {
    response.headers.add("x-evil", "a\r\nset-cookie: b");
    response.body = Body(request.method + " " + request.target + " " +
                         std::string(request.headers.get("host")));
  }
  co_return response;
}

}  // namespace penstock::net
