// The journal of a table: trimming and reading. Numbers are without gaps and times never go back
// (write.cc), so a moment is found by halving.
#include "services/dynamodb/journal.h"

#include <algorithm>
#include <set>
#include <vector>

#include "services/dynamodb/destination.h"
#include "services/dynamodb/history.h"
#include "services/dynamodb/keys.h"
#include "services/dynamodb/limits.h"
#include "services/dynamodb/tables.h"
#include "storage/key.h"

namespace penstock::dynamodb {
namespace {

using storage::Family;

// A restore that was asked for just before its moment leaves the recovery period must find it.
constexpr std::chrono::hours kTrimSlack{1};

std::unexpected<Error> corrupt_journal() {
  return fail(ErrorKind::kCorrupt, "a stored journal record does not decode");
}

// The number of the first or last record there is, 0 when there is none.
Result<std::uint64_t> end_of_journal(Service& service, std::uint32_t journal, bool last,
                                     const storage::Snapshot* snapshot) {
  const std::string prefix = changes_prefix(journal);
  std::optional<std::uint64_t> found = 0;
  TRY_VOID(service.deps.store.scan(Family::kChanges, prefix, storage::prefix_end(prefix),
                                   [&found](std::string_view key, std::string_view) {
                                     found = sequence_of(key);
                                     return storage::Next::kStop;
                                   },
                                   {.reverse = last, .snapshot = snapshot}));
  if (!found) return corrupt_journal();
  return *found;
}

Result<Timestamp> time_of(Service& service, std::uint32_t journal, std::uint64_t sequence,
                          const storage::Snapshot* snapshot) {
  TRY(const auto record,
      service.deps.store.get(Family::kChanges, change_key(journal, sequence), snapshot));
  if (!record) return corrupt_journal();
  return change_time(*record);
}

Status trim_journal(Service& service, std::uint32_t journal, JournalNeed need) {
  const storage::Snapshot snapshot = service.deps.store.snapshot();
  const Timestamp horizon{need.from.micros - 1};
  TRY(std::uint64_t last, journal_position(service, journal, horizon, &snapshot));
  last = std::min(last, need.through);
  TRY(const std::uint64_t first, end_of_journal(service, journal, false, &snapshot));
  if (first == 0 || last < first) return {};
  storage::Batch batch;
  batch.erase_range(Family::kChanges, changes_prefix(journal), change_key(journal, last + 1));
  batch.put(Family::kMeta, trim_key(journal), storage::ValueWriter(1).u64(last).take());
  return service.deps.store.commit_blocking(std::move(batch));
}

// Of all streams and journals that have records.
Result<std::vector<std::uint32_t>> numbers_with_records(Service& service) {
  std::vector<std::uint32_t> numbers;
  std::string from = changes_prefix(0);
  while (true) {
    std::optional<std::uint32_t> found;
    TRY_VOID(service.deps.store.scan(Family::kChanges, from, {},
                                     [&found](std::string_view key, std::string_view) {
                                       found = changes_number(key);
                                       return storage::Next::kStop;
                                     }));
    if (!found) return numbers;
    numbers.push_back(*found);
    if (*found == std::numeric_limits<std::uint32_t>::max()) return numbers;
    from = changes_prefix(*found + 1);
  }
}

// The records of journals that no table has any more.
Status erase_closed_journals(Service& service) {
  // In this order: what has records by now is known to the registry, unless it is gone.
  TRY(const std::vector<std::uint32_t> numbers, numbers_with_records(service));
  std::set<std::uint32_t> known;
  for (const StreamPtr& live : service.registry.all_streams()) known.insert(live->stream.number);
  for (const TablePtr& live : service.registry.all_tables()) {
    if (live->table.stream) known.insert(live->table.stream->number);
    if (live->table.journal) known.insert(live->table.journal->number);
  }
  for (const std::uint32_t number : numbers) {
    if (known.contains(number) || service.history->restores_with_journal(number)) continue;
    const std::string prefix = changes_prefix(number);
    storage::Batch batch;
    batch.erase_range(Family::kChanges, prefix, storage::prefix_end(prefix));
    batch.erase(Family::kMeta, trim_key(number));
    TRY_VOID(service.deps.store.commit_blocking(std::move(batch)));
  }
  return {};
}

}  // namespace

bool needs_journal(const Service& service, const Table& table) {
  return table.recovery.has_value() || destinations_need(service, table).has_value();
}

void release_journal(const Service& service, Table& next) {
  if (!needs_journal(service, next)) close_journal(next);
}

JournalNeed journal_need(const Service& service, const Table& table, Timestamp now) {
  JournalNeed need;
  if (const auto& recovery = table.recovery) {
    const Timestamp earliest = now - std::chrono::days(recovery->days) - kTrimSlack;
    need.from = std::min(need.from, earliest);
  }
  if (const auto from = destinations_need(service, table)) {
    need.through = std::min(need.through, *from - 1);
  }
  return need;
}

Status trim_journals(Service& service) {
  const Timestamp now = service.deps.clock.now();
  for (const TablePtr& live : service.registry.all_tables()) {
    if (!live->table.journal) continue;
    const std::uint32_t number = live->table.journal->number;
    JournalNeed need = journal_need(service, live->table, now);
    need.through = std::min(need.through, service.history->restores_after(number).value_or(
                                              std::numeric_limits<std::uint64_t>::max()));
    TRY_VOID(trim_journal(service, number, need));
  }
  return erase_closed_journals(service);
}

Result<std::uint64_t> journal_position(Service& service, std::uint32_t journal, Timestamp at,
                                       const storage::Snapshot* snapshot) {
  std::optional<storage::Snapshot> own;
  if (snapshot == nullptr) snapshot = &own.emplace(service.deps.store.snapshot());
  TRY(const std::uint64_t first, end_of_journal(service, journal, false, snapshot));
  if (first == 0) return 0;
  TRY(std::uint64_t later, end_of_journal(service, journal, true, snapshot));
  ++later;
  // Records below `earlier` are at or before `at`, those from `later` on after it.
  std::uint64_t earlier = first;
  while (earlier < later) {
    const std::uint64_t middle = earlier + ((later - earlier) / 2);
    TRY(const Timestamp time, time_of(service, journal, middle, snapshot));
    if (time <= at) {
      earlier = middle + 1;
    } else {
      later = middle;
    }
  }
  return later - 1;
}

Status walk_journal(Service& service, std::uint32_t journal, std::uint64_t after,
                    std::uint64_t through,
                    const std::function<storage::Next(std::uint64_t, const ChangeDraft&)>& visit,
                    const storage::Snapshot* snapshot) {
  if (through <= after) return {};
  const std::string end = through == std::numeric_limits<std::uint64_t>::max()
                              ? storage::prefix_end(changes_prefix(journal))
                              : change_key(journal, through + 1);
  Status status;
  TRY_VOID(service.deps.store.scan(Family::kChanges, change_key(journal, after + 1), end,
                                   [&](std::string_view key, std::string_view value) {
                                     const auto sequence = sequence_of(key);
                                     const auto change = view_change(value);
                                     if (!sequence || !change) {
                                       status = corrupt_journal();
                                       return storage::Next::kStop;
                                     }
                                     return visit(*sequence, *change);
                                   },
                                   {.snapshot = snapshot}));
  return status;
}

}  // namespace penstock::dynamodb
