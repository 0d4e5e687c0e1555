// aws-chunked bodies: no framing aborts, an accepted body has the length that was promised, and how
// the bytes are cut on their way changes nothing. The input is a request; its header x-piece says
// how many bytes come at a time. Signed chunks are checked with a fixed key, and once without one.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "net/tests/harness.h"
#include "protocol/aws_chunked.h"
#include "protocol/fuzz/request_text.h"

namespace penstock::protocol {
namespace {

struct Outcome {
  std::string bytes;
  std::string fault;
  std::string trailers;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Task<void> drain(net::Body body, Outcome& out) {
  while (true) {
    auto piece = co_await body.read();
    if (!piece) {
      out.fault = body_error(piece.error()).code;
      out.bytes.clear();  // How much came before the fault depends on the cutting.
      co_return;
    }
    if (piece->empty()) co_return;
    out.bytes += *piece;
  }
}

Outcome unwrap(const net::Request& request, std::size_t piece, bool checks_signatures) {
  net::Headers headers = request.headers;
  std::vector<std::string> pieces;
  std::string_view rest = request.body.bytes();
  while (!rest.empty()) {
    pieces.emplace_back(rest.substr(0, piece));
    rest.remove_prefix(std::min(piece, rest.size()));
  }
  std::optional<ChunkSigning> signing;
  if (checks_signatures) {
    Signature seed;
    seed.timestamp = "20130524T000000Z";
    seed.scope = {"20130524", "us-east-1", "s3", "aws4_request"};
    seed.signature = headers.get("x-seed");
    signing = ChunkSigning{signing_key("secret", seed.scope), seed};
  }
  auto trailers = std::make_shared<net::Headers>();
  net::Body body =
      unwrap_aws_chunked(net::Body(std::make_shared<net::PiecesSource>(std::move(pieces))), headers,
                         std::move(signing), trailers);
  const auto length = body.length();
  Outcome out;
  net::ManualExecutor executor;
  Gate gate;
  gate.spawn(executor, drain(std::move(body), out));
  executor.run();
  CHECK(gate.running() == 0);
  if (out.fault.empty() && length) CHECK(out.bytes.size() == *length);
  if (out.fault.empty()) {
    for (const auto& [name, value] : trailers->fields()) out.trailers += name + ":" + value + "\n";
  }
  return out;
}

}  // namespace
}  // namespace penstock::protocol

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock::protocol;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const penstock::net::Request request = request_from(text);
  (void)is_aws_chunked(request.headers);
  const std::string wanted(request.headers.get("x-piece"));
  const auto piece = static_cast<std::size_t>(std::clamp(std::atoi(wanted.c_str()), 1, 1 << 16));
  for (const bool checks_signatures : {false, true}) {
    const Outcome whole = unwrap(request, 1 << 20, checks_signatures);
    CHECK(unwrap(request, piece, checks_signatures) == whole);
  }
  return 0;
}
