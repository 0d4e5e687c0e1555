// Numbers as Java writes and reads them. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace penstock::sql {

std::string format_double(double value);  // 1.5, 1.0E20, NaN, Infinity
std::string format_real(float value);

// [+-]digits within `bits` bits.
std::optional<std::int64_t> parse_integer(std::string_view text, int bits);
// Blanks around it allowed; NaN, Infinity and the suffixes d and f of Java are not.
std::optional<double> parse_double(std::string_view text);
// The unscaled value at `scale`, rounded half up, or nullopt when it does not fit `precision`.
std::optional<__int128> parse_decimal(std::string_view text, int precision, int scale);
std::string format_decimal(__int128 unscaled, int scale);

// Exact quotient and remainder of decimal texts, at `scale`, rounded half up. nullopt: not numbers,
// or out of range. `b` is not zero.
std::optional<std::string> divide_decimals(std::string_view a, std::string_view b, int scale);
std::optional<std::string> modulus_decimals(std::string_view a, std::string_view b, int scale);

}  // namespace penstock::sql
