// Expressions: the trees of condition, filter, key-condition, projection and update expressions,
// and their parser. Everything that can be refused without looking at an item is refused here, with
// AWS's wording and in AWS's order. Pure.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/attribute_value.h"
#include "services/dynamodb/document_path.h"

namespace penstock::dynamodb {

// A value, or the text of a ValidationException.
template <typename T>
using Checked = std::expected<T, std::string>;

inline constexpr const char* kNameTooLarge =
    "Attribute name is too large, must be less than 65536 bytes";

// ExpressionAttributeNames and ExpressionAttributeValues of one request, and which of them were
// used.
struct Placeholders {
  const std::map<std::string, std::string>* names = nullptr;
  const AttributeMap* values = nullptr;
  std::set<std::string, std::less<>> used_names = {};
  std::set<std::string, std::less<>> used_values = {};
};

// The maps themselves: not empty, keys well-formed, values valid. Checked before any expression.
Checked<void> check_placeholders(const Placeholders& placeholders);
// After all expressions of the request were parsed: nothing may be left unused.
Checked<void> check_all_used(const Placeholders& placeholders);

enum class Comparator : std::uint8_t {
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual
};
std::string_view symbol_of(Comparator comparator);

// What stands on a side of a comparison, in a function call, or right of a SET.
struct Operand {
  enum class Kind : std::uint8_t { kPath, kValue, kFunction, kPlus, kMinus };
  Kind kind = Kind::kPath;
  DocumentPath path = {};
  const AttributeValue* value = nullptr;  // Points into Placeholders::values.
  std::string function = {};
  std::vector<Operand> operands = {};  // Arguments, or both sides of + and -.
  bool in_parentheses = false;
};

struct Predicate {
  // kSame: both conditions hold, or neither does (PartiQL compares conditions).
  enum class Kind : std::uint8_t { kOr, kAnd, kNot, kSame, kCompare, kBetween, kIn, kFunction };
  Kind kind = Kind::kFunction;
  Comparator comparator = Comparator::kEqual;
  std::string function = {};
  std::vector<Operand> operands = {};      // kCompare, kBetween, kIn, kFunction.
  std::vector<Predicate> conditions = {};  // kOr, kAnd, kNot, kSame.
  bool in_parentheses = false;
};

struct SetAction {
  DocumentPath path;
  Operand value;
};
struct ValueAction {
  DocumentPath path;
  const AttributeValue* value;
};

struct UpdateExpression {
  std::vector<SetAction> sets;
  std::vector<DocumentPath> removes;
  std::vector<ValueAction> adds;
  std::vector<ValueAction> deletes;
  bool is_legacy = false;  // From AttributeUpdates: type clashes are worded otherwise.

  std::vector<DocumentPath> paths() const;
};

// `kind` is the parameter's name ("ConditionExpression") and begins the messages.
Checked<Predicate> parse_condition(std::string_view kind, std::string_view text,
                                   Placeholders& placeholders);
Checked<UpdateExpression> parse_update(std::string_view text, Placeholders& placeholders);
Checked<std::vector<DocumentPath>> parse_projection(std::string_view text,
                                                    Placeholders& placeholders);

}  // namespace penstock::dynamodb
