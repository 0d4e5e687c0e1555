// Wording of KMS's NotFoundException, as documented.
#include "protocol/managed_key.h"

#include <fmt/format.h>

namespace penstock::protocol {

std::optional<std::string> missing_key(std::string_view key_id, std::string_view managed_alias,
                                       const Place& place) {
  const auto arn_of = [&place](std::string_view resource) {
    return fmt::format("arn:aws:kms:{}:{}:{}", place.region, place.account, resource);
  };
  if (key_id == managed_alias || key_id == arn_of(managed_alias)) return std::nullopt;
  const bool is_arn = key_id.starts_with("arn:");
  const bool is_alias = key_id.starts_with("alias/") || key_id.find(":alias/") != key_id.npos;
  const std::string arn = is_arn     ? std::string(key_id)
                          : is_alias ? arn_of(key_id)
                                     : arn_of(fmt::format("key/{}", key_id));
  return is_alias ? fmt::format("Alias {} is not found.", arn)
                  : fmt::format("Key '{}' does not exist", arn);
}

}  // namespace penstock::protocol
