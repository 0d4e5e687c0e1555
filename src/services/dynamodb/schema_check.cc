// What CreateTable may ask for. The order of checks and most of the wording are dynalite's record
// of AWS, the newer ones were measured in 2026.
#include "services/dynamodb/schema_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "services/dynamodb/key_schema.h"
#include "services/dynamodb/limits.h"
#include "services/dynamodb/throughput_rules.h"

namespace penstock::dynamodb {
namespace {

// A new global index comes with its table or later; AWS words refusals differently.
enum class IndexOrigin : std::uint8_t { kCreateTable, kUpdateTable };

constexpr std::size_t kNonKeyAttributesMax = 20;
constexpr std::size_t kProjectedMax = 100;

ApiResult<void> check_billing(const api::CreateTableInput& input) {
  const bool on_demand = input.billing_mode == "PAY_PER_REQUEST";
  if (on_demand && input.provisioned_throughput) {
    return invalid_parameter(
        "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
        "PAY_PER_REQUEST");
  }
  if (!on_demand && !input.provisioned_throughput) {
    return invalid_parameter(
        "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is "
        "PROVISIONED");
  }
  if (input.provisioned_throughput) TRY_VOID(check_throughput(*input.provisioned_throughput));
  return {};
}

ApiResult<void> check_projection(const api::Projection& projection, Index& index) {
  const std::string type = projection.projection_type.value_or("");
  const bool named = projection.non_key_attributes.has_value();
  if (type.empty()) return invalid_parameter("Unknown ProjectionType: null");
  if (type == "ALL") index.projection = ProjectionKind::kAll;
  if (type == "KEYS_ONLY") index.projection = ProjectionKind::kKeysOnly;
  if (type == "INCLUDE") {
    index.projection = ProjectionKind::kInclude;
    if (!named)
      return invalid_parameter("ProjectionType is INCLUDE, but NonKeyAttributes is not specified");
  } else if (named) {
    return invalid_parameter(
        fmt::format("ProjectionType is {}, but NonKeyAttributes is specified", type));
  }
  if (!named) return {};
  std::set<std::string_view> seen;
  for (const std::string& name : *projection.non_key_attributes) {
    if (!seen.insert(name).second) {
      return invalid_parameter(fmt::format("Duplicate element in NonKeyAttributes: {}", name));
    }
  }
  if (seen.size() > kNonKeyAttributesMax) {
    return invalid_parameter("Too many NonKeyAttributes specified for index " + index.name);
  }
  index.non_key_attributes = *projection.non_key_attributes;
  std::ranges::sort(index.non_key_attributes);  // As AWS shows them.
  return {};
}

ApiResult<void> add_index(Table& table, Index index) {
  if (table.find_index(index.name) != nullptr) {
    return invalid_parameter(fmt::format("Duplicate index name: {}", index.name));
  }
  table.indexes.push_back(std::move(index));
  return {};
}

ApiResult<void> check_local(const api::CreateTableInput& input, Table& table) {
  if (!input.local_secondary_indexes) return {};
  if (input.local_secondary_indexes->empty())
    return invalid_parameter("List of LocalSecondaryIndexes is empty");
  if (!table.keys.range) {
    return invalid_parameter(
        "Table KeySchema does not have a range key, which is required when specifying a "
        "LocalSecondaryIndex");
  }
  std::size_t position = 0;
  for (const api::LocalSecondaryIndex& wanted : *input.local_secondary_indexes) {
    Index index{.name = wanted.index_name, .global = false};
    const std::string path = fmt::format("localSecondaryIndexes.{}.member.keySchema", ++position);
    TRY(const KeySchema keys, check_key_schema(wanted.key_schema, table.definitions, path));
    if (!keys.range) {
      return invalid_parameter(
          fmt::format("Index KeySchema does not have a range key for index: {}", index.name));
    }
    if (keys.hash.name != table.keys.hash.name) {
      return invalid_parameter(
          fmt::format("Index KeySchema does not have the same leading hash key as table KeySchema "
                      "for index: {}. "
                      "index hash key: {}, table hash key: {}",
                      index.name, keys.hash.name, table.keys.hash.name));
    }
    index.keys = {{keys.hash}, {*keys.range}};
    TRY_VOID(check_projection(wanted.projection, index));
    TRY_VOID(add_index(table, std::move(index)));
  }
  if (input.local_secondary_indexes->size() > kLocalIndexesMax) {
    return invalid_parameter("Number of LocalSecondaryIndexes exceeds per-table limit of 5");
  }
  return {};
}

// The throughput of a new global index has to fit the table's billing mode.
ApiResult<void> check_index_throughput(const std::optional<api::ProvisionedThroughput>& wanted,
                                       bool on_demand, IndexOrigin origin, Index& index) {
  const bool with_table = origin == IndexOrigin::kCreateTable;
  if (on_demand && wanted) {
    return invalid_parameter(fmt::format(
        fmt::runtime(with_table
                         ? "ProvisionedThroughput should not be specified for index: {} when "
                           "BillingMode is PAY_PER_REQUEST"
                         : "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for "
                           "index: {} when BillingMode is PAY_PER_REQUEST"),
        index.name));
  }
  if (!on_demand && !wanted) {
    return invalid_parameter(
        (with_table
             ? "ProvisionedThroughput is not specified for index: "
             : "Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: ") +
        index.name);
  }
  if (!wanted) return {};
  TRY_VOID(check_throughput(*wanted));
  index.throughput = throughput_of(*wanted);
  return {};
}

// GlobalSecondaryIndex and CreateGlobalSecondaryIndexAction have the same members.
template <typename Wanted>
ApiResult<Index> check_global(const Wanted& wanted, const Definitions& definitions, bool on_demand,
                              IndexOrigin origin) {
  Index index{.name = wanted.index_name, .global = true};
  TRY(index.keys, check_index_schema(wanted.key_schema, definitions));
  TRY_VOID(check_projection(wanted.projection, index));
  TRY_VOID(check_index_throughput(wanted.provisioned_throughput, on_demand, origin, index));
  TRY(index.on_demand_maximum, first_maximum(wanted.on_demand_throughput, on_demand, index.name));
  TRY(index.warm, first_warm(wanted.warm_throughput, on_demand, index.throughput, index.name));
  return index;
}

ApiResult<void> check_globals(const api::CreateTableInput& input, Table& table) {
  if (!input.global_secondary_indexes) return {};
  if (input.global_secondary_indexes->empty())
    return invalid_parameter("List of GlobalSecondaryIndexes is empty");
  for (const api::GlobalSecondaryIndex& wanted : *input.global_secondary_indexes) {
    TRY(Index index,
        check_global(wanted, table.definitions, table.on_demand, IndexOrigin::kCreateTable));
    TRY_VOID(add_index(table, std::move(index)));
  }
  if (input.global_secondary_indexes->size() > kGlobalIndexesMax) {
    return invalid_parameter("GlobalSecondaryIndex count exceeds the per-table limit of 20");
  }
  return {};
}

ApiResult<void> check_definitions_used(const api::CreateTableInput& input, const Table& table) {
  std::vector<std::string> used = {table.keys.hash.name};
  if (table.keys.range) used.push_back(table.keys.range->name);
  if (!input.local_secondary_indexes && !input.global_secondary_indexes) {
    if (used.size() == table.definitions.size()) return {};
    return invalid_parameter(
        "Number of attributes in KeySchema does not exactly match number of attributes defined in "
        "AttributeDefinitions");
  }
  const auto use = [&used](const std::string& name) {
    if (std::ranges::find(used, name) == used.end()) used.push_back(name);
  };
  if (input.local_secondary_indexes) {
    for (const auto& index : *input.local_secondary_indexes) {
      for (const auto& element : index.key_schema) use(element.attribute_name);
    }
  }
  if (input.global_secondary_indexes) {
    for (const auto& index : *input.global_secondary_indexes) {
      for (const auto& element : index.key_schema) use(element.attribute_name);
    }
  }
  if (used.size() >= table.definitions.size()) return {};
  return invalid_parameter(fmt::format(
      "Some AttributeDefinitions are not used. AttributeDefinitions: [{}], keys used: [{}]",
      fmt::join(names_of(table.definitions), ", "), fmt::join(used, ", ")));
}

ApiResult<void> check_projected_total(const Table& table) {
  std::size_t total = 0;
  for (const Index& index : table.indexes) total += index.non_key_attributes.size();
  if (total <= kProjectedMax) return {};
  return invalid_parameter(fmt::format(
      "Number of NonKeyAttributes over all indexes exceeds the limit of {}", kProjectedMax));
}

ApiResult<void> check_supported(const api::CreateTableInput& input) {
  if (input.global_table_source_arn) return not_supported("GlobalTableSourceArn");
  if (input.global_table_settings_replication_mode)
    return not_supported("GlobalTableSettingsReplicationMode");
  if (input.sse_specification) TRY_VOID(check_encryption(*input.sse_specification));
  return {};
}

}  // namespace

ApiResult<void> check_encryption(const api::SSESpecification& specification) {
  const bool enabled = specification.enabled.value_or(specification.sse_type.has_value());
  if (!enabled && specification.sse_type)
    return invalid_parameter("SSEType can not be specified if Enabled is false");
  if (!enabled && specification.kms_master_key_id)
    return invalid_parameter("KMSMasterKeyId can not be specified if Enabled is false");
  if (specification.sse_type == "AES256")
    return invalid_parameter("SSEType AES256 is not supported");
  if (specification.kms_master_key_id && specification.sse_type != "KMS")
    return invalid_parameter("SSEType KMS is required if KMSMasterKeyId is specified");
  if (enabled) return not_supported("SSESpecification with a key of KMS");
  return {};
}

ApiResult<std::vector<KeyAttribute>> check_definitions(
    const std::vector<api::AttributeDefinition>& definitions) {
  std::vector<KeyAttribute> out;
  for (const api::AttributeDefinition& definition : definitions) {
    if (find_definition(out, definition.attribute_name) != nullptr) {
      return invalid(fmt::format("Attribute Name is duplicated: {}", definition.attribute_name));
    }
    AttributeValue::Type type = AttributeValue::Type::kS;
    if (definition.attribute_type == "N") type = AttributeValue::Type::kN;
    if (definition.attribute_type == "B") type = AttributeValue::Type::kB;
    out.push_back({definition.attribute_name, type});
  }
  return out;
}

ApiResult<void> check_stream_at_creation(const api::StreamSpecification& specification) {
  if (specification.stream_enabled && !specification.stream_view_type) {
    return invalid_parameter(
        "Table is being created with a stream enabled, UpdateViewType is required");
  }
  if (!specification.stream_enabled && specification.stream_view_type) {
    return invalid_parameter(
        "Table is being created with a stream disabled, UpdateViewType should not be specified");
  }
  return {};
}

ApiResult<Table> check_create(const api::CreateTableInput& input) {
  TRY_VOID(check_supported(input));
  TRY_VOID(check_billing(input));
  Table table;
  table.name = input.table_name;
  table.on_demand = input.billing_mode == "PAY_PER_REQUEST";
  TRY(table.definitions, check_definitions(input.attribute_definitions.value_or(
                             std::vector<api::AttributeDefinition>())));
  TRY(table.keys, check_key_schema(input.key_schema.value_or(std::vector<api::KeySchemaElement>()),
                                   table.definitions, "keySchema"));
  TRY_VOID(check_definitions_used(input, table));
  TRY_VOID(check_local(input, table));
  TRY_VOID(check_globals(input, table));
  TRY_VOID(check_projected_total(table));
  if (input.stream_specification) TRY_VOID(check_stream_at_creation(*input.stream_specification));
  if (input.tags) TRY_VOID(check_tags(*input.tags));
  if (!table.indexes.empty()) std::ranges::sort(table.definitions, {}, &KeyAttribute::name);
  if (input.provisioned_throughput) table.throughput = throughput_of(*input.provisioned_throughput);
  TRY(table.on_demand_maximum, first_maximum(input.on_demand_throughput, table.on_demand, {}));
  TRY(table.warm, first_warm(input.warm_throughput, table.on_demand, table.throughput, {}));
  table.deletion_protection = input.deletion_protection_enabled.value_or(false);
  table.table_class = input.table_class.value_or("");
  return table;
}

ApiResult<Index> check_new_index(const Table& table, const std::vector<KeyAttribute>& definitions,
                                 const api::CreateGlobalSecondaryIndexAction& action) {
  return check_global(action, definitions, table.on_demand, IndexOrigin::kUpdateTable);
}

ApiResult<void> check_tags(const std::vector<api::Tag>& tags) {
  constexpr std::size_t kKeyMax = 128, kValueMax = 256;
  std::set<std::string_view> seen;
  for (const api::Tag& tag : tags) {
    if (tag.key.empty() || tag.key.size() > 4 * kKeyMax) {
      return invalid(fmt::format("The Tag Key provided is invalid, Key: {}", tag.key));
    }
    if (tag.value.size() > 4 * kValueMax) {
      return invalid(fmt::format("The Tag Value provided is invalid, Value: {}", tag.value));
    }
    if (tag.key.starts_with("aws:"))
      return invalid(fmt::format("Tag Key cannot be prefixed with aws:, Key: {}", tag.key));
    if (!seen.insert(tag.key).second) {
      return invalid(
          fmt::format("Duplicate Tag Keys provided as input: Duplicate Tag Key found {}", tag.key));
    }
  }
  if (tags.size() > kTagsMax)
    return invalid("Number of Tags exceed the current limit for the provided ResourceArn");
  return {};
}

}  // namespace penstock::dynamodb
