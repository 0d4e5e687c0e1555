// Body: the bytes of a message, in memory or as a stream that is pulled in pieces.
//
// Reading: `while (true) { CO_TRY(auto piece, co_await body.read()); if (piece.empty()) break; ...
// }`. A body is read once, by one coroutine. collect() takes it whole, up to a limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "async/task.h"
#include "base/result.h"

namespace penstock::net {

class BodySource {
 public:
  virtual ~BodySource() = default;
  // The next bytes (at most about 256 KiB), or empty at the end.
  virtual Task<Result<std::string>> read() = 0;
  virtual std::optional<std::uint64_t> length() const { return std::nullopt; }
  // A live source's read() waits for something to happen, for as long as that takes. The connection
  // that sends it watches meanwhile that there still is a client.
  virtual bool is_live() const { return false; }
  // The client has gone, or the server stops: a pending read() and all later ones give the end
  // soon. From any thread.
  virtual void abandon() {}
};

class Body {
 public:
  Body() = default;
  Body(std::string bytes) : bytes_(std::move(bytes)) {}  // NOLINT: bytes are a body.
  explicit Body(std::shared_ptr<BodySource> source) : source_(std::move(source)) {}

  bool in_memory() const { return source_ == nullptr; }
  const std::string& bytes() const { return bytes_; }
  std::string take_bytes() { return std::move(bytes_); }
  std::optional<std::uint64_t> length() const {
    return source_ ? source_->length() : std::optional<std::uint64_t>(bytes_.size());
  }
  const std::shared_ptr<BodySource>& source() const { return source_; }
  Task<Result<std::string>> read();
  // kLimit when there is more than `bytes_max`.
  Task<Result<std::string>> collect(std::size_t bytes_max);

 private:
  std::string bytes_;
  std::shared_ptr<BodySource> source_;
};

}  // namespace penstock::net
