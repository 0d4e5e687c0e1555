// The parameters of the API before expressions, turned into the trees of expressions. Pure; the
// checks and their wording are AWS's. The results point into the request.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "gen/dynamodb/shapes.h"
#include "services/dynamodb/errors.h"
#include "services/dynamodb/expression.h"

namespace penstock::dynamodb {

using MaybeExpected = std::optional<std::map<std::string, api::ExpectedAttributeValue>>;
using MaybeConditions = std::optional<std::map<std::string, api::Condition>>;
using MaybeUpdates = std::optional<std::map<std::string, api::AttributeValueUpdate>>;

// Expected with its ConditionalOperator. Nothing when it is absent or empty.
ApiResult<std::optional<Predicate>> from_expected(
    const MaybeExpected& expected, const std::optional<std::string>& conditional_operator);
// QueryFilter and ScanFilter.
ApiResult<std::optional<Predicate>> from_filter(
    const MaybeConditions& filter, const std::optional<std::string>& conditional_operator);
// KeyConditions, as the predicate that a KeyConditionExpression would state.
ApiResult<std::optional<Predicate>> from_key_conditions(const MaybeConditions& conditions);
// AttributeUpdates.
ApiResult<std::optional<UpdateExpression>> from_updates(const MaybeUpdates& updates);

}  // namespace penstock::dynamodb
