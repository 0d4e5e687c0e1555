// What can be refused of conditions without looking at an item: operands of the wrong number, type
// or place. Shared by the parsers of expressions and of PartiQL. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/dynamodb/expression.h"

namespace penstock::dynamodb {

// Kinds of complaints; which of several is the gravest depends on the kind of expression.
enum class Complaint : std::uint8_t {
  kParentheses,
  kUnknownFunction,
  kMisusedFunction,
  kReserved,
  kSection,
  kUndefinedName,
  kUndefinedValue,
  kOverlap,
  kConflict,
  kOperandCount,
  kDistinct,
  kOperandType,
  kLimit,
};
inline constexpr std::size_t kComplaintCount = 13;

struct Finding {
  Complaint kind;
  std::string text;
};
using Findings = std::vector<Finding>;

Findings check_compare(const Predicate& condition);
Findings check_between(const Predicate& condition);
// A function call of a condition, as operand or by itself.
Findings check_call(const Operand& call);
// Functions other than size() are no operands.
Findings check_not_boolean(const std::vector<Operand>& operands);
Finding misused_function(std::string_view function);

// The type of an operand that is known without an item ("S", "N", ...), or nullopt.
std::optional<AttributeValue::Type> known_type(const Operand& operand);
std::string wrong_operand_type(std::string_view function, std::string_view type);
// "Two document paths overlap ...", or nothing when they get along.
std::optional<Finding> check_clash(const DocumentPath& one, const DocumentPath& two);

}  // namespace penstock::dynamodb
