// DynamoDB's reserved words.
#pragma once

#include <string_view>

namespace penstock::dynamodb {

// Case-insensitive.
bool is_reserved_word(std::string_view name);

}  // namespace penstock::dynamodb
