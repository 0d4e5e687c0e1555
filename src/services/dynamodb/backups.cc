// CreateBackup, DescribeBackup, ListBackups, DeleteBackup.
#include <fmt/format.h>

#include "services/dynamodb/backup.h"
#include "services/dynamodb/history.h"
#include "services/dynamodb/keys.h"
#include "services/dynamodb/limits.h"
#include "services/dynamodb/names.h"
#include "services/dynamodb/operations.h"
#include "storage/key.h"

namespace penstock::dynamodb {
namespace {

using storage::Family;

struct BackupFilter {
  Place place;
  std::string table;  // Empty: all.
  std::string type;
  std::optional<Timestamp> from, to;

  bool admits(const Backup& backup) const {
    if (backup.source.place != place) return false;
    if (!table.empty() && backup.source.name != table) return false;
    if (type == "USER" && backup.type != BackupType::kUser) return false;
    if (type == "SYSTEM" && backup.type != BackupType::kSystem) return false;
    if (type == "AWS_BACKUP") return false;  // Made by another service, which is not here.
    if (from && backup.created < *from) return false;
    return !to || backup.created < *to;
  }
};

}  // namespace

ApiResult<BackupPtr> look_up_backup(Service& service, const Context& context,
                                    const std::string& arn) {
  BackupPtr backup = service.history->find_backup(arn);
  if (backup == nullptr || backup->source.place != context.place()) {
    return backup_not_found(arn);
  }
  return backup;
}

Reply<api::CreateBackupOutput> create_backup(Service& service, const Context& context,
                                             api::CreateBackupInput input) {
  CO_TRY(const std::string name, resolve_table_name(context, input.table_name));
  const auto turn =
      co_await service.control_turns.enter(hash_bytes(table_key(context.place(), name)));
  const TablePtr live = service.registry.find_table(context.account, context.region, name);
  if (live == nullptr) co_return backed_up_table_not_found(name);
  if (live->table.is_filling()) co_return table_in_use(name);
  if (service.history->is_backed_up_now(live->table.number)) {
    co_return backup_in_use("There is another ongoing backup on the table: " + name);
  }
  auto backup = std::make_shared<Backup>();
  backup->created = service.deps.clock.now();
  backup->id = make_backup_id(backup->created, service.deps.random.next());
  backup->name = std::move(input.backup_name);
  backup->number = service.next_number();
  backup->contents = service.contents_of(live->table.number);
  backup->source = live->table;
  storage::Batch batch;
  batch.put(Family::kMeta, counter_key(), service.counter_value());
  batch.put(Family::kMeta, backup_key(live->table.place, name, backup->id), encode_backup(*backup));
  CO_TRY_VOID(co_await service.deps.store.commit(std::move(batch)));
  service.history->put_backup(backup);
  api::CreateBackupOutput output;
  output.backup_details = describe_details(*backup);
  start_backup(service, std::move(backup));
  co_return output;
}

Reply<api::DescribeBackupOutput> describe_backup(Service& service, const Context& context,
                                                 api::DescribeBackupInput input) {
  CO_TRY(const BackupPtr backup, look_up_backup(service, context, input.backup_arn));
  api::DescribeBackupOutput output;
  output.backup_description = describe_backup_of(service, *backup);
  co_return output;
}

Reply<api::ListBackupsOutput> list_backups(Service& service, const Context& context,
                                           api::ListBackupsInput input) {
  BackupFilter filter{.place = context.place(), .table = {}, .type = {}, .from = {}, .to = {}};
  if (input.table_name) {
    CO_TRY(filter.table, resolve_table_name(context, *input.table_name));
  }
  filter.type = input.backup_type.value_or("USER");
  filter.from = input.time_range_lower_bound;
  filter.to = input.time_range_upper_bound;
  const auto limit =
      static_cast<std::size_t>(input.limit.value_or(static_cast<std::int32_t>(kBackupsShownMax)));
  api::ListBackupsOutput output;
  output.backup_summaries.emplace();
  const std::string after = input.exclusive_start_backup_arn.value_or("");
  for (const BackupPtr& backup : service.history->backups_after(after)) {
    if (!filter.admits(*backup)) continue;
    if (output.backup_summaries->size() == limit) {
      output.last_evaluated_backup_arn = output.backup_summaries->back().backup_arn;
      break;
    }
    output.backup_summaries->push_back(describe_summary(*backup));
  }
  co_return output;
}

Reply<api::DeleteBackupOutput> delete_backup(Service& service, const Context& context,
                                             api::DeleteBackupInput input) {
  // A restore begins under the same turn.
  const auto turn = co_await service.control_turns.enter(hash_bytes(input.backup_arn));
  CO_TRY(const BackupPtr backup, look_up_backup(service, context, input.backup_arn));
  if (!backup->available) co_return backup_in_use("Backup is being created: " + backup->arn());
  if (service.history->restores_from(backup->number)) {
    co_return backup_in_use("Backup is being restored: " + backup->arn());
  }
  storage::Batch batch;
  const std::string prefix = items_prefix(backup->number);
  batch.erase_range(Family::kItems, prefix, storage::prefix_end(prefix));
  const Table& source = backup->source;
  batch.erase(Family::kMeta, backup_key(source.place, source.name, backup->id));
  CO_TRY_VOID(co_await service.deps.store.commit(std::move(batch)));
  service.history->erase_backup(input.backup_arn);
  api::DeleteBackupOutput output;
  output.backup_description = describe_backup_of(service, *backup);
  output.backup_description->backup_details->backup_status = "DELETED";
  co_return output;
}

}  // namespace penstock::dynamodb
