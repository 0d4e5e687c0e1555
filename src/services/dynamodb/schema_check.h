// What CreateTable and UpdateTable may ask for. Pure; wording and order of AWS.
#pragma once

#include "gen/dynamodb/shapes.h"
#include "services/dynamodb/errors.h"
#include "services/dynamodb/table.h"

namespace penstock::dynamodb {

// The table that the request describes: without place, numbers, id, times and stream.
ApiResult<Table> check_create(const api::CreateTableInput& input);
// One global index for an existing table (UpdateTable).
ApiResult<Index> check_new_index(const Table& table, const std::vector<KeyAttribute>& definitions,
                                 const api::CreateGlobalSecondaryIndexAction& action);

ApiResult<std::vector<KeyAttribute>> check_definitions(
    const std::vector<api::AttributeDefinition>& definitions);
ApiResult<void> check_stream_at_creation(const api::StreamSpecification& specification);
// Only the encryption that every table has on AWS without being asked for is to be had.
ApiResult<void> check_encryption(const api::SSESpecification& specification);

// The tags of CreateTable and TagResource.
ApiResult<void> check_tags(const std::vector<api::Tag>& tags);

}  // namespace penstock::dynamodb
