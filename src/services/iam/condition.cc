// Condition operators, as IAM documents them.
#include "services/iam/condition.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ip_address.h"
#include "protocol/json_list.h"
#include "services/iam/evaluate.h"
#include "services/iam/statement.h"

namespace penstock::iam {
namespace {

using Kind = Condition::Kind;
using Order = Condition::Order;

struct Operator {
  std::string_view name;
  Kind kind;
  Order order = Order::kEqual;
  bool negated = false;
};

constexpr Operator kOperators[] = {
    {"StringEquals", Kind::kString},
    {"StringNotEquals", Kind::kString, Order::kEqual, true},
    {"StringEqualsIgnoreCase", Kind::kStringIgnoreCase},
    {"StringNotEqualsIgnoreCase", Kind::kStringIgnoreCase, Order::kEqual, true},
    {"StringLike", Kind::kLike},
    {"StringNotLike", Kind::kLike, Order::kEqual, true},
    {"ArnEquals", Kind::kLike},
    {"ArnLike", Kind::kLike},
    {"ArnNotEquals", Kind::kLike, Order::kEqual, true},
    {"ArnNotLike", Kind::kLike, Order::kEqual, true},
    {"NumericEquals", Kind::kNumber},
    {"NumericNotEquals", Kind::kNumber, Order::kEqual, true},
    {"NumericLessThan", Kind::kNumber, Order::kLess},
    {"NumericLessThanEquals", Kind::kNumber, Order::kLessEqual},
    {"NumericGreaterThan", Kind::kNumber, Order::kGreater},
    {"NumericGreaterThanEquals", Kind::kNumber, Order::kGreaterEqual},
    {"DateEquals", Kind::kDate},
    {"DateNotEquals", Kind::kDate, Order::kEqual, true},
    {"DateLessThan", Kind::kDate, Order::kLess},
    {"DateLessThanEquals", Kind::kDate, Order::kLessEqual},
    {"DateGreaterThan", Kind::kDate, Order::kGreater},
    {"DateGreaterThanEquals", Kind::kDate, Order::kGreaterEqual},
    {"Bool", Kind::kBool},
    {"Null", Kind::kNull},
    {"IpAddress", Kind::kIpAddress},
    {"NotIpAddress", Kind::kIpAddress, Order::kEqual, true},
};

std::optional<double> number_of(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Seconds since 1970, or an ISO 8601 time.
std::optional<double> date_of(std::string_view text) {
  if (const auto seconds = number_of(text)) return seconds;
  const auto time = parse_iso8601(text);
  if (!time) return std::nullopt;
  return static_cast<double>(time->micros) / 1e6;
}

bool in_order(Order order, double left, double right) {
  switch (order) {
    case Order::kEqual: return left == right;
    case Order::kLess: return left < right;
    case Order::kLessEqual: return left <= right;
    case Order::kGreater: return left > right;
    case Order::kGreaterEqual: return left >= right;
  }
  return false;
}

bool in_range(std::string_view range, std::string_view text) {
  const std::size_t slash = range.find('/');
  const auto network = parse_ip_address(range.substr(0, slash));
  const auto address = parse_ip_address(text);
  if (!network || !address || network->size() != address->size()) return false;
  std::size_t bits = network->size() * 8;
  if (slash != range.npos) {
    const auto given = number_of(range.substr(slash + 1));
    if (!given || *given < 0 || *given > static_cast<double>(bits)) return false;
    bits = static_cast<std::size_t>(*given);
  }
  const std::size_t whole = bits / 8;
  if (network->compare(0, whole, *address, 0, whole) != 0) return false;
  if (bits % 8 == 0) return true;
  const auto differing = static_cast<unsigned char>((*network)[whole] ^ (*address)[whole]);
  return differing >> (8 - bits % 8) == 0;
}

bool matches(const Condition& condition, std::string_view wanted, std::string_view value) {
  switch (condition.kind) {
    case Kind::kString: return wanted == value;
    case Kind::kStringIgnoreCase:
    case Kind::kBool: return equals_ignore_case(wanted, value);
    case Kind::kLike: return is_like(wanted, value);
    case Kind::kNumber: {
      const auto left = number_of(value), right = number_of(wanted);
      return left && right && in_order(condition.order, *left, *right);
    }
    case Kind::kDate: {
      const auto left = date_of(value), right = date_of(wanted);
      return left && right && in_order(condition.order, *left, *right);
    }
    case Kind::kIpAddress: return in_range(wanted, value);
    case Kind::kNull:
    case Kind::kUnknown: return false;
  }
  return false;
}

std::string text_of(const simdjson::dom::element& value) {
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) return std::string(text);
  return simdjson::minify(value);  // true, 5
}

}  // namespace

Condition parse_operator(std::string_view text) {
  constexpr std::string_view kAll = "ForAllValues:", kAny = "ForAnyValue:", kIf = "IfExists";
  Condition condition;
  if (text.starts_with(kAll)) {
    condition.for_all_values = true;
    text.remove_prefix(kAll.size());
  } else if (text.starts_with(kAny)) {
    text.remove_prefix(kAny.size());
  }
  if (text.ends_with(kIf) && text != "Null") {
    condition.if_exists = true;
    text.remove_suffix(kIf.size());
  }
  const auto found = std::find_if(std::begin(kOperators), std::end(kOperators),
                                  [&](const Operator& known) { return known.name == text; });
  if (found == std::end(kOperators)) return condition;
  condition.kind = found->kind;
  condition.order = found->order;
  condition.negated = found->negated;
  return condition;
}

std::optional<bool> is_met(const Condition& condition, const std::vector<std::string>& wanted,
                           const std::optional<std::string>& value) {
  if (condition.kind == Kind::kUnknown) return std::nullopt;
  if (condition.kind == Kind::kNull) {
    return std::any_of(wanted.begin(), wanted.end(), [&](const std::string& text) {
      return equals_ignore_case(text, "true") == !value.has_value();
    });
  }
  // ForAllValues of no values holds; so does "not this" of a key that is not there.
  if (!value) return condition.if_exists || condition.for_all_values || condition.negated;
  const bool any = std::any_of(wanted.begin(), wanted.end(), [&](const std::string& text) {
    return matches(condition, text, *value);
  });
  return any != condition.negated;
}

std::vector<Condition> conditions_in(const simdjson::dom::object& statement) {
  using simdjson::dom::element;
  using simdjson::dom::object;
  std::vector<Condition> conditions;
  object operators;
  if (statement.at_key("Condition").get(operators) != simdjson::SUCCESS) return conditions;
  for (const auto& [name, block] : operators) {
    object keys;
    if (block.get(keys) != simdjson::SUCCESS) continue;
    for (const auto& [key, wanted] : keys) {
      Condition condition = parse_operator(name);
      condition.key = to_lower(key);
      protocol::each_of(wanted,
                        [&](const element& one) { condition.values.push_back(text_of(one)); });
      conditions.push_back(std::move(condition));
    }
  }
  return conditions;
}

}  // namespace penstock::iam
