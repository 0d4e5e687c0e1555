// Backups that exist and restores that are under way, in memory, and the background work on them.
//
// What a restore reads (the items and the journal of its source, or a backup) stays until it is
// done, also when the source is deleted meanwhile: whoever erases asks here first. Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "services/dynamodb/backup.h"
#include "services/dynamodb/errors.h"
#include "services/dynamodb/past.h"

namespace penstock::dynamodb {

using BackupPtr = std::shared_ptr<const Backup>;

// A table being filled from the past of another one or from a backup.
struct RestoreJob {
  Place place;
  std::string target;
  std::uint32_t target_number = 0;
  PastSource source;
  std::uint64_t position = 0;  // In the source's journal.
  std::string next;            // Items before this key of the source are there; empty: none.
  Contents copied;
};
std::string encode_restore(const RestoreJob& job);
Result<RestoreJob> decode_restore(std::string_view bytes);

class History {
 public:
  BackupPtr find_backup(std::string_view arn) const;
  // Adds or replaces.
  void put_backup(BackupPtr backup);
  void erase_backup(std::string_view arn);
  // Erases it unless it is being restored from; tells whether it did.
  bool retire_backup(const Backup& backup);
  // In ARN order after `after`.
  std::vector<BackupPtr> backups_after(std::string_view after) const;
  // True while a backup of this table is being made.
  bool is_backed_up_now(std::uint32_t table_number) const;

  // What the job reads is kept from here on. False, and nothing is done, when it reads a backup
  // that is gone.
  bool begin_restore(const RestoreJob& job, const std::string& backup_arn);
  void put_restore(RestoreJob job);
  void erase_restore(std::uint32_t target_number);
  std::vector<RestoreJob> restores() const;
  bool restores_from(std::uint32_t items_number) const;
  bool restores_with_journal(std::uint32_t journal_number) const;
  // Records of the journal after this one are needed by restores; nullopt: none is.
  std::optional<std::uint64_t> restores_after(std::uint32_t journal_number) const;

 private:
  bool reads_items(std::uint32_t items_number) const;  // Requires the mutex.

  mutable std::mutex mutex_;
  std::map<std::string, BackupPtr, std::less<>> backups_;  // By ARN.
  std::map<std::uint32_t, RestoreJob> restores_;           // By the target's number.
};

// BackupNotFoundException when there is none of that name here.
ApiResult<BackupPtr> look_up_backup(Service& service, const protocol::Context& context,
                                    const std::string& arn);

// Loads both. At start, after the tables and before any request.
Status load_history(Service& service);
// Goes on with what was interrupted. At start, before any request.
void resume_history(Service& service);

// Copies the items of the backup's table, as they are when this is called, in the background.
void start_backup(Service& service, BackupPtr backup);
// Fills the target in the background and then makes it ACTIVE.
void start_restore(Service& service, RestoreJob job);

// Adds to `batch` that the deleted table stays as a backup of the system, and returns it.
BackupPtr keep_as_backup(Service& service, const Table& table, storage::Batch& batch);
// Erases backups of the system past their time. Blocks on the disk.
Status trim_backups(Service& service);

}  // namespace penstock::dynamodb
