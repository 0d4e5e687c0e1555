// One alternative of a leaf of an event pattern: what a single value must be. Internal to
// event_pattern.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "stream/pattern_reader.h"

namespace simdjson::dom {
class element;
}

namespace penstock::stream {

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
    kAddress,  // One IP address, or a range of them.
  };
  Kind kind = Kind::kNull;
  std::string text;  // Folded for those that ignore case; a number as it is written.
  // kNumeric: between low and high, in the form of comparable_number, each with or without its end.
  std::int64_t low = 0, high = 0;
  bool low_included = false, high_included = false;
  std::vector<Matcher> others;  // kAnythingBut: none of these.
  // kAddress: 4 or 16 bytes each.
  std::string first_address, last_address;

  // `value` is a scalar. kExists takes every value, kAbsent none.
  bool matches(const simdjson::dom::element& value) const;
};

// The alternatives of a leaf; the reader is after the opening bracket of its array.
Result<std::vector<Matcher>> read_matchers(PatternReader& reader);

// Words that may not be names of fields inside $or.
bool is_reserved_in_or(std::string_view name);

}  // namespace penstock::stream
