// Tokens are opaque to clients but not secret: what one names is checked against the plan like
// everything else that a client sends.
#include "services/dynamodb/partiql_token.h"

#include "base/bytes.h"
#include "storage/key.h"

namespace penstock::dynamodb {
namespace {

constexpr std::uint8_t kMarkVersion = 1;
constexpr std::size_t kFingerprintBytes = 16;

}  // namespace

std::string fingerprint_of_statement(std::string_view statement,
                                     const PartiqlParameters& parameters, std::uint32_t number) {
  storage::ValueWriter out(kMarkVersion);
  out.text(statement).u64(number);
  if (parameters) {
    for (const AttributeValue& value : *parameters) {
      std::string bytes;
      encode_value(value, bytes);
      out.text(bytes);
    }
  }
  return sha256(out.take()).substr(0, kFingerprintBytes);
}

std::string format_partiql_token(const PartiqlMark& token) {
  return base64_encode(storage::ValueWriter(kMarkVersion)
                           .text(token.statement)
                           .u64(token.read)
                           .text(encode_item(token.last_key))
                           .take());
}

std::optional<PartiqlMark> parse_partiql_token(std::string_view text) {
  const auto bytes = base64_decode(text);
  if (!bytes) return std::nullopt;
  storage::ValueReader in(*bytes);
  if (in.version() != kMarkVersion) return std::nullopt;
  PartiqlMark token;
  token.statement = std::string(in.text());
  token.read = in.u64();
  auto key = decode_item(in.text());
  if (!in.done() || !key) return std::nullopt;
  token.last_key = std::move(*key);
  return token;
}

}  // namespace penstock::dynamodb
