// Copying items: into a backup, and from a backup or from a table's past into a restored table.
//
// A restore writes down how far it is with each page, so a crash costs a page. A backup is of one
// snapshot, which a crash ends: it is begun again.
#include "async/executor.h"
#include "base/log.h"
#include "services/dynamodb/history.h"
#include "services/dynamodb/item.h"
#include "services/dynamodb/keys.h"
#include "services/dynamodb/tables.h"
#include "storage/key.h"

namespace penstock::dynamodb {
namespace {

using storage::Batch;
using storage::Family;

constexpr std::size_t kCopiedPerPage = 1'000;
constexpr std::size_t kCopiedBytesPerPage = 1 << 20;

struct CopyPage {
  std::vector<std::pair<std::string, std::string>> items;  // Key in the store, stored form.
  bool more = false;
};

// Blocks.
Result<CopyPage> read_copy_page(PastItems& past) {
  CopyPage page;
  std::size_t bytes = 0;
  TRY(page.more, past.read([&page, &bytes](std::string_view key, std::string_view item) {
    page.items.emplace_back(key, item);
    bytes += key.size() + item.size();
    const bool full = page.items.size() >= kCopiedPerPage || bytes >= kCopiedBytesPerPage;
    return full ? storage::Next::kStop : storage::Next::kContinue;
  }));
  return page;
}

// The same item's key in a table or backup of that number.
std::string key_under(std::uint32_t number, std::string_view key) {
  std::string out = items_prefix(number);
  key.remove_prefix(out.size());
  return out.append(key);
}

Status add_restored(Batch& batch, const Table& target, std::string_view key, std::string item,
                    Contents& copied) {
  TRY(const AttributeMap decoded, decode_item(item));
  ++copied.items;
  copied.bytes += static_cast<std::int64_t>(item_size(decoded));
  for (const Index& index : target.indexes) {
    const auto entry = valid_index_entry(index, target.keys, decoded);
    if (!entry) continue;
    batch.put(Family::kItems, index_entry_key(index, target.keys, *entry), encode_item(*entry));
  }
  batch.put(Family::kItems, key_under(target.number, key), std::move(item));
  return {};
}

// What the restore read from is erased if it was only kept for it.
void erase_source(Service& service, const RestoreJob& job, Batch& batch) {
  const std::uint32_t number = job.source.items;
  if (service.history->restores_from(number)) return;
  for (const TablePtr& live : service.registry.all_tables()) {
    if (live->table.number == number) return;
  }
  for (const BackupPtr& backup : service.history->backups_after({})) {
    if (backup->number == number) return;
  }
  const std::string prefix = items_prefix(number);
  batch.erase_range(Family::kItems, prefix, storage::prefix_end(prefix));
}

Task<Status> finish_restore(Service& service, RestoreJob job) {
  const auto turn =
      co_await service.control_turns.enter(hash_bytes(table_key(job.place, job.target)));
  const TablePtr live =
      service.registry.find_table(job.place.account, job.place.region, job.target);
  if (live == nullptr || live->table.number != job.target_number) {
    co_return fail(ErrorKind::kInternal, "the table of a restore is gone");
  }
  Table next = live->table;
  next.restore->in_progress = false;
  service.history->erase_restore(job.target_number);
  Batch batch;
  batch.erase(Family::kMeta, restore_key(job.target_number));
  erase_source(service, job, batch);
  service.set_contents(job.target_number, job.copied);
  co_return co_await change_table(service, live, std::move(next), std::move(batch), nullptr);
}

// Ends early, with what is done written down, when the service stops.
Task<Status> fill_restored(Service& service, RestoreJob job) {
  const TablePtr live =
      service.registry.find_table(job.place.account, job.place.region, job.target);
  if (live == nullptr || live->table.number != job.target_number) {
    co_return fail(ErrorKind::kInternal, "the table of a restore is gone");
  }
  PastItems past(service, job.source, job.position, {.from = job.next});
  bool more = true;
  while (more) {
    CO_TRY(CopyPage page,
           co_await run_blocking(service.deps.runtime, [&past] { return read_copy_page(past); }));
    Batch batch;
    for (auto& [key, item] : page.items) {
      CO_TRY_VOID(add_restored(batch, live->table, key, std::move(item), job.copied));
    }
    if (!page.items.empty()) job.next = page.items.back().first + '\0';
    batch.put(Family::kMeta, restore_key(job.target_number), encode_restore(job));
    CO_TRY_VOID(co_await service.deps.store.commit(std::move(batch)));
    more = page.more;
    if (service.gate.stop_token().stop_requested()) co_return Status();
  }
  co_return co_await finish_restore(service, std::move(job));
}

Task<Status> back_up(Service& service, BackupPtr backup, std::shared_ptr<PastItems> past) {
  Batch clean;
  const std::string prefix = items_prefix(backup->number);
  clean.erase_range(Family::kItems, prefix, storage::prefix_end(prefix));
  CO_TRY_VOID(co_await service.deps.store.commit(std::move(clean)));
  Backup done = *backup;
  done.contents = {};
  bool more = true;
  while (more) {
    CO_TRY(CopyPage page,
           co_await run_blocking(service.deps.runtime, [&past] { return read_copy_page(*past); }));
    Batch batch;
    for (auto& [key, item] : page.items) {
      CO_TRY(const AttributeMap decoded, decode_item(item));
      ++done.contents.items;
      done.contents.bytes += static_cast<std::int64_t>(item_size(decoded));
      batch.put(Family::kItems, key_under(backup->number, key), std::move(item));
    }
    CO_TRY_VOID(co_await service.deps.store.commit(std::move(batch)));
    more = page.more;
    if (service.gate.stop_token().stop_requested()) co_return Status();
  }
  done.available = true;
  const Place& place = done.source.place;
  Batch batch;
  batch.put(Family::kMeta, backup_key(place, done.source.name, done.id), encode_backup(done));
  CO_TRY_VOID(co_await service.deps.store.commit(std::move(batch)));
  service.history->put_backup(std::make_shared<Backup>(std::move(done)));
  co_return Status();
}

Task<void> logged(Task<Status> work, std::string what) {
  const Status status = co_await std::move(work);
  if (!status) log::error("dynamodb", what, {{"error", status.error().message}});
}

}  // namespace

void start_backup(Service& service, BackupPtr backup) {
  const PastSource source{.items = backup->source.number, .journal = 0, .keys = {}};
  auto past = std::make_shared<PastItems>(service, source, 0);
  service.gate.spawn(service.deps.runtime.next_loop(),
                     logged(back_up(service, std::move(backup), std::move(past)),
                            "making a backup failed; it is tried again at the next start"));
}

void start_restore(Service& service, RestoreJob job) {
  service.gate.spawn(service.deps.runtime.next_loop(),
                     logged(fill_restored(service, std::move(job)),
                            "restoring a table failed; it goes on at the next start"));
}

}  // namespace penstock::dynamodb
