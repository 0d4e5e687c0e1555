// Application of an update expression to an item. Pure.
#pragma once

#include "services/dynamodb/expression.h"

namespace penstock::dynamodb {

// The item after the update, or AWS's text why it cannot be updated. `item` already holds its key
// attributes; right-hand sides read `item` as it is before the update.
Checked<AttributeMap> apply_update(const UpdateExpression& update, const AttributeMap& item);

}  // namespace penstock::dynamodb
