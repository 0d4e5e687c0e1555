// Filling a new global index. Each item is read again under its turn, so that the entry written is
// that of the item as it is then; entries of concurrent writes come out the same.
#include "services/dynamodb/backfill.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "services/dynamodb/item.h"
#include "services/dynamodb/keys.h"
#include "services/dynamodb/tables.h"
#include "services/dynamodb/write.h"
#include "storage/key.h"

namespace penstock::dynamodb {
namespace {

using storage::Family;

constexpr std::size_t kKeysPerRound = 512;

// The keys of the next items from `from` on. Blocks.
Result<std::vector<std::string>> next_keys(Service& service, std::uint32_t number,
                                           const std::string& from) {
  std::vector<std::string> keys;
  TRY_VOID(service.deps.store.scan(Family::kItems, from, storage::prefix_end(items_prefix(number)),
                                   [&keys](std::string_view key, std::string_view) {
                                     keys.emplace_back(key);
                                     return keys.size() < kKeysPerRound ? storage::Next::kContinue
                                                                        : storage::Next::kStop;
                                   }));
  return keys;
}

// Writes the index entry of one item. False: the table or the index is gone.
Task<Result<bool>> fill_one(Service& service, Place place, std::string table_name,
                            std::uint32_t index_number, std::string key) {
  while (true) {
    const TablePtr live = service.registry.find_table(place.account, place.region, table_name);
    if (live == nullptr) co_return false;
    const Table& table = live->table;
    const auto index = std::ranges::find(table.indexes, index_number, &Index::number);
    if (index == table.indexes.end()) co_return false;
    auto turn = co_await service.turns.enter(hash_bytes(key));
    CO_TRY(const auto stored, service.deps.store.latest(Family::kItems, key));
    if (!stored) co_return true;
    CO_TRY(const AttributeMap item, decode_item(*stored));
    const auto entry = valid_index_entry(*index, table.keys, item);
    if (!entry) co_return true;
    TableWrite write{live, {}, {}};
    write.batch.put(Family::kItems, index_entry_key(*index, table.keys, *entry),
                    encode_item(*entry));
    if (submit(service, write)) co_return true;
  }
}

Task<Result<bool>> fill(Service& service, Place place, std::string table_name,
                        std::uint32_t table_number, std::uint32_t index_number) {
  std::string from = items_prefix(table_number);
  while (!service.gate.stop_token().stop_requested()) {
    CO_TRY(const std::vector<std::string> keys,
           co_await run_blocking(service.deps.runtime, [&service, table_number, &from] {
             return next_keys(service, table_number, from);
           }));
    if (keys.empty()) co_return true;
    for (const std::string& key : keys) {
      CO_TRY(const bool there, co_await fill_one(service, place, table_name, index_number, key));
      if (!there) co_return false;
    }
    // A barrier per round: bounds what is pending.
    CO_TRY_VOID(co_await service.deps.store.commit({}));
    from = keys.back() + '\0';
  }
  co_return false;
}

Task<void> backfill(Service& service, Place place, std::string table_name, std::string index_name) {
  TablePtr live = service.registry.find_table(place.account, place.region, table_name);
  const Index* index = live != nullptr ? live->table.find_index(index_name) : nullptr;
  if (index == nullptr) co_return;
  const std::uint32_t number = index->number;
  const Result<bool> filled = co_await fill(service, place, table_name, live->table.number, number);
  if (!filled) {
    log::error("dynamodb", "filling an index failed",
               {{"index", index_name}, {"error", filled.error().message}});
    co_return;
  }
  if (!*filled) co_return;
  const auto turn = co_await service.control_turns.enter(hash_bytes(table_key(place, table_name)));
  live = service.registry.find_table(place.account, place.region, table_name);
  if (live == nullptr) co_return;
  Table next = live->table;
  const auto ready = std::ranges::find(next.indexes, number, &Index::number);
  if (ready == next.indexes.end()) co_return;
  ready->status = IndexStatus::kActive;
  const Status changed = co_await change_table(service, live, std::move(next), {}, nullptr);
  if (!changed) {
    log::error("dynamodb", "finishing an index failed",
               {{"index", index_name}, {"error", changed.error().message}});
  }
}

}  // namespace

void start_backfill(Service& service, Place place, std::string table, std::string index) {
  service.gate.spawn(service.deps.runtime.next_loop(),
                     backfill(service, std::move(place), std::move(table), std::move(index)));
}

}  // namespace penstock::dynamodb
