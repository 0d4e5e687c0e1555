// The paths of expressions against a table's schema: what may not be updated, filtered by, or
// reached into. Pure.
#pragma once

#include <string_view>
#include <vector>

#include "services/dynamodb/expression.h"
#include "services/dynamodb/table.h"

namespace penstock::dynamodb {

// Every path that the predicate names, at any depth.
std::vector<const DocumentPath*> paths_of(const Predicate& predicate);

// An update leaves the table's key alone, gives index keys no literal of the wrong type and does
// not reach into them.
Checked<void> check_updated_paths(const Table& table, const UpdateExpression& update);

// No path may lead into an attribute of a key: those are scalars.
Checked<void> check_nested_paths(const Table& table, const std::vector<const DocumentPath*>& paths);
Checked<void> check_nested_paths(const Table& table, const std::vector<DocumentPath>& paths);

// A filter of a query must not name the keys that are queried. `parameter` begins the message.
Checked<void> check_filtered_paths(const KeyParts& keys,
                                   const std::vector<const DocumentPath*>& paths,
                                   std::string_view parameter);

}  // namespace penstock::dynamodb
