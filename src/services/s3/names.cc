// Rules for names, as documented under "Bucket naming rules" and "Object key names". No look-ups
// here.
#include "services/s3/names.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/ascii.h"
#include "base/bytes.h"
#include "base/limits.h"

namespace penstock::s3 {
namespace {

constexpr std::array<std::string_view, 3> kReservedPrefixes = {"xn--", "sthree-", "amzn-s3-demo-"};
constexpr std::array<std::string_view, 5> kReservedSuffixes = {"-s3alias", "--ol-s3", ".mrap",
                                                               "--x-s3", "--table-s3"};

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

bool looks_like_ip_address(std::string_view name) {
  int groups = 1, digits = 0;
  for (const char c : name) {
    if (c == '.') {
      if (digits == 0) return false;
      ++groups;
      digits = 0;
    } else if (is_digit(c)) {
      if (++digits > 3) return false;
    } else {
      return false;
    }
  }
  return groups == 4 && digits > 0;
}

}  // namespace

bool is_valid_bucket_name(std::string_view name) {
  if (name.size() < 3 || name.size() > 63) return false;
  const auto edge = [](char c) { return is_lower(c) || is_digit(c); };
  if (!edge(name.front()) || !edge(name.back())) return false;
  for (const char c : name) {
    if (!edge(c) && c != '.' && c != '-') return false;
  }
  if (name.find("..") != std::string_view::npos || looks_like_ip_address(name)) return false;
  const auto starts = [name](std::string_view prefix) { return name.starts_with(prefix); };
  const auto ends = [name](std::string_view suffix) { return name.ends_with(suffix); };
  return std::ranges::none_of(kReservedPrefixes, starts) &&
         std::ranges::none_of(kReservedSuffixes, ends);
}

KeyVerdict judge_key(std::string_view key) {
  if (key.empty()) return KeyVerdict::kEmpty;
  if (key.size() > limits::kS3KeyBytesMax) return KeyVerdict::kTooLong;
  return is_valid_utf8(key) ? KeyVerdict::kGood : KeyVerdict::kNotUtf8;
}

bool is_plausible_region(std::string_view region) {
  if (region == "EU") return true;  // The old name of eu-west-1.
  // us-east-1, ap-southeast-3, us-gov-west-1, us-isob-east-1.
  int words = 1;
  std::size_t word = 0;
  for (const char c : region) {
    if (c == '-') {
      if (word == 0) return false;
      ++words;
      word = 0;
    } else if (is_lower(c)) {
      ++word;
    } else if (is_digit(c) && words >= 3 && word == 0) {
      ++word;
    } else {
      return false;
    }
  }
  return words >= 3 && words <= 4 && word == 1 && is_digit(region.back());
}

std::string canonical_user_id(std::string_view account) {
  return to_hex(sha256("canonical user of account " + std::string(account)));
}

bool has_version_id_form(std::string_view version_id) {
  const auto allowed = [](char c) {
    return is_lower(c) || is_digit(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
  };
  return version_id.size() == 32 && std::ranges::all_of(version_id, allowed);
}

}  // namespace penstock::s3
