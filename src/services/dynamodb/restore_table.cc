// RestoreTableFromBackup, RestoreTableToPointInTime.
#include <fmt/format.h>

#include "services/dynamodb/journal.h"
#include "services/dynamodb/keys.h"
#include "services/dynamodb/names.h"
#include "services/dynamodb/operations.h"
#include "services/dynamodb/recovery.h"
#include "services/dynamodb/restore.h"

namespace penstock::dynamodb {
namespace {

template <typename Input>
RestoreOverrides overrides_of(Input& input) {
  return {.billing_mode = std::move(input.billing_mode_override),
          .global_indexes = std::move(input.global_secondary_index_override),
          .local_indexes = std::move(input.local_secondary_index_override),
          .throughput = std::move(input.provisioned_throughput_override),
          .on_demand_throughput = std::move(input.on_demand_throughput_override),
          .encryption = std::move(input.sse_specification_override)};
}

ApiResult<std::string> source_name(const Context& context,
                                   const api::RestoreTableToPointInTimeInput& input) {
  // The wording of both refusals is ours.
  if (!input.source_table_name && !input.source_table_arn) {
    return invalid("SourceTableName or SourceTableArn must be specified");
  }
  std::optional<std::string> by_name, by_arn;
  if (input.source_table_name) {
    TRY(by_name, resolve_table_name(context, *input.source_table_name));
  }
  if (input.source_table_arn) {
    TRY(by_arn, resolve_table_name(context, *input.source_table_arn));
  }
  if (by_name && by_arn && *by_name != *by_arn) {
    return invalid("SourceTableName and SourceTableArn must be of the same table");
  }
  return by_name ? *by_name : *by_arn;
}

// The moment asked for, within the source's window.
ApiResult<Timestamp> restore_moment(const api::RestoreTableToPointInTimeInput& input,
                                    const Table& source, Timestamp now) {
  const bool latest = input.use_latest_restorable_time.value_or(false);
  if (latest == input.restore_date_time.has_value()) {
    // The wording is ours.
    return invalid_parameter(
        "Exactly one of RestoreDateTime and UseLatestRestorableTime must be specified");
  }
  if (!source.recovery) {
    return protocol::refuse(
        "PointInTimeRecoveryUnavailableException",
        fmt::format("Point in time recovery is not enabled for table '{}'", source.name));
  }
  const RecoveryWindow window = recovery_window(source, now);
  if (latest) return window.latest;
  if (*input.restore_date_time < window.earliest || *input.restore_date_time > window.latest) {
    return protocol::refuse("InvalidRestoreTimeException",
                            "An invalid restore time was specified. RestoreDateTime must be "
                            "between EarliestRestorableDateTime and LatestRestorableDateTime.");
  }
  return *input.restore_date_time;
}

}  // namespace

Reply<api::RestoreTableFromBackupOutput> restore_table_from_backup(
    Service& service, const Context& context, api::RestoreTableFromBackupInput input) {
  CO_TRY(const std::string target, resolve_table_name(context, input.target_table_name));
  std::vector<std::uint64_t> wanted{hash_bytes(input.backup_arn),
                                    hash_bytes(table_key(context.place(), target))};
  const auto turns = co_await service.control_turns.enter_all(std::move(wanted));
  CO_TRY(const BackupPtr backup, look_up_backup(service, context, input.backup_arn));
  if (!backup->available) co_return backup_in_use("Backup is being created: " + backup->arn());
  CO_TRY(Table table, restored_table(service, backup->source, target, overrides_of(input)));
  Restore restore{
      .backup_arn = backup->arn(), .table_arn = backup->source.arn(), .moment = backup->created};
  RestoreJob job;
  job.source = {.items = backup->number, .journal = 0, .keys = backup->source.keys};
  api::RestoreTableFromBackupOutput output;
  CO_TRY(output.table_description, co_await begin_restore(service, context, std::move(table),
                                                          std::move(restore), std::move(job)));
  co_return output;
}

Reply<api::RestoreTableToPointInTimeOutput> restore_table_to_point_in_time(
    Service& service, const Context& context, api::RestoreTableToPointInTimeInput input) {
  CO_TRY(const std::string source, source_name(context, input));
  CO_TRY(const std::string target, resolve_table_name(context, input.target_table_name));
  std::vector<std::uint64_t> wanted{hash_bytes(table_key(context.place(), source)),
                                    hash_bytes(table_key(context.place(), target))};
  const auto turns = co_await service.control_turns.enter_all(std::move(wanted));
  const TablePtr live = service.registry.find_table(context.account, context.region, source);
  if (live == nullptr) co_return backed_up_table_not_found(source);
  CO_TRY(const Timestamp moment, restore_moment(input, live->table, service.deps.clock.now()));
  CO_TRY(Table table, restored_table(service, live->table, target, overrides_of(input)));
  RestoreJob job;
  job.source = past_source(live->table);
  const std::uint32_t journal = job.source.journal;
  // The place in the journal is fixed now, so a restore that is interrupted goes on alike.
  CO_TRY(job.position, co_await run_blocking(service.deps.runtime, [&service, journal, moment] {
           return journal_position(service, journal, moment);
         }));
  Restore restore{.backup_arn = {}, .table_arn = live->table.arn(), .moment = moment};
  api::RestoreTableToPointInTimeOutput output;
  CO_TRY(output.table_description, co_await begin_restore(service, context, std::move(table),
                                                          std::move(restore), std::move(job)));
  co_return output;
}

}  // namespace penstock::dynamodb
