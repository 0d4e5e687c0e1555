// Requests as texts that people can write and a fuzzer can cut: "METHOD target", header lines, a
// blank line and the body; every line ends in a newline.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "base/ascii.h"
#include "net/http.h"

namespace penstock::protocol {

inline std::string_view take_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(text.size(), line.size() + 1));
  return line;
}

// What net/ lets through as a field's name (RFC 9110).
inline bool is_token(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return is_letter(c) || is_digit(c) ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

inline net::Request request_from(std::string_view text) {
  net::Request request;
  const std::string_view first = take_line(text);
  const std::size_t blank = first.find(' ');
  request.method = first.substr(0, blank);
  if (blank != std::string_view::npos) request.target = first.substr(blank + 1);
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line.empty()) break;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) continue;
    request.headers.add(line.substr(0, colon), std::string(trim(line.substr(colon + 1))));
  }
  request.body = net::Body(std::string(text));
  return request;
}

inline std::string text_from(const net::Request& request) {
  std::string out = request.method + " " + request.target + "\n";
  for (const auto& [name, value] : request.headers.fields()) out += name + ": " + value + "\n";
  return out + "\n" + request.body.bytes();
}

}  // namespace penstock::protocol
