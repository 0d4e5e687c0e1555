// The Query protocol's forms ↔ shapes: Action=..&Version=..&Tags.member.1.Key=..
#pragma once

#include <string>

#include "net/http.h"
#include "protocol/operation.h"
#include "protocol/validation.h"

namespace penstock::protocol {

ApiResult<void> decode_form(const Shape& shape, const net::QueryParams& form, void* value,
                            Missing& missing);

// The whole form, Action and Version included.
std::string encode_form(const OperationInfo& operation, const void* input);

}  // namespace penstock::protocol
