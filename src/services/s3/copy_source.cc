// The copy source header. Access point ARNs are refused by name.
#include "services/s3/copy_source.h"

#include <string_view>

#include "base/bytes.h"
#include "services/s3/errors.h"
#include "services/s3/names.h"

namespace penstock::s3 {

protocol::ApiResult<CopySource> parse_copy_source(const std::string& header) {
  constexpr std::string_view kName = "x-amz-copy-source";
  std::string_view rest = header;
  if (rest.starts_with("arn:")) {
    return std::unexpected(header_not_implemented(kName, "Access points are not supported"));
  }
  CopySource source;
  // The question mark is looked for before decoding: in a key it is sent as %3F.
  constexpr std::string_view kVersion = "?versionId=";
  if (const std::size_t at = rest.find(kVersion); at != std::string_view::npos) {
    source.version_id = percent_decode(rest.substr(at + kVersion.size()));
    rest = rest.substr(0, at);
  }
  // '+' stands for a blank, as S3 reads it; clients that mean a plus send %2B.
  const std::string decoded = percent_decode(rest, true);
  std::string_view path = decoded;
  if (path.starts_with('/')) path.remove_prefix(1);
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == path.size()) {
    return std::unexpected(invalid_argument(
        "Copy Source must mention the source bucket and key: sourcebucket/sourcekey", kName,
        header));
  }
  source.bucket = path.substr(0, slash);
  source.key = path.substr(slash + 1);
  if (judge_key(source.key) != KeyVerdict::kGood) {
    return std::unexpected(invalid_argument("Invalid copy source object key", kName, header));
  }
  return source;
}

}  // namespace penstock::s3
