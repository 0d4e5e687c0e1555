// Reading a body in pieces or whole.
#include "net/body.h"

#include <fmt/format.h>

namespace penstock::net {

Task<Result<std::string>> Body::read() {
  if (source_) co_return co_await source_->read();
  co_return std::exchange(bytes_, {});
}

Task<Result<std::string>> Body::collect(std::size_t bytes_max) {
  std::string whole;
  while (true) {
    CO_TRY(std::string piece, co_await read());
    if (piece.empty()) break;
    if (whole.size() + piece.size() > bytes_max) {
      co_return fail(ErrorKind::kLimit, fmt::format("the body is larger than {} bytes", bytes_max));
    }
    if (whole.empty()) {
      whole = std::move(piece);
    } else {
      whole += piece;
    }
  }
  co_return whole;
}

}  // namespace penstock::net
