// UpdateContinuousBackups, DescribeContinuousBackups: point-in-time recovery on and off.
#include "services/dynamodb/recovery.h"

#include <fmt/format.h>

#include <algorithm>

#include "services/dynamodb/dynamodb.h"
#include "services/dynamodb/journal.h"
#include "services/dynamodb/keys.h"
#include "services/dynamodb/limits.h"
#include "services/dynamodb/names.h"
#include "services/dynamodb/operations.h"
#include "services/dynamodb/tables.h"

namespace penstock::dynamodb {
namespace {

Timestamp second_from(Timestamp time) {
  return Timestamp::from_seconds(Timestamp{time.micros + 999'999}.seconds());
}

api::ContinuousBackupsDescription describe_recovery(const Table& table, Timestamp now) {
  api::ContinuousBackupsDescription description;
  // Backups on demand are possible on every table.
  description.continuous_backups_status = "ENABLED";
  auto& recovery = description.point_in_time_recovery_description.emplace();
  recovery.point_in_time_recovery_status = table.recovery ? "ENABLED" : "DISABLED";
  if (table.recovery) {
    const RecoveryWindow window = recovery_window(table, now);
    recovery.recovery_period_in_days = static_cast<std::int32_t>(table.recovery->days);
    recovery.earliest_restorable_date_time = window.earliest;
    recovery.latest_restorable_date_time = window.latest;
  }
  return description;
}

ApiResult<TablePtr> look_up_for_backup(Service& service, const Context& context,
                                       const std::string& name) {
  TablePtr live = service.registry.find_table(context.account, context.region, name);
  if (live == nullptr) return backed_up_table_not_found(name);
  if (live->table.is_filling()) {
    return protocol::refuse(
        "ContinuousBackupsUnavailableException",
        fmt::format("Backups are being enabled for the table: {}. Please retry later", name));
  }
  return live;
}

void enable_recovery(Service& service, Table& next, std::int64_t days, storage::Batch& batch) {
  const Timestamp now = service.deps.clock.now();
  if (!next.recovery) {
    next.recovery = PointInTimeRecovery{.since = now, .days = days};
    open_journal(service, next, batch);
    return;
  }
  // A longer period does not bring back what the shorter one let go.
  const Timestamp kept = now - std::chrono::days(next.recovery->days);
  next.recovery->since = std::max(next.recovery->since, kept);
  next.recovery->days = days;
}

}  // namespace

RecoveryWindow recovery_window(const Table& table, Timestamp now) {
  const Timestamp oldest = now - std::chrono::days(table.recovery->days);
  RecoveryWindow window;
  window.earliest = second_from(std::max(table.recovery->since, oldest));
  const Timestamp lagging = Timestamp::from_seconds((now - kRecoveryLag).seconds());
  window.latest = std::max(window.earliest, lagging);
  return window;
}

Reply<api::DescribeContinuousBackupsOutput> describe_continuous_backups(
    Service& service, const Context& context, api::DescribeContinuousBackupsInput input) {
  CO_TRY(const std::string name, resolve_table_name(context, input.table_name));
  CO_TRY(const TablePtr live, look_up_for_backup(service, context, name));
  api::DescribeContinuousBackupsOutput output;
  output.continuous_backups_description = describe_recovery(live->table, service.deps.clock.now());
  co_return output;
}

Reply<api::UpdateContinuousBackupsOutput> update_continuous_backups(
    Service& service, const Context& context, api::UpdateContinuousBackupsInput input) {
  CO_TRY(const std::string name, resolve_table_name(context, input.table_name));
  const auto turn =
      co_await service.control_turns.enter(hash_bytes(table_key(context.place(), name)));
  CO_TRY(const TablePtr live, look_up_for_backup(service, context, name));
  const api::PointInTimeRecoverySpecification& wanted = input.point_in_time_recovery_specification;
  Table next = live->table;
  storage::Batch batch;
  if (wanted.point_in_time_recovery_enabled) {
    enable_recovery(service, next, wanted.recovery_period_in_days.value_or(kRecoveryDaysMax),
                    batch);
  } else {
    // A period has no meaning here.
    next.recovery.reset();
    release_journal(service, next);
  }
  api::UpdateContinuousBackupsOutput output;
  output.continuous_backups_description = describe_recovery(next, service.deps.clock.now());
  CO_TRY_VOID(co_await change_table(service, live, std::move(next), std::move(batch), nullptr));
  co_return output;
}

}  // namespace penstock::dynamodb
