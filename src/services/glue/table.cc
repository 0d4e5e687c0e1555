// The shapes TableInput and Table differ in what the catalog itself knows: versions, times and
// owners.
#include "services/glue/table.h"

#include <algorithm>
#include <charconv>

#include "base/bytes.h"
#include "services/glue/resolve.h"

namespace penstock::glue {

using protocol::ApiResult;

ApiResult<void> check_storage(const api::StorageDescriptor& storage) {
  return refuse_if(storage.schema_reference, "StorageDescriptor.SchemaReference (Schema Registry)");
}

ApiResult<void> check_table_input(const api::TableInput& input) {
  TRY_VOID(refuse_if(input.target_table, "TableInput.TargetTable"));
  TRY_VOID(refuse_if(input.view_definition, "TableInput.ViewDefinition"));
  if (input.storage_descriptor) return check_storage(*input.storage_descriptor);
  return {};
}

api::Table table_from(api::TableInput input) {
  api::Table table;
  table.name = to_lower(input.name);
  table.description = std::move(input.description);
  table.owner = std::move(input.owner);
  table.last_access_time = input.last_access_time;
  table.last_analyzed_time = input.last_analyzed_time;
  table.retention = input.retention.value_or(0);
  table.storage_descriptor = std::move(input.storage_descriptor);
  table.partition_keys = std::move(input.partition_keys);
  table.view_original_text = std::move(input.view_original_text);
  table.view_expanded_text = std::move(input.view_expanded_text);
  table.table_type = std::move(input.table_type);
  table.parameters = std::move(input.parameters);
  table.is_registered_with_lake_formation = false;
  table.is_multi_dialect_view = false;
  return table;
}

api::TableInput input_from(const api::Table& table) {
  api::TableInput input;
  input.name = table.name;
  input.description = table.description;
  input.owner = table.owner;
  input.last_access_time = table.last_access_time;
  input.last_analyzed_time = table.last_analyzed_time;
  input.retention = table.retention;
  input.storage_descriptor = table.storage_descriptor;
  input.partition_keys = table.partition_keys;
  input.view_original_text = table.view_original_text;
  input.view_expanded_text = table.view_expanded_text;
  input.table_type = table.table_type;
  input.parameters = table.parameters;
  return input;
}

api::Partition partition_from(const api::Table& table, api::PartitionInput input,
                              Timestamp created) {
  api::Partition partition;
  partition.values = std::move(input.values).value_or(std::vector<std::string>());
  partition.database_name = table.database_name;
  partition.table_name = table.name;
  partition.creation_time = created;
  partition.last_access_time = input.last_access_time;
  partition.storage_descriptor = std::move(input.storage_descriptor);
  partition.parameters = std::move(input.parameters);
  partition.last_analyzed_time = input.last_analyzed_time;
  partition.catalog_id = table.catalog_id;
  return partition;
}

ApiResult<void> check_partition_values(const api::Table& table,
                                       const std::vector<std::string>& values) {
  const std::size_t keys = table.partition_keys ? table.partition_keys->size() : 0;
  if (values.empty() || values.size() != keys) {
    return std::unexpected(
        invalid_input("The number of partition keys do not match the number of partition values"));
  }
  if (std::ranges::find(values, "") != values.end()) {
    return std::unexpected(invalid_input("Partition values cannot be empty"));
  }
  return {};
}

std::uint64_t version_of(const api::Table& table) {
  std::uint64_t version = 0;
  if (table.version_id) {
    const std::string& text = *table.version_id;
    std::from_chars(text.data(), text.data() + text.size(), version);
  }
  return version;
}

}  // namespace penstock::glue
