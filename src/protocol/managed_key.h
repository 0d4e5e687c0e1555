// The keys of KMS that exist here: those that AWS manages for a service, and no others, as there is
// no KMS. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/place.h"

namespace penstock::protocol {

// nullopt when `key_id` names the managed key, by its alias ("alias/aws/kinesis") or the ARN of
// that; else what KMS says of a key that is not found.
std::optional<std::string> missing_key(std::string_view key_id, std::string_view managed_alias,
                                       const Place& place);

}  // namespace penstock::protocol
