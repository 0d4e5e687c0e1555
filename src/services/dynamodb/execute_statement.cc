// ExecuteStatement: one PartiQL statement. A SELECT reads a page of up to 1 MB, over as many ranges
// of keys as its plan has.
#include <algorithm>

#include "services/dynamodb/dynamodb.h"
#include "services/dynamodb/names.h"
#include "services/dynamodb/operations.h"
#include "services/dynamodb/partiql_plan.h"
#include "services/dynamodb/partiql_run.h"
#include "services/dynamodb/partiql_token.h"
#include "services/dynamodb/throttle.h"

namespace penstock::dynamodb {
namespace {

struct Selected {
  std::vector<AttributeMap> items;
  Consumption consumption;
  // Where it stopped, when it stopped early.
  std::size_t read = 0;
  std::optional<AttributeMap> last_key;
};

// Reads from `first` on. Blocks on the disk.
Result<Selected> read_partiql(Service& service, const PartiqlPlan& plan, std::size_t first,
                              std::size_t limit, bool consistent) {
  Selected out;
  std::size_t bytes = kPageBytesMax;
  for (out.read = first; out.read < plan.reads.size(); ++out.read) {
    const PartiqlRead& read = plan.reads[out.read];
    const PageRequest request{.source = plan.source,
                              .range = read.range,
                              .reverse = plan.reverse,
                              .limit = limit,
                              .bytes = bytes,
                              .filter = read.filter ? &*read.filter : nullptr,
                              .view = plan.view};
    TRY(Page page, read_page(service, request, consistent));
    out.consumption.add(consumption_of(request, page, consistent));
    std::ranges::move(page.items, std::back_inserter(out.items));
    const bool is_all = read.single && out.read + 1 == plan.reads.size();
    if (page.last_key && !is_all) {
      out.last_key = std::move(page.last_key);
      return out;
    }
    if (limit != 0) limit -= static_cast<std::size_t>(page.scanned);
    bytes -= std::min(bytes, page.index_bytes);
  }
  return out;
}

// The first read to do; its range is cut.
ApiResult<std::size_t> resume(PartiqlPlan& plan, const std::string& token,
                              const std::string& fingerprint) {
  const auto mark = parse_partiql_token(token);
  if (!mark) return invalid("Invalid NextToken");
  if (mark->statement != fingerprint || mark->read >= plan.reads.size()) {
    return invalid("The provided starting key is invalid");
  }
  TRY(std::string key, checked(start_key_of(plan.source, mark->last_key)));
  KeyRange& range = plan.reads[mark->read].range;
  if (plan.reverse) {
    range.end = std::min(range.end, key);
  } else {
    key += '\0';
    range.begin = std::max(range.begin, key);
  }
  return static_cast<std::size_t>(mark->read);
}

Reply<api::ExecuteStatementOutput> select(Service& service, const Context& context,
                                          const api::ExecuteStatementInput& input,
                                          const PartiqlCommand& command) {
  CO_TRY(const TablePtr live, look_up_table(service, context, command.table));
  const bool consistent = input.consistent_read.value_or(false);
  CO_TRY(PartiqlPlan plan, checked(plan_partiql(command, live->table, consistent)));
  const std::string fingerprint =
      fingerprint_of_statement(input.statement, input.parameters, plan.source.number());
  std::size_t first = 0;
  if (input.next_token) {
    CO_TRY(first, resume(plan, *input.next_token, fingerprint));
  }
  const auto limit = static_cast<std::size_t>(input.limit.value_or(0));
  CO_TRY(Selected selected,
         co_await run_blocking(service.deps.runtime, [&service, &plan, first, limit, consistent] {
           return read_partiql(service, plan, first, limit, consistent);
         }));
  CO_TRY_VOID(charge(service, live, selected.consumption, Access::kRead));
  api::ExecuteStatementOutput output;
  output.items.emplace();
  for (AttributeMap& item : selected.items) {
    output.items->push_back(partiql_columns(command, std::move(item)));
  }
  if (selected.last_key) {
    output.next_token = format_partiql_token({fingerprint, selected.read, *selected.last_key});
    output.last_evaluated_key = std::move(selected.last_key);
  }
  output.consumed_capacity =
      consumed(input.return_consumed_capacity, command.table, live->table, selected.consumption);
  co_return output;
}

}  // namespace

Reply<api::ExecuteStatementOutput> execute_statement(Service& service, const Context& context,
                                                     api::ExecuteStatementInput input) {
  CO_TRY_VOID(checked(check_partiql_parameters(input.parameters)));
  CO_TRY(const PartiqlCommand command, checked(compile_partiql(input.statement, input.parameters)));
  if (command.kind == PartiqlCommand::Kind::kExists) {
    co_return invalid("EXISTS can only be used in ExecuteTransaction write requests.");
  }
  if (command.is_read()) co_return co_await select(service, context, input, command);
  if (input.next_token) co_return invalid("Invalid NextToken");
  CO_TRY(PartiqlWriteReply reply,
         co_await run_partiql_write(service, context, command,
                                    input.return_values_on_condition_check_failure == "ALL_OLD",
                                    wants_capacity(input.return_consumed_capacity)));
  api::ExecuteStatementOutput output;
  output.items.emplace();
  if (reply.returned) output.items->push_back(std::move(*reply.returned));
  output.consumed_capacity =
      consumed(input.return_consumed_capacity, command.table, reply.live->table, reply.consumption);
  co_return output;
}

}  // namespace penstock::dynamodb
