// IP addresses as bytes in network order: 4 of IPv4, 16 of IPv6. Pure.
#pragma once

#include <arpa/inet.h>

#include <optional>
#include <string>
#include <string_view>

namespace penstock {

// nullopt: the text is not an address.
inline std::optional<std::string> parse_ip_address(std::string_view text) {
  if (text.find('\0') != text.npos) return std::nullopt;
  const std::string zero_ended(text);
  char bytes[16];
  if (inet_pton(AF_INET, zero_ended.c_str(), bytes) == 1) return std::string(bytes, 4);
  if (inet_pton(AF_INET6, zero_ended.c_str(), bytes) == 1) return std::string(bytes, 16);
  return std::nullopt;
}

}  // namespace penstock
