// One condition of a policy statement: an operator, a key and the values that meet it. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::iam {

struct Condition {
  enum class Kind : std::uint8_t {
    kString,
    kStringIgnoreCase,
    kLike,  // StringLike, and the four Arn operators.
    kNumber,
    kDate,
    kBool,
    kNull,
    kIpAddress,
    kUnknown,
  };
  enum class Order : std::uint8_t { kEqual, kLess, kLessEqual, kGreater, kGreaterEqual };

  Kind kind = Kind::kUnknown;
  Order order = Order::kEqual;
  bool negated = false;
  bool if_exists = false;
  bool for_all_values = false;
  std::string key;  // Lower case.
  std::vector<std::string> values;
};

// "ForAllValues:StringNotLikeIfExists" as a condition without key and values.
Condition parse_operator(std::string_view text);

// `value`: that of the key in the request; nullopt when the request has none. nullopt as the
// answer: the operator is unknown.
std::optional<bool> is_met(const Condition& condition, const std::vector<std::string>& wanted,
                           const std::optional<std::string>& value);

}  // namespace penstock::iam
