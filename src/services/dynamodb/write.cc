// How items are written. The order of a write is fixed by its table's sequencer; the item's turn
// keeps read-modify-write whole. Neither is held while the disk syncs.
#include "services/dynamodb/write.h"

#include <algorithm>

#include "async/turns.h"
#include "base/check.h"
#include "services/dynamodb/capacity.h"
#include "services/dynamodb/change.h"
#include "services/dynamodb/condition.h"
#include "services/dynamodb/dynamodb.h"
#include "services/dynamodb/expiry.h"
#include "services/dynamodb/item.h"
#include "services/dynamodb/key_paths.h"
#include "services/dynamodb/keys.h"
#include "services/dynamodb/names.h"
#include "services/dynamodb/throttle.h"
#include "services/dynamodb/update.h"

namespace penstock::dynamodb {
namespace {

using storage::Family;

// The item after an update of `before` (or of nothing), or nullopt when nothing comes to be.
ApiResult<std::optional<AttributeMap>> updated(const Table& table, const WriteAction& action,
                                               const std::optional<AttributeMap>& before) {
  AttributeMap start = before ? *before : *action.subject;
  if (action.update == nullptr) return start;
  auto after = apply_update(*action.update, start);
  if (!after) return invalid(after.error());
  if (!before && action.update->sets.empty() && action.update->adds.empty()) {
    return std::nullopt;  // REMOVE and DELETE alone create nothing.
  }
  if (auto ok = check_updated_item(table, *after); !ok) return invalid(ok.error());
  return std::move(*after);
}

const AttributeMap* after_of(const WriteAction& action, const WriteOutcome& outcome) {
  if (!outcome.after_bytes) return nullptr;
  return outcome.after ? &*outcome.after : action.subject;
}

void add_index_entries(TableWrite& write, const WriteAction& action, const WriteOutcome& outcome) {
  const Table& table = write.live->table;
  const AttributeMap* before = outcome.before ? &*outcome.before : nullptr;
  const AttributeMap* after = after_of(action, outcome);
  for (const Index& index : table.indexes) {
    const auto old_entry = before ? index_entry(index, table.keys, *before) : std::nullopt;
    const auto new_entry = after ? index_entry(index, table.keys, *after) : std::nullopt;
    std::string old_key, new_key;
    if (old_entry) old_key = index_entry_key(index, table.keys, *old_entry);
    if (new_entry) new_key = index_entry_key(index, table.keys, *new_entry);
    if (old_entry && old_key != new_key) write.batch.erase(Family::kItems, std::move(old_key));
    if (new_entry && (new_key != old_key || *new_entry != *old_entry)) {
      write.batch.put(Family::kItems, std::move(new_key), encode_item(*new_entry));
    }
  }
}

void add_expiry(TableWrite& write, const WriteAction& action, const std::string& key,
                const WriteOutcome& outcome) {
  const Table& table = write.live->table;
  const AttributeMap* after = after_of(action, outcome);
  std::optional<std::uint64_t> old_second, new_second;
  if (outcome.before) old_second = expiry_of(*table.time_to_live, *outcome.before);
  if (after != nullptr) new_second = expiry_of(*table.time_to_live, *after);
  if (old_second == new_second) return;
  if (old_second) write.batch.erase(Family::kItems, expiry_key(table.number, *old_second, key));
  if (!new_second) return;
  write.batch.put(Family::kItems, expiry_key(table.number, *new_second, key), {});
  note_expiry(*write.live->sequencer, *new_second);
}

std::string change_of(const Table& table, const WriteAction& action, const WriteOutcome& outcome,
                      Timestamp now, std::string_view view) {
  const bool wants_new = view == "NEW_IMAGE" || view == "NEW_AND_OLD_IMAGES";
  const bool wants_old = view == "OLD_IMAGE" || view == "NEW_AND_OLD_IMAGES";
  const std::string keys = encode_item(key_of(table.keys, *action.subject));
  ChangeDraft draft{.created = now, .keys = keys, .by_service = action.by_service};
  if (!outcome.before_bytes) {
    draft.kind = ChangeKind::kInsert;
  } else {
    draft.kind = outcome.after_bytes ? ChangeKind::kModify : ChangeKind::kRemove;
  }
  if (wants_new && outcome.after_bytes) draft.new_image = *outcome.after_bytes;
  if (wants_old && outcome.before_bytes) draft.old_image = *outcome.before_bytes;
  return encode_change(draft);
}

// A write that its condition refuses is charged too; one that is not valid is not.
std::optional<Exhausted> charge_write(Charges& charges, const TablePtr& live,
                                      const WriteAction& action,
                                      const ApiResult<WriteOutcome>& outcome,
                                      const std::optional<std::string>& stored) {
  if (outcome) return charges.take(live, write_cost(live->table, action, *outcome));
  if (outcome.error().code != "ConditionalCheckFailedException") return std::nullopt;
  return charges.take(live, refused_consumption(stored));
}

// Requires the sequencer's mutex.
bool is_current(const TableWrite& write) {
  const Sequencer& sequencer = *write.live->sequencer;
  return !sequencer.deleted && sequencer.version == write.live->table.version;
}

// The times in a journal never go back, so a moment has one place in it. All records of a write
// have one time, so no moment is between them. Requires the sequencer's mutex.
void keep_journal_in_time(TableWrite& write) {
  if (write.journal.empty()) return;
  Timestamp& last = write.live->sequencer->last_journal_time;
  const Result<Timestamp> time = change_time(write.journal.front());
  CHECK(time.has_value());
  if (*time >= last) {
    last = *time;
    return;
  }
  for (std::string& change : write.journal) {
    auto restamped = restamp_change(change, last);
    CHECK(restamped.has_value());
    change = std::move(*restamped);
  }
}

// Requires the sequencer's mutex.
void number_changes(TableWrite& write) {
  for (std::string& change : write.changes) {
    const std::uint64_t sequence = ++write.live->sequencer->last_sequence;
    write.batch.put(Family::kChanges, change_key(write.live->table.stream->number, sequence),
                    std::move(change));
  }
  keep_journal_in_time(write);
  for (std::string& change : write.journal) {
    const std::uint64_t sequence = ++write.live->sequencer->last_journal;
    write.batch.put(Family::kChanges, change_key(write.live->table.journal->number, sequence),
                    std::move(change));
  }
}

}  // namespace

Checked<std::string> key_of_action(const Table& table, const WriteAction& action) {
  if (action.kind == WriteKind::kPut) return check_item(table, *action.subject);
  auto key = check_key(table, *action.subject);
  if (!key || action.update == nullptr) return key;
  if (auto ok = check_updated_paths(table, *action.update); !ok) return std::unexpected(ok.error());
  return key;
}

bool is_blind(const Table& table, const WriteAction& action) {
  return action.kind != WriteKind::kUpdate && action.condition == nullptr && !action.wants_before &&
         !action.must_be_new && !table.stream && !table.journal && table.indexes.empty() &&
         !table.tracks_expiry();
}

ApiResult<WriteOutcome> decide(const Table& table, const WriteAction& action,
                               std::optional<std::string> stored) {
  WriteOutcome outcome;
  outcome.before_bytes = std::move(stored);
  const bool needs_before = action.kind == WriteKind::kUpdate || action.condition != nullptr ||
                            action.wants_before || !table.indexes.empty() || table.tracks_expiry();
  if (outcome.before_bytes && needs_before) {
    auto before = decode_item(*outcome.before_bytes);
    if (!before) return std::unexpected(ApiError(before.error()));
    outcome.before = std::move(*before);
  }
  if (action.must_be_new && outcome.before_bytes) return duplicate_item();
  if (action.condition != nullptr) {
    static const AttributeMap kNothing;
    const bool found = outcome.before.has_value();
    if (!holds(*action.condition, found ? *outcome.before : kNothing)) {
      return conditional_check_failed(found && action.wants_item_when_refused ? &*outcome.before
                                                                              : nullptr);
    }
  }
  switch (action.kind) {
    case WriteKind::kPut: outcome.after_bytes = encode_item(*action.subject); break;
    case WriteKind::kDelete: break;
    case WriteKind::kCheck: outcome.after_bytes = outcome.before_bytes; break;
    case WriteKind::kUpdate: {
      auto after = updated(table, action, outcome.before);
      if (!after) return std::unexpected(std::move(after).error());
      outcome.after = std::move(*after);
      if (outcome.after) outcome.after_bytes = encode_item(*outcome.after);
      break;
    }
  }
  return outcome;
}

Consumption write_cost(const Table& table, const WriteAction& action, const WriteOutcome& outcome) {
  const AttributeMap* before = outcome.before ? &*outcome.before : nullptr;
  switch (action.kind) {
    case WriteKind::kPut: return write_consumption(table, before, action.subject);
    case WriteKind::kDelete: return write_consumption(table, before, nullptr);
    case WriteKind::kCheck: return write_consumption(table, before, before);
    case WriteKind::kUpdate:
      return write_consumption(table, before, outcome.after ? &*outcome.after : nullptr);
  }
  return {};
}

void add_outcome(TableWrite& write, const WriteAction& action, const std::string& key,
                 WriteOutcome& outcome, Timestamp now) {
  const Table& table = write.live->table;
  const bool blind = is_blind(table, action);
  // Stored forms are canonical: equal bytes are equal items, and a write that changes nothing
  // leaves no stream record (nor anything else to write; the commit is then a barrier for what it
  // was decided on).
  if (!blind && outcome.before_bytes == outcome.after_bytes) return;
  if (table.stream) {
    write.changes.push_back(change_of(table, action, outcome, now, table.stream->view_type));
  }
  if (table.journal) {
    write.journal.push_back(change_of(table, action, outcome, now, "NEW_AND_OLD_IMAGES"));
  }
  if (!table.indexes.empty()) add_index_entries(write, action, outcome);
  if (table.tracks_expiry()) add_expiry(write, action, key, outcome);
  if (!outcome.after_bytes) {
    write.batch.erase(Family::kItems, key);
  } else {
    write.batch.put(Family::kItems, key, std::move(*outcome.after_bytes));
  }
}

std::optional<storage::Commit> submit(Service& service, TableWrite& write) {
  const std::lock_guard lock(write.live->sequencer->mutex);
  if (!is_current(write)) return std::nullopt;
  number_changes(write);
  return service.deps.store.submit(std::move(write.batch));
}

std::optional<storage::Commit> submit(Service& service, std::vector<TableWrite> writes,
                                      storage::Batch extra) {
  // Sequencers are locked in one order everywhere.
  std::ranges::sort(writes, {}, [](const TableWrite& write) { return write.live->table.number; });
  std::vector<std::unique_lock<std::mutex>> locks;
  for (TableWrite& write : writes) {
    locks.emplace_back(write.live->sequencer->mutex);
    if (!is_current(write)) return std::nullopt;
  }
  storage::Batch batch = std::move(extra);
  for (TableWrite& write : writes) {
    number_changes(write);
    batch.append(std::move(write.batch));
  }
  return service.deps.store.submit(std::move(batch));
}

void announce(Service& service, const Table& table) {
  if (table.stream) service.notifier.notify(table.stream->arrivals_key);
  if (table.journal) service.notifier.notify(table.journal->arrivals_key);
}

Reply<WriteReply> write_item(Service& service, const protocol::Context& context,
                             std::string table_name, WriteAction action) {
  const bool metered = service.options.throttle && !action.by_service;
  if (metered) action.wants_before = true;
  while (true) {
    CO_TRY(TableWrite write, look_up_for_write(service, context, table_name));
    const Table& table = write.live->table;
    auto key = key_of_action(table, action);
    if (!key) co_return invalid(std::move(key).error());

    auto turn = co_await service.turns.enter(hash_bytes(*key));
    std::optional<std::string> stored;
    if (!is_blind(table, action)) {
      CO_TRY(stored, service.deps.store.latest(Family::kItems, *key));
    }
    const std::optional<std::string> known = metered ? stored : std::nullopt;
    auto outcome = decide(table, action, std::move(stored));
    Charges charges(service, Access::kWrite);
    if (metered) {
      if (const auto exhausted = charge_write(charges, write.live, action, outcome, known))
        co_return throttled(*exhausted);
    }
    if (outcome) add_outcome(write, action, *key, *outcome, service.deps.clock.now());
    // A refusal was decided on what may not be durable yet; its batch is empty and merely waits for
    // that.
    const auto commit = submit(service, write);
    turn.leave();
    if (!commit) {
      charges.give_back();
      continue;
    }
    CO_TRY_VOID(co_await commit->durable());
    if (!outcome) co_return std::unexpected(std::move(outcome).error());
    if (!write.changes.empty() || !write.journal.empty()) announce(service, table);
    co_return WriteReply{std::move(write.live), std::move(*outcome)};
  }
}

}  // namespace penstock::dynamodb
