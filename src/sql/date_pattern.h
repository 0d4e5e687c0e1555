// Date patterns of MySQL (date_format) and Joda (format_datetime) as strftime's. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace penstock::sql {

// nullopt when a field of the pattern is not supported.
std::optional<std::string> mysql_to_strftime(std::string_view pattern);
std::optional<std::string> joda_to_strftime(std::string_view pattern);

}  // namespace penstock::sql
