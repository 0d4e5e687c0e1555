// Resource policies of tables and streams: reading and the form in which they are shown. Pure.
#pragma once

#include <string>
#include <string_view>

#include "services/dynamodb/errors.h"

namespace penstock::dynamodb {

// The document as GetResourcePolicy shows it: without blanks, members in AWS's order, lists of one
// as their element, accounts as ARNs of their root. Or AWS's refusal.
ApiResult<std::string> canonical_policy(std::string_view document, bool of_stream);

}  // namespace penstock::dynamodb
