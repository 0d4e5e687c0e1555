// Transport: the two directions of one byte stream, as awaitables without a coroutine frame of
// their own.
//
//   const Io got = co_await transport.read_some(data, size);   // failed, or 0 bytes at the end
//   if (!co_await transport.write({head, body})) ...           // all of it, or false
//
// One read and one write may be pending at a time. Everything is called on the connection's loop.
// The parts of a write must stay alive until it is done. The real one is a socket
// (socket_transport.cc); tests and fuzzers drive connections from memory.
#pragma once

#include <array>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace penstock::net {

struct Io {
  std::size_t bytes = 0;
  bool failed = false;
};

class Transport {
 public:
  struct ReadOp {
    Transport& transport;
    char* data;
    std::size_t size;
    Io result{};
    std::coroutine_handle<> handle{};
    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> waiting) {
      handle = waiting;
      return transport.begin_read(*this);
    }
    Io await_resume() const noexcept { return result; }
  };
  using Parts = std::array<std::string_view, 3>;
  struct WriteOp {
    Transport& transport;
    Parts parts;
    bool ok = false;
    std::coroutine_handle<> handle{};
    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> waiting) {
      handle = waiting;
      return transport.begin_write(*this);
    }
    bool await_resume() const noexcept { return ok; }
  };

  virtual ~Transport() = default;
  ReadOp read_some(char* data, std::size_t size) { return {*this, data, size}; }
  WriteOp write(Parts parts) { return {*this, parts}; }

  // A pending read fails; the transport stays usable.
  virtual void cancel_read() = 0;
  virtual void shutdown_send() = 0;
  // Pending and later operations fail.
  virtual void close() = 0;
  // Bytes accepted by the other side's kernel so far: tells a slow peer from a stuck one.
  virtual std::uint64_t bytes_sent() const = 0;

 protected:
  // True: pending, op.handle is resumed on the loop when op.result is set. False: done at once.
  virtual bool begin_read(ReadOp& op) = 0;
  virtual bool begin_write(WriteOp& op) = 0;
};

}  // namespace penstock::net
