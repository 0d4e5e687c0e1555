// Recorded by dynalite (media types) and measured by Alternator's tests (sizes, codings).
#include "protocol/dynamodb_http.h"

#include <zlib.h>

#include "base/ascii.h"
#include "base/bytes.h"
#include "protocol/operation.h"

namespace penstock::protocol {
namespace {

constexpr std::size_t kHeaderBytesMax = 16 << 10;
constexpr std::size_t kUncompressedBytesMax = 4 << 10;

std::size_t header_bytes(const net::Request& request) {
  std::size_t bytes = 0;
  for (const auto& [name, value] : request.headers.fields())
    bytes += name.size() + value.size() + 4;
  return bytes;
}

bool has_body(const net::Request& request) {
  const std::string_view length = request.headers.get("content-length");
  return request.headers.has("transfer-encoding") || (!length.empty() && length != "0");
}

std::string_view media_type(const net::Request& request) {
  const std::string_view type = request.headers.get("content-type");
  return trim(type.substr(0, type.find(';')));
}

}  // namespace

bool speaks_dynamodb(const ServiceInfo& service) { return service.signing_name == "dynamodb"; }

std::optional<net::Response> refuse_at_front(const net::Request& request) {
  net::Response response;
  if (header_bytes(request) > kHeaderBytesMax) {
    response.status = 400;
    return response;
  }
  const std::string_view type = media_type(request);
  const bool known = type == "application/json" || type == "application/x-amz-json-1.0";
  if (request.method == "POST" && (known || !has_body(request))) return std::nullopt;
  response.status = 404;
  response.body = std::string("<UnknownOperationException/>\n");
  response.headers.set("x-amz-crc32", std::to_string(crc32(response.body.bytes())));
  return response;
}

std::string accepted_coding(const net::Request& request) {
  const std::string accepted = to_lower(request.headers.get("accept-encoding"));
  for (const std::string_view coding : {"gzip", "deflate"}) {
    const std::size_t at = accepted.find(coding);
    if (at == std::string::npos) continue;
    // "gzip;q=0" is a refusal.
    const std::string rest = accepted.substr(at + coding.size());
    if (!rest.starts_with(";q=0") || rest.starts_with(";q=0.")) return std::string(coding);
  }
  return {};
}

void compress_reply(net::Response& response, const std::string& coding) {
  const std::string_view plain = response.body.bytes();
  if (coding.empty() || plain.size() <= kUncompressedBytesMax) return;
  z_stream stream{};
  const int window = coding == "gzip" ? 15 + 16 : 15;
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    return;
  std::string out(deflateBound(&stream, plain.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int status = deflate(&stream, Z_FINISH);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  if (status != Z_STREAM_END) return;
  response.headers.set("content-encoding", coding);
  response.headers.set("x-amz-crc32", std::to_string(crc32(out)));
  response.body = std::move(out);
}

}  // namespace penstock::protocol
