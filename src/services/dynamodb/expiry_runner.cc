// Deleting what is past its time to live. Each item is read again under its turn and deleted only
// when it has expired still, so a write that prolongs its life wins.
#include <limits>

#include "async/executor.h"
#include "base/log.h"
#include "services/dynamodb/expiry.h"
#include "services/dynamodb/item.h"
#include "services/dynamodb/keys.h"
#include "services/dynamodb/limits.h"
#include "services/dynamodb/tables.h"
#include "services/dynamodb/write.h"
#include "storage/key.h"

namespace penstock::dynamodb {
namespace {

using storage::Family;

constexpr std::size_t kExpiriesPerRound = 512;
constexpr std::size_t kItemsPerExpiryScan = 8'192;
constexpr std::int64_t kNothingExpires = std::numeric_limits<std::int64_t>::max();

struct DuePage {
  std::vector<ExpiryEntry> entries;
  std::optional<std::uint64_t> next;  // The second of the first entry that is not due yet.
  std::string from;                   // Where the next page begins; empty: this was the last.
};

// Blocks.
Result<DuePage> read_due(Service& service, std::uint32_t number, const std::string& from,
                         std::uint64_t now) {
  DuePage page;
  Status status;
  TRY_VOID(service.deps.store.scan(
      Family::kItems, from, storage::prefix_end(expiries_prefix(number)),
      [&](std::string_view key, std::string_view) {
        auto entry = decode_expiry_key(key);
        if (!entry) {
          status = fail(ErrorKind::kCorrupt, "a stored expiry does not decode");
          return storage::Next::kStop;
        }
        if (entry->second > now) {
          page.next = entry->second;
          return storage::Next::kStop;
        }
        if (page.entries.size() == kExpiriesPerRound) {
          page.from = key;
          return storage::Next::kStop;
        }
        page.entries.push_back(std::move(*entry));
        return storage::Next::kContinue;
      }));
  if (!status) return std::unexpected(status.error());
  return page;
}

// Submits the item's deletion. False: the table is gone, or its time to live is off.
Task<Result<bool>> expire_one(Service& service, TablePtr known, ExpiryEntry entry) {
  while (true) {
    const Place& place = known->table.place;
    const TablePtr live =
        service.registry.find_table(place.account, place.region, known->table.name);
    if (live == nullptr || live->table.number != known->table.number) co_return false;
    const Table& table = live->table;
    if (!table.tracks_expiry()) co_return false;
    auto turn = co_await service.turns.enter(hash_bytes(entry.item_key));
    CO_TRY(auto stored, service.deps.store.latest(Family::kItems, entry.item_key));
    TableWrite write{live, {}, {}, {}};
    AttributeMap item;
    if (stored) {
      CO_TRY(item, decode_item(*stored));
    }
    if (!stored || expiry_of(*table.time_to_live, item) != entry.second) {
      // Written anew since the entry was read; its own entry is in the store.
      write.batch.erase(Family::kItems, expiry_key(table.number, entry.second, entry.item_key));
    } else {
      const AttributeMap key = key_of(table.keys, item);
      const WriteAction action{.kind = WriteKind::kDelete, .subject = &key, .by_service = true};
      auto outcome = decide(table, action, std::move(stored));
      if (!outcome) co_return fail(ErrorKind::kCorrupt, outcome.error().message);
      add_outcome(write, action, entry.item_key, *outcome, service.deps.clock.now());
    }
    if (submit(service, write)) co_return true;
  }
}

// A table's items that have expired, page by page.
Task<Status> expire_table(Service& service, TablePtr live) {
  const std::uint32_t number = live->table.number;
  const std::int64_t now = service.deps.clock.now().seconds();
  const std::int64_t oldest =
      now - std::chrono::duration_cast<std::chrono::seconds>(kExpiryAgeMax).count();
  std::string from =
      expiries_from(number, oldest > 0 ? static_cast<std::uint64_t>(oldest) : std::uint64_t{0});
  // Writes from here on lower the hint themselves.
  live->sequencer->next_expiry = kNothingExpires;
  while (!from.empty() && !service.gate.stop_token().stop_requested()) {
    CO_TRY(DuePage page,
           co_await run_blocking(service.deps.runtime, [&service, number, &from, now] {
             return read_due(service, number, from, static_cast<std::uint64_t>(now));
           }));
    for (ExpiryEntry& entry : page.entries) {
      CO_TRY(const bool there, co_await expire_one(service, live, std::move(entry)));
      if (!there) co_return Status();
    }
    if (!page.entries.empty()) {
      // A barrier per page: bounds what is pending, and readers wake to what is durable.
      CO_TRY_VOID(co_await service.deps.store.commit({}));
      const Table& table = live->table;
      const TablePtr current =
          service.registry.find_table(table.place.account, table.place.region, table.name);
      if (current != nullptr) announce(service, current->table);
    }
    if (page.next) note_expiry(*live->sequencer, *page.next);
    from = std::move(page.from);
  }
  co_return Status();
}

Task<Status> expire(Service& service, bool all) {
  const std::int64_t now = service.deps.clock.now().seconds();
  for (const TablePtr& live : service.registry.all_tables()) {
    if (!live->table.tracks_expiry()) continue;
    if (!all && live->sequencer->next_expiry > now) continue;
    CO_TRY_VOID(co_await expire_table(service, live));
  }
  co_return Status();
}

struct ItemPage {
  std::vector<std::string> keys;  // Of the items that can expire.
  std::string from;               // Empty: that was the last page.
};

// Blocks.
Result<ItemPage> read_expiring(Service& service, const Table& table, const std::string& from) {
  ItemPage page;
  std::size_t seen = 0;
  Status status;
  TRY_VOID(service.deps.store.scan(
      Family::kItems, from, storage::prefix_end(items_prefix(table.number)),
      [&](std::string_view key, std::string_view value) {
        if (++seen > kItemsPerExpiryScan || page.keys.size() == kExpiriesPerRound) {
          page.from = key;
          return storage::Next::kStop;
        }
        const auto item = decode_item(value);
        if (!item) {
          status = std::unexpected(item.error());
          return storage::Next::kStop;
        }
        if (expiry_of(*table.time_to_live, *item)) page.keys.emplace_back(key);
        return storage::Next::kContinue;
      }));
  if (!status) return std::unexpected(status.error());
  return page;
}

// True when it is still the time to live that was enabled then.
bool is_same(const Table& table, const Table& then) {
  return table.number == then.number && table.tracks_expiry() &&
         table.time_to_live->changed == then.time_to_live->changed;
}

// Writes the entry of one item. False: time to live was changed or the table is gone.
Task<Result<bool>> index_one(Service& service, TablePtr known, std::string key) {
  const Place& place = known->table.place;
  while (true) {
    const TablePtr live =
        service.registry.find_table(place.account, place.region, known->table.name);
    if (live == nullptr || !is_same(live->table, known->table)) co_return false;
    auto turn = co_await service.turns.enter(hash_bytes(key));
    CO_TRY(const auto stored, service.deps.store.latest(Family::kItems, key));
    if (!stored) co_return true;
    CO_TRY(const AttributeMap item, decode_item(*stored));
    const auto second = expiry_of(*live->table.time_to_live, item);
    if (!second) co_return true;
    TableWrite write{live, {}, {}, {}};
    write.batch.put(Family::kItems, expiry_key(live->table.number, *second, key), {});
    note_expiry(*live->sequencer, *second);
    if (submit(service, write)) co_return true;
  }
}

Task<Result<bool>> index_all(Service& service, TablePtr known) {
  std::string from = items_prefix(known->table.number);
  while (!from.empty()) {
    if (service.gate.stop_token().stop_requested()) co_return false;
    CO_TRY(ItemPage page, co_await run_blocking(service.deps.runtime, [&service, &known, &from] {
             return read_expiring(service, known->table, from);
           }));
    for (std::string& key : page.keys) {
      CO_TRY(const bool there, co_await index_one(service, known, std::move(key)));
      if (!there) co_return false;
    }
    CO_TRY_VOID(co_await service.deps.store.commit({}));
    from = std::move(page.from);
  }
  co_return true;
}

Task<Status> finish_index(Service& service, TablePtr known) {
  const Place& place = known->table.place;
  const auto turn =
      co_await service.control_turns.enter(hash_bytes(table_key(place, known->table.name)));
  const TablePtr live = service.registry.find_table(place.account, place.region, known->table.name);
  if (live == nullptr || !is_same(live->table, known->table)) co_return Status();
  Table next = live->table;
  next.time_to_live->indexed = true;
  CO_TRY_VOID(co_await change_table(service, live, std::move(next), {}, nullptr));
  live->sequencer->next_expiry = 0;  // What was found may be due.
  co_return Status();
}

Task<void> backfill_expiries(Service& service, Place place, std::string table) {
  const TablePtr live = service.registry.find_table(place.account, place.region, table);
  if (live == nullptr || !live->table.tracks_expiry()) co_return;
  const Result<bool> indexed = co_await index_all(service, live);
  Status status;
  if (!indexed) status = std::unexpected(indexed.error());
  if (indexed && *indexed) status = co_await finish_index(service, live);
  if (!status) {
    log::error("dynamodb", "enabling time to live on the items of a table failed",
               {{"table", table}, {"error", status.error().message}});
  }
}

}  // namespace

void start_expiry_backfill(Service& service, Place place, std::string table) {
  service.gate.spawn(service.deps.runtime.next_loop(),
                     backfill_expiries(service, std::move(place), std::move(table)));
}

Task<Status> expire_items(Service& service) { return expire(service, true); }
Task<Status> expire_due_items(Service& service) { return expire(service, false); }

Task<Status> keep_expiring(Service& service) {
  const std::stop_token stop = service.gate.stop_token();
  std::chrono::seconds since_sweep{0};
  while (true) {
    co_await sleep_for(service.options.expiry_interval, stop);
    if (stop.stop_requested()) co_return Status();
    since_sweep += service.options.expiry_interval;
    // A hint can be lost to a sweep that runs while its write is not durable yet.
    const bool all = since_sweep >= service.options.expiry_sweep_interval;
    if (all) since_sweep = {};
    CO_TRY_VOID(co_await expire(service, all));
  }
}

}  // namespace penstock::dynamodb
