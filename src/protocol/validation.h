// Validation: AWS's constraints over any decoded request, with AWS's wording.
//
// "N validation errors detected: Value 'x' at 'path' failed to satisfy constraint: ..." lists at
// most ten. Wording: docs of the services and recorded replies; DynamoDB and most JSON services
// print the value, Kinesis and IAM leave it out.
#pragma once

#include <string>
#include <vector>

#include "protocol/api_error.h"
#include "protocol/operation.h"

namespace penstock::protocol {

// What a decoder could not find: the paths of absent required members.
struct Missing {
  std::vector<std::string> paths;
};

ApiResult<void> validate(const OperationInfo& operation, const void* input, const Missing& missing);

// True when `text` matches the RE2 pattern as a whole. Compiled patterns are cached; a pattern that
// RE2 does not know matches everything (a test walks all models and names those).
bool matches_pattern(std::string_view pattern, std::string_view text);
bool pattern_is_supported(std::string_view pattern);

}  // namespace penstock::protocol
