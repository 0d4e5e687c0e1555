// How items are written: decide on the stored item (pure), then commit item, index entries and
// stream record in one batch.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "protocol/context.h"
#include "services/dynamodb/errors.h"
#include "services/dynamodb/expression.h"
#include "services/dynamodb/registry.h"
#include "storage/store.h"

namespace penstock::dynamodb {

struct Service;

enum class WriteKind : std::uint8_t { kPut, kUpdate, kDelete, kCheck };

// One item to write. The pointers refer into the request, which outlives it.
struct WriteAction {
  WriteKind kind = WriteKind::kPut;
  const AttributeMap* subject = nullptr;     // The item of a put, else the key.
  const Predicate* condition = nullptr;      // nullptr: none.
  const UpdateExpression* update = nullptr;  // nullptr: an update that changes nothing.
  bool wants_item_when_refused = false;      // ReturnValuesOnConditionCheckFailure = ALL_OLD.
  bool wants_before = false;                 // The reply needs the item as it was.
  bool must_be_new = false;                  // An item with this key is a duplicate (PartiQL).
  bool by_service = false;                   // Not a client's: an item past its time to live.
};

// What becomes of the item. `before` is decoded only when something needs it.
struct WriteOutcome {
  std::optional<std::string> before_bytes;
  std::optional<std::string> after_bytes;
  std::optional<AttributeMap> before;
  std::optional<AttributeMap> after;  // Of an update only; a put's is its subject.
};

// The key in the store of the action's item, or AWS's text why it has none.
Checked<std::string> key_of_action(const Table& table, const WriteAction& action);
// True when `decide` does not need the stored item.
bool is_blind(const Table& table, const WriteAction& action);
// Pure.
ApiResult<WriteOutcome> decide(const Table& table, const WriteAction& action,
                               std::optional<std::string> stored);

// What the write consumes. Requires `before`, where there was one.
Consumption write_cost(const Table& table, const WriteAction& action, const WriteOutcome& outcome);

// What a request writes to one table.
struct TableWrite {
  TablePtr live;
  storage::Batch batch;
  std::vector<std::string>
      changes;  // Stream records, in order; sequence numbers are still to come.
  std::vector<std::string> journal;  // The same for the table's journal.
};

// Adds what the outcome means for the item, its index entries, the stream and the journal. Takes
// the outcome's after_bytes.
void add_outcome(TableWrite& write, const WriteAction& action, const std::string& key,
                 WriteOutcome& outcome, Timestamp now);

// Fixes the order and submits everything as one. nullopt: a table was changed or deleted since it
// was looked up, nothing is submitted, look it up again.
std::optional<storage::Commit> submit(Service& service, std::vector<TableWrite> writes,
                                      storage::Batch extra = {});
std::optional<storage::Commit> submit(Service& service, TableWrite& write);
// Wakes the readers of the table's stream and journal. Call once a write with changes is durable.
void announce(Service& service, const Table& table);

// A whole single-item write. `table_name` may be an ARN.
struct WriteReply {
  TablePtr live;
  WriteOutcome outcome;
};
Reply<WriteReply> write_item(Service& service, const protocol::Context& context,
                             std::string table_name, WriteAction action);

}  // namespace penstock::dynamodb
