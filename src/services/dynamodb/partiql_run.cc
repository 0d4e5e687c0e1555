// INSERT, UPDATE and DELETE as writes of single items.
#include "services/dynamodb/partiql_run.h"

#include "services/dynamodb/dynamodb.h"
#include "services/dynamodb/item.h"
#include "services/dynamodb/limits.h"
#include "services/dynamodb/names.h"
#include "services/dynamodb/partiql_keys.h"

namespace penstock::dynamodb {
namespace {

using CommandKind = PartiqlCommand::Kind;

Predicate is_there(std::string_view function, const std::string& attribute) {
  Predicate out{.kind = Predicate::Kind::kFunction, .function = std::string(function)};
  Operand operand;
  operand.path.elements.push_back({attribute});
  out.operands.push_back(std::move(operand));
  return out;
}

// The item as RETURNING asks; nothing where that is empty.
std::optional<AttributeMap> returned_by(const PartiqlCommand& command, WriteOutcome& outcome) {
  if (!command.returning) return std::nullopt;
  std::optional<AttributeMap>& item =
      command.returning->old_values ? outcome.before : outcome.after;
  if (!item) return std::nullopt;
  if (!command.returning->modified) return std::move(item);
  AttributeMap touched = project(*item, command.update->paths());
  if (touched.empty()) return std::nullopt;
  return touched;
}

}  // namespace

AttributeMap partiql_columns(const PartiqlCommand& command, AttributeMap item) {
  if (command.star) return item;
  AttributeMap out;
  for (const PartiqlColumn& column : command.columns) {
    const AttributeValue* value = find_value(item, column.path);
    if (value != nullptr) out.set(column.name, *value);
  }
  return out;
}

WriteAction PartiqlWrite::action(bool wants_item_when_refused, bool wants_before) const {
  return {.kind = kind,
          .subject = &subject,
          .condition = condition ? &*condition : nullptr,
          .update = update,
          .wants_item_when_refused = wants_item_when_refused,
          .wants_before = wants_before,
          .must_be_new = kind == WriteKind::kPut};
}

Checked<PartiqlWrite> bind_partiql_write(const PartiqlCommand& command, const KeySchema& keys,
                                         bool checks_types) {
  PartiqlWrite write;
  if (command.kind == CommandKind::kInsert) {
    write.subject = command.item;
    if (item_size(write.subject) > kItemBytesMax) {
      return std::unexpected("Item size has exceeded the maximum allowed size");
    }
    return write;
  }
  TRY(PartiqlItem item, partiql_item_of(command, keys));
  if (checks_types) TRY_VOID(check_partiql_key(keys, item.key));
  write.subject = std::move(item.key);
  switch (command.kind) {
    case CommandKind::kUpdate: {
      // An UPDATE makes no item.
      Predicate there = is_there("attribute_exists", keys.hash.name);
      write.kind = WriteKind::kUpdate;
      write.update = &*command.update;
      write.condition = item.condition ? all_of({&there, &*item.condition}) : std::move(there);
      break;
    }
    case CommandKind::kDelete: {
      // A DELETE of what is not there is none, whatever its conditions.
      write.kind = WriteKind::kDelete;
      if (!item.condition) break;
      Predicate either{.kind = Predicate::Kind::kOr};
      either.conditions.push_back(is_there("attribute_not_exists", keys.hash.name));
      either.conditions.push_back(std::move(*item.condition));
      write.condition = std::move(either);
      break;
    }
    default: write.kind = WriteKind::kCheck; write.condition = std::move(item.condition);
  }
  return write;
}

Reply<PartiqlWriteReply> run_partiql_write(Service& service, const protocol::Context& context,
                                           const PartiqlCommand& command, bool wants_item,
                                           bool wants_capacity) {
  CO_TRY(const TablePtr live, look_up_table(service, context, command.table));
  CO_TRY(const PartiqlWrite write, checked(bind_partiql_write(command, live->table.keys, true)));
  const WriteAction action =
      write.action(wants_item, wants_capacity || command.returning.has_value());
  CO_TRY(WriteReply reply, co_await write_item(service, context, command.table, action));
  PartiqlWriteReply out{.live = reply.live, .returned = {}, .consumption = {}};
  WriteOutcome& outcome = reply.outcome;
  if (wants_capacity) {
    const AttributeMap* after = outcome.after ? &*outcome.after : nullptr;
    if (write.kind == WriteKind::kPut) after = &write.subject;
    out.consumption =
        write_consumption(reply.live->table, outcome.before ? &*outcome.before : nullptr, after);
  }
  out.returned = returned_by(command, outcome);
  co_return out;
}

}  // namespace penstock::dynamodb
