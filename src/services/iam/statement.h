// The elements that statements of all kinds of policies have in common.
#pragma once

#include <simdjson.h>

#include <vector>

#include "services/iam/condition.h"

namespace penstock::iam {

// All of them must be met.
std::vector<Condition> conditions_in(const simdjson::dom::object& statement);

}  // namespace penstock::iam
