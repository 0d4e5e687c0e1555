// One alternative of a leaf of an event pattern: what a single value must be. Internal to
// event_pattern.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace simdjson::dom {
class element;
}

namespace penstock::stream {

struct Cidr {
  std::string network;  // 4 or 16 bytes.
  int bits = 0;
};

struct Matcher {
  enum class Kind : std::uint8_t {
    kString,
    kNumber,
    kTrue,
    kFalse,
    kNull,
    kPrefix,
    kSuffix,
    kIgnoreCase,
    kPrefixIgnoreCase,
    kSuffixIgnoreCase,
    kAnythingBut,
    kNumeric,
    kExists,
    kAbsent,
    kCidr,
  };
  Kind kind = Kind::kNull;
  std::string text;
  double number = 0;
  // kNumeric: between low and high, each present or not, with or without its end.
  std::optional<double> low, high;
  bool low_included = false, high_included = false;
  std::vector<Matcher> others;  // kAnythingBut: none of these.
  Cidr cidr;

  // `value` is a scalar. kExists takes every value, kAbsent none.
  bool matches(const simdjson::dom::element& value) const;
};

std::unexpected<Error> bad_pattern(std::string message);
Result<Matcher> parse_matcher(const simdjson::dom::element& json);

}  // namespace penstock::stream
