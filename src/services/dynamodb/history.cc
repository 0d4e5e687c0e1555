// Backups and restores in memory and in the store.
#include "services/dynamodb/history.h"

#include <algorithm>

#include "services/dynamodb/keys.h"
#include "services/dynamodb/limits.h"
#include "services/dynamodb/load.h"
#include "services/dynamodb/table_settings.h"
#include "storage/key.h"

namespace penstock::dynamodb {
namespace {

using storage::Family;

constexpr std::uint8_t kRestoreVersion = 1;

}  // namespace

std::string encode_restore(const RestoreJob& job) {
  storage::ValueWriter out(kRestoreVersion);
  out.text(job.place.account).text(job.place.region).text(job.target).u64(job.target_number);
  out.u64(job.source.items).u64(job.source.journal);
  write_keys(out, job.source.keys);
  out.u64(job.position).text(job.next).i64(job.copied.items).i64(job.copied.bytes);
  return out.take();
}

Result<RestoreJob> decode_restore(std::string_view bytes) {
  storage::ValueReader in(bytes);
  if (in.version() != kRestoreVersion) {
    return fail(ErrorKind::kCorrupt, "unknown version of a stored restore");
  }
  RestoreJob job;
  job.place.account = in.text();
  job.place.region = in.text();
  job.target = in.text();
  job.target_number = static_cast<std::uint32_t>(in.u64());
  job.source.items = static_cast<std::uint32_t>(in.u64());
  job.source.journal = static_cast<std::uint32_t>(in.u64());
  job.source.keys = read_keys(in);
  job.position = in.u64();
  job.next = in.text();
  job.copied.items = in.i64();
  job.copied.bytes = in.i64();
  if (!in.done()) return fail(ErrorKind::kCorrupt, "a stored restore does not decode");
  return job;
}

BackupPtr History::find_backup(std::string_view arn) const {
  const std::lock_guard lock(mutex_);
  const auto found = backups_.find(arn);
  return found != backups_.end() ? found->second : nullptr;
}

void History::put_backup(BackupPtr backup) {
  const std::lock_guard lock(mutex_);
  std::string arn = backup->arn();
  backups_[std::move(arn)] = std::move(backup);
}

void History::erase_backup(std::string_view arn) {
  const std::lock_guard lock(mutex_);
  const auto found = backups_.find(arn);
  if (found != backups_.end()) backups_.erase(found);
}

bool History::retire_backup(const Backup& backup) {
  const std::lock_guard lock(mutex_);
  if (reads_items(backup.number)) return false;
  return backups_.erase(backup.arn()) > 0;
}

std::vector<BackupPtr> History::backups_after(std::string_view after) const {
  std::vector<BackupPtr> out;
  const std::lock_guard lock(mutex_);
  for (auto at = backups_.upper_bound(after); at != backups_.end(); ++at) {
    out.push_back(at->second);
  }
  return out;
}

bool History::is_backed_up_now(std::uint32_t table_number) const {
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(backups_, [table_number](const auto& entry) {
    return !entry.second->available && entry.second->source.number == table_number;
  });
}

bool History::begin_restore(const RestoreJob& job, const std::string& backup_arn) {
  const std::lock_guard lock(mutex_);
  if (!backup_arn.empty() && !backups_.contains(backup_arn)) return false;
  restores_[job.target_number] = job;
  return true;
}

void History::put_restore(RestoreJob job) {
  const std::lock_guard lock(mutex_);
  restores_[job.target_number] = std::move(job);
}

void History::erase_restore(std::uint32_t target_number) {
  const std::lock_guard lock(mutex_);
  restores_.erase(target_number);
}

std::vector<RestoreJob> History::restores() const {
  std::vector<RestoreJob> out;
  const std::lock_guard lock(mutex_);
  for (const auto& [number, job] : restores_) out.push_back(job);
  return out;
}

bool History::restores_from(std::uint32_t items_number) const {
  const std::lock_guard lock(mutex_);
  return reads_items(items_number);
}

bool History::reads_items(std::uint32_t items_number) const {
  return std::ranges::any_of(restores_, [items_number](const auto& entry) {
    return entry.second.source.items == items_number;
  });
}

bool History::restores_with_journal(std::uint32_t journal_number) const {
  return restores_after(journal_number).has_value();
}

std::optional<std::uint64_t> History::restores_after(std::uint32_t journal_number) const {
  std::optional<std::uint64_t> least;
  const std::lock_guard lock(mutex_);
  for (const auto& [number, job] : restores_) {
    if (job.source.journal != journal_number) continue;
    least = std::min(least.value_or(job.position), job.position);
  }
  return least;
}

Status load_history(Service& service) {
  History& history = *service.history;
  TRY_VOID(load_each(service, backups_prefix(), decode_backup, [&history](Backup backup) {
    history.put_backup(std::make_shared<Backup>(std::move(backup)));
  }));
  return load_each(service, restores_prefix(), decode_restore,
                   [&history](RestoreJob job) { history.put_restore(std::move(job)); });
}

void resume_history(Service& service) {
  for (const BackupPtr& backup : service.history->backups_after({})) {
    // Made from what the table is now: nothing was written since the interruption.
    if (!backup->available) start_backup(service, backup);
  }
  for (RestoreJob& job : service.history->restores()) start_restore(service, std::move(job));
}

BackupPtr keep_as_backup(Service& service, const Table& table, storage::Batch& batch) {
  auto backup = std::make_shared<Backup>();
  backup->created = service.deps.clock.now();
  backup->id = make_backup_id(backup->created, service.deps.random.next());
  backup->name = table.name + "$DeletedTableBackup";
  backup->type = BackupType::kSystem;
  backup->available = true;
  backup->expires = backup->created + kSystemBackupLife;
  backup->number = table.number;
  backup->contents = service.contents_of(table.number);
  backup->source = table;
  batch.put(Family::kMeta, backup_key(table.place, table.name, backup->id), encode_backup(*backup));
  return backup;
}

Status trim_backups(Service& service) {
  const Timestamp now = service.deps.clock.now();
  for (const BackupPtr& backup : service.history->backups_after({})) {
    if (!backup->expires || *backup->expires > now) continue;
    if (!service.history->retire_backup(*backup)) continue;
    storage::Batch batch;
    const Table& source = backup->source;
    const std::string prefix = items_prefix(backup->number);
    batch.erase_range(Family::kItems, prefix, storage::prefix_end(prefix));
    batch.erase(Family::kMeta, backup_key(source.place, source.name, backup->id));
    TRY_VOID(service.deps.store.commit_blocking(std::move(batch)));
  }
  return {};
}

}  // namespace penstock::dynamodb
