// The journal of a table: how long its records are kept, and reading them.
//
// It is open while somebody needs it. A new user of it opens it (open_journal in tables.h) with the
// change of the table that begins its use, counts in needs_journal() and journal_need(), and calls
// release_journal() with the change that ends it.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>

#include "services/dynamodb/change.h"
#include "services/dynamodb/dynamodb.h"

namespace penstock::dynamodb {

// Whether anybody needs the table to have a journal.
bool needs_journal(const Service& service, const Table& table);
// Takes the journal away when nobody needs it any more.
void release_journal(const Service& service, Table& next);

// A record may go once it is older than `from` and its number is not above `through`.
struct JournalNeed {
  Timestamp from{std::numeric_limits<std::int64_t>::max()};
  std::uint64_t through = std::numeric_limits<std::uint64_t>::max();
};
// What all its users together still need of the table's journal.
JournalNeed journal_need(const Service& service, const Table& table, Timestamp now);
// Erases what is not needed any more of journals, and all of those that were closed. Restores keep
// what they read. Blocks on the disk.
Status trim_journals(Service& service);

// The number of the last record at or before `at`, 0 when there is none: everything after it
// happened later. Blocks on the disk.
Result<std::uint64_t> journal_position(Service& service, std::uint32_t journal, Timestamp at,
                                       const storage::Snapshot* snapshot = nullptr);
// Shows the records numbered (after, through] in order until `visit` says kStop. The views are
// valid during the call only. Blocks on the disk.
Status walk_journal(Service& service, std::uint32_t journal, std::uint64_t after,
                    std::uint64_t through,
                    const std::function<storage::Next(std::uint64_t, const ChangeDraft&)>& visit,
                    const storage::Snapshot* snapshot = nullptr);

}  // namespace penstock::dynamodb
