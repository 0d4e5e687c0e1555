// ExecuteTransaction: up to 100 statements, all or none. Reads are a TransactGetItems; writes, with
// EXISTS() as condition checks, are one commit like TransactWriteItems.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "services/dynamodb/dynamodb.h"
#include "services/dynamodb/item.h"
#include "services/dynamodb/keys.h"
#include "services/dynamodb/limits.h"
#include "services/dynamodb/many_writes.h"
#include "services/dynamodb/names.h"
#include "services/dynamodb/operations.h"
#include "services/dynamodb/partiql_keys.h"
#include "services/dynamodb/partiql_plan.h"
#include "services/dynamodb/partiql_run.h"
#include "services/dynamodb/token.h"

namespace penstock::dynamodb {
namespace {

constexpr const char* kTwoOnOneItem =
    "Transaction request cannot include multiple operations on one item";
constexpr const char* kWrongKey = "The provided key element does not match the schema";

std::unexpected<ApiError> invalid_statement(std::size_t index, std::string_view text) {
  return invalid(fmt::format("Validation failed in TransactStatements[{}]: {}", index, text));
}

ApiResult<std::vector<PartiqlCommand>> compile_all(const api::ExecuteTransactionInput& input) {
  const auto& statements = input.transact_statements;
  for (const api::ParameterizedStatement& statement : statements) {
    TRY_VOID(checked(check_partiql_parameters(statement.parameters)));
  }
  std::vector<PartiqlCommand> commands;
  std::size_t reads = 0;
  for (std::size_t i = 0; i < statements.size(); ++i) {
    auto command = compile_partiql(statements[i].statement, statements[i].parameters);
    if (!command) return invalid_statement(i, command.error());
    reads += command->is_read() ? 1 : 0;
    commands.push_back(std::move(*command));
  }
  if (reads != 0 && reads != commands.size()) {
    return invalid(
        "ExecuteTransaction API does not support both read and write operations in the same "
        "request.");
  }
  return commands;
}

// A statement on its table: a read's key, or a write.
struct Bound {
  TablePtr live;
  PartiqlWrite write;  // Of a read: only the subject, which is the key.
};

// What is wrong with the statement as such, given its table.
Checked<void> check_statement(const PartiqlCommand& command, const Table& table) {
  if (command.index) {
    return std::unexpected(command.is_read()
                               ? "Reads on indices are not supported within transactions."
                               : "Operations on indices are not supported in transactions");
  }
  if (command.returning) {
    return std::unexpected("RETURNING clause is not supported in ExecuteTransaction.");
  }
  if (command.is_read() && !partiql_key_of(command, table.keys)) {
    TRY_VOID(plan_partiql(command, table, false));
    return std::unexpected(
        "Select statements within ExecuteTransaction must specify the primary key in the where "
        "clause.");
  }
  if (command.kind == PartiqlCommand::Kind::kExists) {
    TRY_VOID(partiql_item_of(command, table.keys));
  }
  return {};
}

// A statement whose fault is its item's, which cancels the transaction.
Checked<PartiqlWrite> bind_statement(const PartiqlCommand& command, const Table& table) {
  PartiqlWrite write;
  if (command.is_read()) {
    write.subject = *partiql_key_of(command, table.keys);
  } else {
    auto bound = bind_partiql_write(command, table.keys, false);
    if (!bound) {
      return std::unexpected(command.kind == PartiqlCommand::Kind::kInsert ? bound.error()
                                                                           : kWrongKey);
    }
    write = std::move(*bound);
  }
  const bool is_item = command.kind == PartiqlCommand::Kind::kInsert;
  auto key = is_item ? check_item(table, write.subject) : check_key(table, write.subject);
  if (!key) return std::unexpected(std::move(key).error());
  return write;
}

ApiResult<std::vector<Bound>> bind_all(Service& service, const Context& context,
                                       const std::vector<PartiqlCommand>& commands) {
  std::vector<Bound> all(commands.size());
  std::vector<CancellationReason> reasons(commands.size());
  bool cancelled = false;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    auto live = look_up_table(service, context, commands[i].table);
    if (!live) {
      if (live.error().code != "ResourceNotFoundException") {
        return invalid_statement(i, live.error().message);
      }
      reasons[i] = {"ResourceNotFound", live.error().message, std::nullopt};
      cancelled = true;
      continue;
    }
    all[i].live = std::move(*live);
    auto ok = check_statement(commands[i], all[i].live->table);
    if (!ok) return invalid_statement(i, ok.error());
  }
  if (cancelled) return transaction_cancelled(reasons);
  for (std::size_t i = 0; i < commands.size(); ++i) {
    auto write = bind_statement(commands[i], all[i].live->table);
    if (write) {
      all[i].write = std::move(*write);
    } else {
      reasons[i] = {"ValidationError", std::move(write).error(), std::nullopt};
      cancelled = true;
    }
  }
  if (cancelled) return transaction_cancelled(reasons);
  std::set<std::string> seen;
  std::size_t bytes = 0;
  for (const Bound& bound : all) {
    const Table& table = bound.live->table;
    if (!seen.insert(item_key(table.number, table.keys, bound.write.subject)).second) {
      return invalid(kTwoOnOneItem);
    }
    bytes += item_size(bound.write.subject);
  }
  if (bytes > kTransactBytesMax) {
    return invalid(kTransactTooBig);
  }
  return all;
}

Reply<api::ExecuteTransactionOutput> read_transaction(Service& service, const Context& context,
                                                      const std::vector<PartiqlCommand>& commands,
                                                      const std::vector<Bound>& all,
                                                      std::optional<std::string> asked) {
  api::TransactGetItemsInput input;
  input.return_consumed_capacity = std::move(asked);
  for (std::size_t i = 0; i < commands.size(); ++i) {
    api::TransactGetItem& item = input.transact_items.emplace_back();
    item.get.table_name = commands[i].table;
    item.get.key = all[i].write.subject;
  }
  CO_TRY(api::TransactGetItemsOutput read,
         co_await transact_get_items(service, context, std::move(input)));
  api::ExecuteTransactionOutput output;
  output.consumed_capacity = std::move(read.consumed_capacity);
  output.responses = std::move(read.responses);
  for (std::size_t i = 0; i < commands.size(); ++i) {
    std::optional<AttributeMap>& item = (*output.responses)[i].item;
    if (item) item = partiql_columns(commands[i], std::move(*item));
  }
  co_return output;
}

// Of a request that was carried out before: it costs reading its items.
ApiResult<std::optional<std::vector<api::ConsumedCapacity>>> replay_capacity(
    Service& service, const std::vector<PartiqlCommand>& commands, const std::vector<Bound>& all,
    const std::optional<std::string>& asked) {
  std::optional<std::vector<api::ConsumedCapacity>> out;
  if (!wants_capacity(asked)) return out;
  std::map<std::string, std::pair<TablePtr, Consumption>> tables;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const Table& table = all[i].live->table;
    TRY(const auto stored,
        service.deps.store.get(storage::Family::kItems,
                               item_key(table.number, table.keys, all[i].write.subject)));
    std::size_t size = 0;
    if (stored) {
      TRY(const AttributeMap item, decode_item(*stored));
      size = item_size(item);
    }
    auto& [live, total] = tables[commands[i].table];
    live = all[i].live;
    total.table += 2 * read_units(size, true);
  }
  out.emplace();
  for (const auto& [name, entry] : tables) {
    api::ConsumedCapacity& one =
        out->emplace_back(*consumed(asked, name, entry.first->table, entry.second));
    one.read_capacity_units = one.capacity_units;
    if (one.table) one.table->read_capacity_units = one.table->capacity_units;
  }
  return out;
}

void mark_writes(std::optional<std::vector<api::ConsumedCapacity>>& capacity) {
  if (!capacity) return;
  const auto mark = [](auto& units) { units.write_capacity_units = units.capacity_units; };
  for (api::ConsumedCapacity& one : *capacity) {
    mark(one);
    if (one.table) mark(*one.table);
    for (auto* indexes : {&one.global_secondary_indexes, &one.local_secondary_indexes}) {
      if (!*indexes) continue;
      for (auto& [name, units] : **indexes) mark(units);
    }
  }
}

Reply<api::ExecuteTransactionOutput> write_transaction(Service& service, const Context& context,
                                                       const api::ExecuteTransactionInput& input,
                                                       const std::vector<PartiqlCommand>& commands,
                                                       const std::vector<Bound>& all) {
  api::ExecuteTransactionOutput output;
  output.responses.emplace();
  TokenClaim claim;
  storage::Batch remember;
  if (input.client_request_token) {
    CO_TRY(claim, co_await claim_token(service, context, *input.client_request_token,
                                       fingerprint_of(input), remember));
  }
  if (claim.is_done) {
    CO_TRY(output.consumed_capacity,
           replay_capacity(service, commands, all, input.return_consumed_capacity));
    co_return output;
  }
  std::vector<NamedAction> actions;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const bool wants_item =
        input.transact_statements[i].return_values_on_condition_check_failure == "ALL_OLD";
    actions.push_back(
        {&commands[i].table,
         all[i].write.action(wants_item, wants_capacity(input.return_consumed_capacity))});
  }
  const ManyWrites many{
      .actions = &actions, .duplicate = kTwoOnOneItem, .is_transaction = true, .extra = &remember};
  CO_TRY(const std::vector<ManyOutcome> outcomes, co_await write_many(service, context, many));
  output.consumed_capacity = consumed_by(input.return_consumed_capacity, actions, outcomes, true);
  mark_writes(output.consumed_capacity);
  co_return output;
}

}  // namespace

Reply<api::ExecuteTransactionOutput> execute_transaction(Service& service, const Context& context,
                                                         api::ExecuteTransactionInput input) {
  CO_TRY(const std::vector<PartiqlCommand> commands, compile_all(input));
  CO_TRY(const std::vector<Bound> all, bind_all(service, context, commands));
  if (commands.front().is_read()) {
    co_return co_await read_transaction(service, context, commands, all,
                                        input.return_consumed_capacity);
  }
  co_return co_await write_transaction(service, context, input, commands, all);
}

}  // namespace penstock::dynamodb
