// Signatures: no request aborts the parsers; what carries a signature shows the same key and scope
// to peek_signature; a request that is signed here verifies, and no longer does when it was
// changed.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/check.h"
#include "protocol/fuzz/request_text.h"
#include "protocol/sigv4.h"

namespace penstock::protocol {
namespace {

const SigningCredentials kCredentials{"AKID", "secret", "token"};

void read(const net::Request& request, Timestamp now) {
  const auto parsed = parse_signature(request);
  const auto peeked = peek_signature(request);
  if (!parsed || !*parsed) return;
  const Signature& signature = **parsed;
  CHECK(peeked && peeked->access_key == signature.access_key);
  CHECK(peeked->scope.text() == signature.scope.text());
  CHECK(!signature.timestamp.empty() && !signature.signature.empty());
  const auto verified =
      verify_signature(request, signature, "secret", signature.scope.service, "hash", now);
  if (!verified && verified.error().kind == SignatureFault::Kind::kMismatch) {
    CHECK(!verified.error().string_to_sign.empty());
  }
}

void sign(net::Request request, std::string_view service, Timestamp now) {
  request.headers.erase("authorization");
  request.headers.set("host", "localhost");
  request.target = request.raw_path();
  if (!request.target.starts_with('/')) request.target.insert(0, "/");
  net::Request signed_request = request;
  sign_request(signed_request, kCredentials, "us-east-1", service, now);
  const auto signature = parse_signature(signed_request);
  CHECK(signature && *signature);
  const std::string hash = to_hex(sha256(request.body.bytes()));
  CHECK(verify_signature(signed_request, **signature, "secret", service, hash, now));
  CHECK(!verify_signature(signed_request, **signature, "Secret", service, hash, now));
  signed_request.method += "X";
  CHECK(!verify_signature(signed_request, **signature, "secret", service, hash, now));
}

void presign_one(net::Request request, Timestamp now) {
  request.headers.erase("authorization");
  request.headers.set("host", "localhost");
  // What is signed already, in part or in whole, is not presigned again.
  if (request.target.find("X-Amz-") != std::string::npos) request.target = request.raw_path();
  if (percent_decode(request.target).find("X-Amz-") != std::string::npos) return;
  request.target = presign(request, kCredentials, "us-east-1", "s3", now, 60);
  const auto signature = parse_signature(request);
  CHECK(signature && *signature && (*signature)->presigned);
  CHECK(verify_signature(request, **signature, "secret", "s3", "UNSIGNED-PAYLOAD", now));
  const Timestamp later = now + std::chrono::seconds(61);
  CHECK(!verify_signature(request, **signature, "secret", "s3", "UNSIGNED-PAYLOAD", later));
}

}  // namespace
}  // namespace penstock::protocol

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const net::Request request = protocol::request_from(text);
  const Timestamp now = parse_amz_date("20130524T000000Z").value();
  protocol::read(request, now);
  protocol::sign(request, "s3", now);
  protocol::sign(request, "iam", now);
  protocol::presign_one(request, now);
  const auto params = net::parse_query(request.raw_query());
  for (const auto& [name, value] : params) CHECK(net::find_param(params, name) != nullptr);
  return 0;
}
