// KeySchema parameters against AttributeDefinitions. Pure; wording and order of AWS.
#pragma once

#include <string>
#include <vector>

#include "gen/dynamodb/shapes.h"
#include "services/dynamodb/errors.h"
#include "services/dynamodb/table.h"

namespace penstock::dynamodb {

using Definitions = std::vector<KeyAttribute>;

// Of a table or a local index: one HASH and perhaps one RANGE. `path` names the parameter in the
// refusal of a longer one.
ApiResult<KeySchema> check_key_schema(const std::vector<api::KeySchemaElement>& elements,
                                      const Definitions& definitions, const std::string& path);
// Of a global index: up to four HASH, then up to four RANGE.
ApiResult<IndexKeys> check_index_schema(const std::vector<api::KeySchemaElement>& elements,
                                        const Definitions& definitions);

std::vector<std::string> names_of(const Definitions& definitions);
const KeyAttribute* find_definition(const Definitions& definitions, const std::string& name);

}  // namespace penstock::dynamodb
