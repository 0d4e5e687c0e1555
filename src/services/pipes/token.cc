// The age is in the token, so that nothing has to be remembered for it.
#include "services/pipes/token.h"

#include "base/bytes.h"
#include "services/pipes/errors.h"
#include "storage/key.h"

namespace penstock::pipes {
namespace {

constexpr std::chrono::hours kTokenLife{24};

}  // namespace

std::string encode_page_token(Timestamp now, std::string_view name) {
  return base64_encode(storage::ValueWriter(1).i64(now.micros).text(name).take());
}

protocol::ApiResult<std::string> decode_page_token(const std::string& token, Timestamp now) {
  const std::optional<std::string> bytes = base64_decode(token);
  if (bytes) {
    storage::ValueReader reader(*bytes);
    const bool known = reader.version() == 1;
    const Timestamp issued{reader.i64()};
    std::string name(reader.text());
    const bool whole = known && reader.done();
    if (whole && issued <= now && issued >= now - kTokenLife) return name;
  }
  return std::unexpected(validation("The NextToken is not valid."));
}

}  // namespace penstock::pipes
