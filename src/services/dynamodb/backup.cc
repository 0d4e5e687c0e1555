// Backups as they are stored and shown.
#include "services/dynamodb/backup.h"

#include <fmt/format.h>

#include "services/dynamodb/describe.h"
#include "storage/key.h"

namespace penstock::dynamodb {
namespace {

constexpr std::uint8_t kBackupVersion = 1;

std::string status_of(const Backup& backup) { return backup.available ? "AVAILABLE" : "CREATING"; }
std::string type_of(const Backup& backup) {
  return backup.type == BackupType::kUser ? "USER" : "SYSTEM";
}

api::SourceTableDetails source_details(const Backup& backup, const api::TableDescription& table) {
  api::SourceTableDetails out;
  out.table_name = backup.source.name;
  out.table_id = backup.source.id;
  out.table_arn = backup.source.arn();
  out.table_size_bytes = backup.contents.bytes;
  out.item_count = backup.contents.items;
  out.key_schema = *table.key_schema;
  out.table_creation_date_time = backup.source.created;
  out.provisioned_throughput.read_capacity_units = backup.source.throughput.read;
  out.provisioned_throughput.write_capacity_units = backup.source.throughput.write;
  out.on_demand_throughput = table.on_demand_throughput;
  out.billing_mode = backup.source.on_demand ? "PAY_PER_REQUEST" : "PROVISIONED";
  return out;
}

api::GlobalSecondaryIndexInfo global_info(const api::GlobalSecondaryIndexDescription& index) {
  api::GlobalSecondaryIndexInfo out;
  out.index_name = index.index_name;
  out.key_schema = index.key_schema;
  out.projection = index.projection;
  out.on_demand_throughput = index.on_demand_throughput;
  auto& throughput = out.provisioned_throughput.emplace();
  throughput.read_capacity_units = index.provisioned_throughput->read_capacity_units.value_or(0);
  throughput.write_capacity_units = index.provisioned_throughput->write_capacity_units.value_or(0);
  return out;
}

api::LocalSecondaryIndexInfo local_info(const api::LocalSecondaryIndexDescription& index) {
  api::LocalSecondaryIndexInfo out;
  out.index_name = index.index_name;
  out.key_schema = index.key_schema;
  out.projection = index.projection;
  return out;
}

api::SourceTableFeatureDetails source_features(const Backup& backup,
                                               const api::TableDescription& table) {
  api::SourceTableFeatureDetails out;
  if (table.global_secondary_indexes) {
    out.global_secondary_indexes.emplace();
    for (const auto& index : *table.global_secondary_indexes) {
      out.global_secondary_indexes->push_back(global_info(index));
    }
  }
  if (table.local_secondary_indexes) {
    out.local_secondary_indexes.emplace();
    for (const auto& index : *table.local_secondary_indexes) {
      out.local_secondary_indexes->push_back(local_info(index));
    }
  }
  out.stream_description = table.stream_specification;
  auto& ttl = out.time_to_live_description.emplace();
  ttl.time_to_live_status = backup.source.tracks_expiry() ? "ENABLED" : "DISABLED";
  if (backup.source.tracks_expiry()) ttl.attribute_name = backup.source.time_to_live->attribute;
  out.sse_description = table.sse_description;
  return out;
}

}  // namespace

std::string Backup::arn() const { return fmt::format("{}/backup/{}", source.arn(), id); }

std::string encode_backup(const Backup& backup) {
  storage::ValueWriter out(kBackupVersion);
  out.text(backup.id).text(backup.name).u64(static_cast<std::uint64_t>(backup.type));
  out.boolean(backup.available).i64(backup.created.micros).boolean(backup.expires.has_value());
  if (backup.expires) out.i64(backup.expires->micros);
  out.u64(backup.number).i64(backup.contents.items).i64(backup.contents.bytes);
  out.text(encode_table(backup.source));
  return out.take();
}

Result<Backup> decode_backup(std::string_view bytes) {
  storage::ValueReader in(bytes);
  if (in.version() != kBackupVersion) {
    return fail(ErrorKind::kCorrupt, "unknown version of a stored backup");
  }
  Backup backup;
  backup.id = in.text();
  backup.name = in.text();
  const std::uint64_t type = in.u64();
  backup.type = static_cast<BackupType>(type);
  backup.available = in.boolean();
  backup.created = {in.i64()};
  if (in.boolean()) backup.expires = Timestamp{in.i64()};
  backup.number = static_cast<std::uint32_t>(in.u64());
  backup.contents.items = in.i64();
  backup.contents.bytes = in.i64();
  const std::string_view source = in.text();
  if (!in.done() || type > static_cast<std::uint64_t>(BackupType::kSystem)) {
    return fail(ErrorKind::kCorrupt, "a stored backup does not decode");
  }
  TRY(backup.source, decode_table(source));
  return backup;
}

std::string make_backup_id(Timestamp created, std::uint64_t random) {
  return fmt::format("{:014}-{:08x}", created.millis(), static_cast<std::uint32_t>(random));
}

api::BackupDetails describe_details(const Backup& backup) {
  api::BackupDetails out;
  out.backup_arn = backup.arn();
  out.backup_name = backup.name;
  out.backup_size_bytes = backup.contents.bytes;
  out.backup_status = status_of(backup);
  out.backup_type = type_of(backup);
  out.backup_creation_date_time = backup.created;
  out.backup_expiry_date_time = backup.expires;
  return out;
}

api::BackupSummary describe_summary(const Backup& backup) {
  api::BackupSummary out;
  out.table_name = backup.source.name;
  out.table_id = backup.source.id;
  out.table_arn = backup.source.arn();
  out.backup_arn = backup.arn();
  out.backup_name = backup.name;
  out.backup_creation_date_time = backup.created;
  out.backup_expiry_date_time = backup.expires;
  out.backup_status = status_of(backup);
  out.backup_type = type_of(backup);
  out.backup_size_bytes = backup.contents.bytes;
  return out;
}

api::BackupDescription describe_backup_of(const Service& service, const Backup& backup) {
  const api::TableDescription table = describe(service, backup.source, {});
  api::BackupDescription out;
  out.backup_details = describe_details(backup);
  out.source_table_details = source_details(backup, table);
  out.source_table_feature_details = source_features(backup, table);
  return out;
}

}  // namespace penstock::dynamodb
