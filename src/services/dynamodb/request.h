// The expression parameters of a request, checked and parsed in AWS's order. Pure.
#pragma once

#include <initializer_list>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "services/dynamodb/errors.h"
#include "services/dynamodb/expression.h"

namespace penstock::dynamodb {

using MaybeText = std::optional<std::string>;

// What a request says in expressions. Leave nullptr what the operation does not have.
struct ExpressionTexts {
  const MaybeText* update = nullptr;
  const MaybeText* condition = nullptr;
  const MaybeText* key_condition = nullptr;
  const MaybeText* filter = nullptr;
  const MaybeText* projection = nullptr;
  const std::optional<std::map<std::string, std::string>>* names = nullptr;
  const std::optional<AttributeMap>* values = nullptr;
};

// A parameter of the old, expression-less API (legacy.h), and whether it is there.
struct LegacyParameter {
  std::string_view name;
  bool present = false;
};

struct Expressions {
  std::optional<UpdateExpression> update;
  std::optional<Predicate> condition;
  std::optional<Predicate> key_condition;
  std::optional<Predicate> filter;
  std::optional<std::vector<DocumentPath>> projection;

  const Predicate* condition_or_null() const { return condition ? &*condition : nullptr; }
};

// Before the values of the request are looked at: mixing of the two APIs, placeholders without
// expression, legacy parameters.
ApiResult<void> check_parameters(const ExpressionTexts& texts,
                                 std::span<const LegacyParameter> legacy);
// After them. The result points into texts.values.
ApiResult<Expressions> parse_expressions(const ExpressionTexts& texts);

// AttributesToGet as a projection.
ApiResult<std::vector<DocumentPath>> attributes_to_get(const std::vector<std::string>& names);

// The first invalid value of a request's map as a refusal.
ApiResult<void> check_values(const AttributeMap& map);

}  // namespace penstock::dynamodb
