// BatchExecuteStatement: up to 25 statements, each on its own; all of them read or all of them
// write. A statement that fails has an error in its place of the reply.
#include <simdjson.h>

#include <algorithm>

#include "protocol/attribute_value_json.h"
#include "services/dynamodb/dynamodb.h"
#include "services/dynamodb/item.h"
#include "services/dynamodb/names.h"
#include "services/dynamodb/operations.h"
#include "services/dynamodb/partiql_keys.h"
#include "services/dynamodb/partiql_plan.h"
#include "services/dynamodb/partiql_run.h"

namespace penstock::dynamodb {
namespace {

constexpr const char* kNoKey =
    "Select statements within BatchExecuteStatement must specify the primary key in the where "
    "clause.";
// Deduced from the text of ExecuteTransaction.
constexpr const char* kMixedBatch =
    "BatchExecuteStatement API does not support both read and write operations in the same "
    "request.";

// The code without "Exception", but two that are their own.
std::string short_code(const std::string& code) {
  if (code == "ValidationException") return "ValidationError";
  if (code == "InternalServerError" || !code.ends_with("Exception")) return "InternalServerError";
  return code.substr(0, code.size() - std::string_view("Exception").size());
}

api::BatchStatementError error_of(const ApiError& refused) {
  api::BatchStatementError error;
  error.code = short_code(refused.code);
  error.message = refused.message;
  for (const protocol::ErrorMember& member : refused.members) {
    if (member.name != "Item") continue;
    simdjson::dom::parser parser;
    simdjson::dom::element json;
    AttributeMap item;
    if (parser.parse(member.json).get(json) == simdjson::SUCCESS &&
        decode_attribute_map(json, item)) {
      error.item = std::move(item);
    }
  }
  return error;
}

// What the statements of a batch consume, by the name of the table.
struct Consumed {
  bool wanted = false;
  std::map<std::string, std::pair<TablePtr, Consumption>> tables;

  void add(const std::string& name, TablePtr live, const Consumption& consumption) {
    if (!wanted) return;
    auto& [table, total] = tables[name];
    table = std::move(live);
    total.add(consumption);
  }
  std::optional<std::vector<api::ConsumedCapacity>> take(
      const std::optional<std::string>& asked) const {
    if (tables.empty()) return std::nullopt;
    std::vector<api::ConsumedCapacity> out;
    for (const auto& [name, entry] : tables) {
      out.push_back(*consumed(asked, name, entry.first->table, entry.second));
    }
    return out;
  }
};

ApiResult<void> read_one(Service& service, const Context& context,
                         const api::BatchStatementRequest& request, const PartiqlCommand& command,
                         api::BatchStatementResponse& response, Consumed& total) {
  TRY(const TablePtr live, look_up_table(service, context, command.table));
  const auto key = partiql_key_of(command, live->table.keys);
  if (!key) {
    // What is wrong with the index or the clause by itself comes first.
    const Index* index = command.index ? live->table.find_index(*command.index) : nullptr;
    if (index != nullptr && index->keys.is_multi_attribute()) {
      return invalid(kPartiqlMultiAttribute);
    }
    if (!command.index) TRY_VOID(checked(plan_partiql(command, live->table, false)));
    return invalid(kNoKey);
  }
  TRY_VOID(checked(check_partiql_key(live->table.keys, *key)));
  TRY(const std::string stored_key, checked(check_key(live->table, *key)));
  response.table_name = command.table;
  auto stored = service.deps.store.get(storage::Family::kItems, stored_key);
  if (!stored) return std::unexpected(ApiError(stored.error()));
  std::size_t size = 0;
  if (*stored) {
    auto item = decode_item(**stored);
    if (!item) return std::unexpected(ApiError(item.error()));
    size = item_size(*item);
    response.item = partiql_columns(command, std::move(*item));
  }
  total.add(command.table, live,
            {.table = read_units(size, request.consistent_read.value_or(false)), .indexes = {}});
  return {};
}

// True when the statement of a refusal had reached its table.
bool has_run(const Service& service, const Context& context, const PartiqlCommand& command,
             const ApiError& error) {
  if (error.code != "ValidationException") return error.code != "ResourceNotFoundException";
  const TablePtr live = service.registry.find_table(context.account, context.region, command.table);
  if (live == nullptr) return false;
  const auto write = bind_partiql_write(command, live->table.keys, true);
  if (!write) return false;
  WriteAction action = write->action(false, false);
  action.update = nullptr;  // Its faults come once the key is found good.
  return key_of_action(live->table, action).has_value();
}

Reply<void> write_one(Service& service, const Context& context,
                      const api::BatchStatementRequest& request, const PartiqlCommand& command,
                      api::BatchStatementResponse& response, Consumed& total) {
  auto reply = co_await run_partiql_write(
      service, context, command, request.return_values_on_condition_check_failure == "ALL_OLD",
      total.wanted);
  if (!reply) {
    if (has_run(service, context, command, reply.error())) response.table_name = command.table;
    co_return std::unexpected(std::move(reply).error());
  }
  response.table_name = command.table;
  response.item = std::move(reply->returned);
  total.add(command.table, reply->live, reply->consumption);
  co_return ApiResult<void>();
}

}  // namespace

Reply<api::BatchExecuteStatementOutput> batch_execute_statement(
    Service& service, const Context& context, api::BatchExecuteStatementInput input) {
  std::vector<Checked<PartiqlCommand>> commands;
  std::size_t reads = 0, writes = 0;
  for (const api::BatchStatementRequest& request : input.statements) {
    if (auto ok = check_partiql_parameters(request.parameters); !ok) {
      commands.push_back(std::unexpected(std::move(ok).error()));
      continue;
    }
    commands.push_back(compile_partiql(request.statement, request.parameters));
    if (!commands.back()) continue;
    ++(commands.back()->is_read() ? reads : writes);
  }
  if (reads > 0 && writes > 0) co_return invalid(kMixedBatch);

  Consumed total{.wanted = wants_capacity(input.return_consumed_capacity), .tables = {}};
  api::BatchExecuteStatementOutput output;
  output.responses.emplace();
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const api::BatchStatementRequest& request = input.statements[i];
    api::BatchStatementResponse& response = output.responses->emplace_back();
    ApiResult<void> done;
    if (!commands[i]) {
      done = invalid(commands[i].error());
    } else if (commands[i]->kind == PartiqlCommand::Kind::kExists) {
      done = invalid("EXISTS can only be used in ExecuteTransaction write requests.");
    } else if (commands[i]->is_read()) {
      done = read_one(service, context, request, *commands[i], response, total);
    } else {
      done = co_await write_one(service, context, request, *commands[i], response, total);
    }
    if (!done) response.error = error_of(done.error());
  }
  output.consumed_capacity = total.take(input.return_consumed_capacity);
  co_return output;
}

}  // namespace penstock::dynamodb
