// TableDescription: which members AWS shows when, as recorded in 2026.
#include "services/dynamodb/describe.h"

#include <algorithm>

namespace penstock::dynamodb {
namespace {

std::vector<api::KeySchemaElement> key_schema(const KeyParts& keys) {
  std::vector<api::KeySchemaElement> out;
  for (const KeyAttribute& attribute : keys.hash) out.push_back({attribute.name, "HASH"});
  for (const KeyAttribute& attribute : keys.range) out.push_back({attribute.name, "RANGE"});
  return out;
}

api::Projection projection(const Index& index) {
  api::Projection out;
  out.projection_type = std::string(to_string(index.projection));
  if (!index.non_key_attributes.empty()) out.non_key_attributes = index.non_key_attributes;
  return out;
}

api::ProvisionedThroughputDescription throughput(const Throughput& provisioned,
                                                 const ThroughputHistory& history, Timestamp now) {
  api::ProvisionedThroughputDescription out;
  out.last_increase_date_time = history.increased;
  out.last_decrease_date_time = history.decreased;
  out.number_of_decreases_today = history.decreases_on_day_of(now);
  out.read_capacity_units = provisioned.read;
  out.write_capacity_units = provisioned.write;
  return out;
}

api::OnDemandThroughput maximum(const OnDemandMaximum& limits) {
  api::OnDemandThroughput out;
  if (limits.read != -1) out.max_read_request_units = limits.read;
  if (limits.write != -1) out.max_write_request_units = limits.write;
  return out;
}

template <typename Warm>
Warm warm(const Throughput& units, const std::string& status) {
  Warm out;
  out.read_units_per_second = units.read;
  out.write_units_per_second = units.write;
  out.status = status;
  return out;
}

std::string status_of(const Index& index, const DescriptionOptions& options) {
  if (options.status == "CREATING") return "CREATING";
  switch (index.status) {
    case IndexStatus::kActive: return "ACTIVE";
    case IndexStatus::kCreating: return "CREATING";
    case IndexStatus::kUpdating: return "UPDATING";
    case IndexStatus::kDeleting: return "DELETING";
  }
  return {};
}

api::GlobalSecondaryIndexDescription describe_global(const Service& service, const Table& table,
                                                     const Index& index,
                                                     const DescriptionOptions& options) {
  const Contents contents = service.contents_of(index.number);
  api::GlobalSecondaryIndexDescription out;
  out.index_name = index.name;
  out.key_schema = key_schema(index.keys);
  out.projection = projection(index);
  out.index_status = status_of(index, options);
  if (index.status == IndexStatus::kCreating) out.backfilling = !options.allocating;
  out.provisioned_throughput =
      throughput(index.throughput, index.history, service.deps.clock.now());
  out.index_size_bytes = contents.bytes;
  out.item_count = contents.items;
  out.index_arn = table.index_arn(index);
  if (index.on_demand_maximum) out.on_demand_throughput = maximum(*index.on_demand_maximum);
  if (options.with_warm_throughput) {
    out.warm_throughput = warm<api::GlobalSecondaryIndexWarmThroughputDescription>(
        index.warm, index.status == IndexStatus::kCreating ? "UPDATING" : options.warm_status);
  }
  return out;
}

api::LocalSecondaryIndexDescription describe_local(const Service& service, const Table& table,
                                                   const Index& index) {
  const Contents contents = service.contents_of(index.number);
  api::LocalSecondaryIndexDescription out;
  out.index_name = index.name;
  out.key_schema = key_schema(index.keys);
  out.projection = projection(index);
  out.index_size_bytes = contents.bytes;
  out.item_count = contents.items;
  out.index_arn = table.index_arn(index);
  return out;
}

void add_indexes(api::TableDescription& out, const Service& service, const Table& table,
                 const DescriptionOptions& options) {
  for (const Index& index : table.indexes) {
    if (index.global) {
      if (!out.global_secondary_indexes) out.global_secondary_indexes.emplace();
      out.global_secondary_indexes->push_back(describe_global(service, table, index, options));
    } else {
      if (!out.local_secondary_indexes) out.local_secondary_indexes.emplace();
      out.local_secondary_indexes->push_back(describe_local(service, table, index));
    }
  }
}

api::RestoreSummary restore_summary(const Restore& restore) {
  api::RestoreSummary out;
  if (!restore.backup_arn.empty()) out.source_backup_arn = restore.backup_arn;
  out.source_table_arn = restore.table_arn;
  out.restore_date_time = restore.moment;
  out.restore_in_progress = restore.in_progress;
  return out;
}

// What every description has.
api::TableDescription describe_common(const Service& service, const Table& table) {
  const Contents contents = service.contents_of(table.number);
  api::TableDescription out;
  out.table_name = table.name;
  out.provisioned_throughput =
      throughput(table.throughput, table.history, service.deps.clock.now());
  out.table_size_bytes = contents.bytes;
  out.item_count = contents.items;
  out.table_arn = table.arn();
  out.table_id = table.id;
  if (table.on_demand || table.on_demand_since) {
    out.billing_mode_summary.emplace();
    out.billing_mode_summary->billing_mode = table.on_demand ? "PAY_PER_REQUEST" : "PROVISIONED";
  }
  out.deletion_protection_enabled = table.deletion_protection;
  return out;
}

}  // namespace

api::TableDescription describe(const Service& service, const Table& table,
                               DescriptionOptions options) {
  api::TableDescription out = describe_common(service, table);
  if (table.is_filling()) options.status = "CREATING";
  out.table_status = options.status;
  out.creation_date_time = table.created;
  out.key_schema = key_schema(table.keys);
  out.attribute_definitions.emplace();
  for (const KeyAttribute& definition : table.definitions) {
    out.attribute_definitions->push_back(
        {definition.name, std::string(type_name(definition.type))});
  }
  add_indexes(out, service, table, options);
  if (table.stream) {
    out.stream_specification.emplace();
    out.stream_specification->stream_enabled = true;
    out.stream_specification->stream_view_type = table.stream->view_type;
  }
  if (!table.latest_stream_label.empty()) {
    out.latest_stream_label = table.latest_stream_label;
    out.latest_stream_arn = stream_arn(table.place, table.name, table.latest_stream_label);
  }
  if (!table.table_class.empty()) {
    out.table_class_summary.emplace();
    out.table_class_summary->table_class = table.table_class;
    if (!table.class_changes.empty())
      out.table_class_summary->last_update_date_time = table.class_changes.back();
  }
  if (table.on_demand_maximum) out.on_demand_throughput = maximum(*table.on_demand_maximum);
  if (table.restore) out.restore_summary = restore_summary(*table.restore);
  if (options.with_warm_throughput) {
    if (out.billing_mode_summary) {
      out.billing_mode_summary->last_update_to_pay_per_request_date_time =
          table.on_demand_since.value_or(table.created);
    }
    out.warm_throughput =
        warm<api::TableWarmThroughputDescription>(table.warm, options.warm_status);
  }
  return out;
}

api::TableDescription describe_deleted(const Service& service, const Table& table) {
  api::TableDescription out = describe_common(service, table);
  out.table_status = "DELETING";
  return out;
}

}  // namespace penstock::dynamodb
