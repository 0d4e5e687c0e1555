// Tables as values: from input to output and back. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "gen/glue/shapes.h"
#include "protocol/api_error.h"

namespace penstock::glue {

protocol::ApiResult<void> check_table_input(const api::TableInput& input);
protocol::ApiResult<void> check_storage(const api::StorageDescriptor& storage);

// Everything that the input says; what it leaves out is absent. Name in lower case.
api::Table table_from(api::TableInput input);
api::TableInput input_from(const api::Table& table);

// A partition of `table`, as stored.
api::Partition partition_from(const api::Table& table, api::PartitionInput input,
                              Timestamp created);

// The number of partition values must be that of the keys, and none may be empty.
protocol::ApiResult<void> check_partition_values(const api::Table& table,
                                                 const std::vector<std::string>& values);

std::uint64_t version_of(const api::Table& table);

}  // namespace penstock::glue
