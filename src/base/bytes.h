// Byte strings and their text forms. std::string holds bytes throughout; Blob marks those that
// travel as base64 in JSON.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace penstock {

struct Blob {
  std::string bytes;
  friend auto operator<=>(const Blob&, const Blob&) = default;
};

std::string to_hex(std::string_view bytes);
std::optional<std::string> from_hex(std::string_view text);

std::string base64_encode(std::string_view bytes);
void base64_append(std::string& out, std::string_view bytes);
// Standard alphabet, padding required, no blanks. nullopt when malformed.
std::optional<std::string> base64_decode(std::string_view text);

std::uint32_t crc32(std::string_view bytes, std::uint32_t seed = 0);
std::string md5(std::string_view bytes);     // 16 raw bytes
std::string sha256(std::string_view bytes);  // 32 raw bytes
std::string hmac_sha256(std::string_view key, std::string_view bytes);

// Percent-encoding. keep_slash leaves '/' as it is. Unreserved: A-Z a-z 0-9 - _ . ~
std::string percent_encode(std::string_view text, bool keep_slash = false);
// plus_is_space decodes '+' to a blank (forms). Malformed escapes stay as they are.
std::string percent_decode(std::string_view text, bool plus_is_space = false);

std::string to_lower(std::string_view text);
bool equals_ignore_case(std::string_view a, std::string_view b);
bool is_valid_utf8(std::string_view text);

}  // namespace penstock
