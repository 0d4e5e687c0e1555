// The grammar of ARNs is nothing but five colons; what the resource is, its service knows.
#include "protocol/arn.h"

#include <fmt/format.h>

namespace penstock::protocol {

std::optional<Arn> parse_arn(std::string_view text) {
  std::string_view fields[5];
  for (std::string_view& field : fields) {
    const std::size_t colon = text.find(':');
    if (colon == text.npos) return std::nullopt;
    field = text.substr(0, colon);
    text.remove_prefix(colon + 1);
  }
  if (fields[0] != "arn" || fields[1] != "aws" || text.empty()) return std::nullopt;
  return Arn{std::string(fields[2]), std::string(fields[3]), std::string(fields[4]),
             std::string(text)};
}

std::string assumed_role_arn(std::string_view account, std::string_view role,
                             std::string_view session) {
  const std::string_view name = role.substr(role.rfind('/') + 1);
  return fmt::format("arn:aws:sts::{}:assumed-role/{}/{}", account, name, session);
}

std::string session_arn(std::string_view role_arn, std::string_view session) {
  const std::optional<Arn> arn = parse_arn(role_arn);
  if (!arn || !arn->resource.starts_with("role/")) return std::string(role_arn);
  return assumed_role_arn(arn->account, arn->resource, session);
}

}  // namespace penstock::protocol
