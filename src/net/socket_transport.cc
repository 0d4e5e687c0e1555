// Sockets: reads wait in the reactor, writes go straight to the kernel and wait only when it is
// full.
#include "net/socket_transport.h"

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>

namespace penstock::net {
namespace {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;

// Stream sockets of every family: the protocol is not looked at after assign(). Asio knows of
// sockets (and not of descriptors in general) that a short read has emptied them, and saves the
// read that would only say so.
class SocketTransport final : public Transport {
 public:
  explicit SocketTransport(asio::io_context& context) : socket_(context) {}
  // False: the reactor does not take it, or it cannot be made non-blocking.
  bool open(int descriptor) {
    ErrorCode error;
    socket_.assign(asio::ip::tcp::v4(), descriptor, error);
    if (!error) socket_.non_blocking(true, error);
    return !error;
  }

  bool is_open() const { return socket_.is_open(); }

  void cancel_read() override {
    ErrorCode ignored;
    socket_.cancel(ignored);  // A write that waits notices and waits again.
  }
  void shutdown_send() override {
    if (socket_.is_open()) ::shutdown(socket_.native_handle(), SHUT_WR);
  }
  void close() override {
    ErrorCode ignored;
    socket_.close(ignored);
  }
  std::uint64_t bytes_sent() const override { return bytes_sent_; }

 protected:
  bool begin_read(ReadOp& op) override {
    if (!socket_.is_open()) {
      op.result.failed = true;
      return false;
    }
    socket_.async_read_some(asio::buffer(op.data, op.size), [&op](ErrorCode error, std::size_t n) {
      op.result.bytes = n;
      op.result.failed = error && error != asio::error::eof;
      op.handle.resume();
    });
    return true;
  }
  bool begin_write(WriteOp& op) override { return !advance(op); }

 private:
  // True: the write is over, op.ok tells how.
  bool advance(WriteOp& op);
  void wait_writable(WriteOp& op);

  asio::ip::tcp::socket socket_;
  std::uint64_t bytes_sent_ = 0;
};

bool SocketTransport::advance(WriteOp& op) {
  while (socket_.is_open()) {
    std::array<iovec, std::tuple_size_v<Parts>> blocks;
    std::size_t count = 0;
    for (const std::string_view part : op.parts) {
      if (!part.empty()) blocks[count++] = {const_cast<char*>(part.data()), part.size()};
    }
    if (count == 0) {
      op.ok = true;
      return true;
    }
    msghdr message{};
    message.msg_iov = blocks.data();
    message.msg_iovlen = count;
    const ssize_t sent = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) break;
      wait_writable(op);
      return false;
    }
    bytes_sent_ += static_cast<std::uint64_t>(sent);
    auto left = static_cast<std::size_t>(sent);
    for (std::string_view& part : op.parts) {
      const std::size_t take = std::min(left, part.size());
      part.remove_prefix(take);
      left -= take;
    }
  }
  op.ok = false;
  return true;
}

void SocketTransport::wait_writable(WriteOp& op) {
  socket_.async_wait(asio::ip::tcp::socket::wait_write, [this, &op](ErrorCode) {
    if (advance(op)) op.handle.resume();
  });
}

}  // namespace

std::unique_ptr<Transport> make_socket_transport(void* io_context, int descriptor) {
  auto transport = std::make_unique<SocketTransport>(*static_cast<asio::io_context*>(io_context));
  if (transport->open(descriptor)) return transport;
  if (!transport->is_open()) ::close(descriptor);
  return nullptr;
}

}  // namespace penstock::net
