// TransactGetItems: up to 100 items as they were at one moment. Every write, transactions included,
// is one atomic commit, so a snapshot is such a moment.
#include <set>

#include "services/dynamodb/capacity.h"
#include "services/dynamodb/dynamodb.h"
#include "services/dynamodb/item.h"
#include "services/dynamodb/limits.h"
#include "services/dynamodb/many_writes.h"
#include "services/dynamodb/names.h"
#include "services/dynamodb/operations.h"
#include "services/dynamodb/request.h"
#include "services/dynamodb/throttle.h"

namespace penstock::dynamodb {
namespace {

struct Wanted {
  const api::Get* get = nullptr;
  std::optional<std::vector<DocumentPath>> projection;
  TablePtr live;
  std::string key;
};

ApiResult<std::vector<Wanted>> check(const api::TransactGetItemsInput& input) {
  std::vector<Wanted> out;
  for (const api::TransactGetItem& item : input.transact_items) {
    const ExpressionTexts texts{.projection = &item.get.projection_expression,
                                .names = &item.get.expression_attribute_names};
    TRY_VOID(check_table_name(item.get.table_name));
    TRY_VOID(check_values(item.get.key));
    Expressions expressions;
    // Names without an expression are no fault here: measured.
    if (item.get.projection_expression) {
      TRY(expressions, parse_expressions(texts));
    }
    out.push_back({.get = &item.get,
                   .projection = std::move(expressions.projection),
                   .live = nullptr,
                   .key = {}});
  }
  return out;
}

ApiResult<void> resolve(Service& service, const Context& context, std::vector<Wanted>& all) {
  for (Wanted& wanted : all) {
    TRY(wanted.live, look_up_table(service, context, wanted.get->table_name));
  }
  std::vector<CancellationReason> reasons(all.size());
  std::set<std::string> seen;
  for (std::size_t i = 0; i < all.size(); ++i) {
    auto key = check_key(all[i].live->table, all[i].get->key);
    if (!key) {
      if (auto text = empty_key(all[i].live->table, all[i].get->key, false)) return invalid(*text);
      reasons[i] = {"ValidationError", key.error(), std::nullopt};
      return transaction_cancelled(reasons);
    }
    if (!seen.insert(*key).second) return invalid(kTransactTwice);
    all[i].key = std::move(*key);
  }
  return {};
}

struct Found {
  std::vector<api::ItemResponse> responses;
  std::map<std::string, std::pair<TablePtr, Consumption>> per_table;
  std::size_t bytes = 0;
};

// Blocks on the disk for up to 100 small reads.
ApiResult<Found> read_all(Service& service, const std::vector<Wanted>& all) {
  const storage::Snapshot snapshot = service.deps.store.snapshot();
  Found found;
  Charges charges(service, Access::kRead);
  std::vector<CancellationReason> reasons(all.size());
  bool exhausted = false;
  for (const Wanted& wanted : all) {
    TRY(const auto stored, service.deps.store.get(storage::Family::kItems, wanted.key, &snapshot));
    api::ItemResponse response;
    std::size_t size = 0;
    if (stored) {
      TRY(AttributeMap item, decode_item(*stored));
      size = item_size(item);
      response.item = wanted.projection ? project(item, *wanted.projection) : std::move(item);
    }
    found.bytes += size;
    found.responses.push_back(std::move(response));
    auto& [live, units] = found.per_table[wanted.get->table_name];
    live = wanted.live;
    const Consumption cost{.table = 2 * read_units(size, true), .indexes = {}};
    units.add(cost);
    if (const auto refused = charges.take(live, cost)) {
      const ThrottleReason reason = throttle_reason(*refused);
      reasons[found.responses.size() - 1] = {reason.code, reason.message, std::nullopt};
      exhausted = true;
    }
  }
  if (exhausted) {
    charges.give_back();
    return transaction_cancelled(reasons);
  }
  return found;
}

}  // namespace

Reply<api::TransactGetItemsOutput> transact_get_items(Service& service, const Context& context,
                                                      api::TransactGetItemsInput input) {
  CO_TRY(std::vector<Wanted> all, check(input));
  CO_TRY_VOID(resolve(service, context, all));
  CO_TRY(Found found, co_await run_blocking(service.deps.runtime,
                                            [&service, &all] { return read_all(service, all); }));
  if (found.bytes > kTransactBytesMax) {
    co_return invalid(kTransactTooBig);
  }
  api::TransactGetItemsOutput output;
  output.responses = std::move(found.responses);
  for (const auto& [name, entry] : found.per_table) {
    const auto& [live, units] = entry;
    if (auto shown = consumed(input.return_consumed_capacity, name, live->table, units)) {
      if (!output.consumed_capacity) output.consumed_capacity.emplace();
      name_units(*shown, UnitKind::kRead);
      output.consumed_capacity->push_back(std::move(*shown));
    }
  }
  co_return output;
}

}  // namespace penstock::dynamodb
