// Evaluation of conditions and filters against an item. Pure.
#pragma once

#include <compare>
#include <optional>

#include "services/dynamodb/expression.h"

namespace penstock::dynamodb {

bool holds(const Predicate& predicate, const AttributeMap& item);

// The order of two values of one ordered type (S, N, B); nullopt for anything else.
std::optional<std::strong_ordering> compare_values(const AttributeValue& a,
                                                   const AttributeValue& b);

}  // namespace penstock::dynamodb
