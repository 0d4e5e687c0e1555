// Classes of ASCII characters, whatever the locale is. Pure.
#pragma once

#include <algorithm>
#include <string_view>

namespace penstock {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
// The white space of JSON, which is that of most small languages here.
constexpr bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// True for the empty text.
constexpr bool all_digits(std::string_view text) { return std::ranges::all_of(text, is_digit); }
// False for the empty text.
constexpr bool is_digits(std::string_view text) { return !text.empty() && all_digits(text); }

// 12 digits, as AWS numbers its accounts.
constexpr bool is_account_id(std::string_view text) { return text.size() == 12 && is_digits(text); }

// dddd-dd-dd, whether such a day exists or not.
constexpr bool is_date_text(std::string_view text) {
  return text.size() == 10 && is_digits(text.substr(0, 4)) && text[4] == '-' &&
         is_digits(text.substr(5, 2)) && text[7] == '-' && is_digits(text.substr(8, 2));
}

// The text without the blanks and tabs (the white space of HTTP fields) around it.
constexpr std::string_view trim(std::string_view text, std::string_view blanks = " \t") {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

// The text without the white space (is_blank) around it.
constexpr std::string_view trim_blanks(std::string_view text) { return trim(text, " \t\n\r"); }

}  // namespace penstock
