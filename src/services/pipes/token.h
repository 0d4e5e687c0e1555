// The page token of ListPipes: when it was made, and the last name shown. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "protocol/api_error.h"

namespace penstock::pipes {

std::string encode_page_token(Timestamp now, std::string_view name);
// The name; ValidationException when it is none of ours, or older than a day.
protocol::ApiResult<std::string> decode_page_token(const std::string& token, Timestamp now);

}  // namespace penstock::pipes
