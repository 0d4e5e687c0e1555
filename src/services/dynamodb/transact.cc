// TransactWriteItems and TransactGetItems.
//
// A write transaction holds the turns of all its items while it decides, so it is serializable
// against every other write; it waits where AWS would answer TransactionConflict. A request token
// is committed with the writes: a repeated request is answered from it, even after a crash.
#include <algorithm>
#include <set>

#include "protocol/attribute_value_json.h"
#include "protocol/json_writer.h"
#include "services/dynamodb/capacity.h"
#include "services/dynamodb/dynamodb.h"
#include "services/dynamodb/item.h"
#include "services/dynamodb/keys.h"
#include "services/dynamodb/limits.h"
#include "services/dynamodb/many_writes.h"
#include "services/dynamodb/names.h"
#include "services/dynamodb/operations.h"
#include "services/dynamodb/request.h"
#include "services/dynamodb/token.h"

namespace penstock::dynamodb {
namespace {

// What one action of the request says, whatever its kind.
struct Parsed {
  const std::string* table = nullptr;
  WriteKind kind = WriteKind::kCheck;
  const AttributeMap* subject = nullptr;
  bool wants_item = false;
  Expressions expressions;
};

template <typename Action>
ApiResult<Parsed> parse_one(const Action& action, WriteKind kind, const AttributeMap& subject,
                            const MaybeText* update, const MaybeText* condition) {
  const ExpressionTexts texts{.update = update,
                              .condition = condition,
                              .names = &action.expression_attribute_names,
                              .values = &action.expression_attribute_values};
  TRY_VOID(check_table_name(action.table_name));
  TRY_VOID(check_values(subject));
  Parsed parsed{.table = &action.table_name, .kind = kind, .subject = &subject};
  parsed.wants_item = action.return_values_on_condition_check_failure == "ALL_OLD";
  // Unlike elsewhere, placeholders may stand there without an expression: measured.
  const bool has_update = update != nullptr && update->has_value();
  if (!has_update && !(condition != nullptr && condition->has_value())) return parsed;
  TRY(parsed.expressions, parse_expressions(texts));
  return parsed;
}

ApiResult<Parsed> parse_action(const api::TransactWriteItem& item, std::vector<MaybeText>& texts) {
  const int kinds = item.condition_check.has_value() + item.put.has_value() +
                    item.delete_.has_value() + item.update.has_value();
  if (kinds != 1) {
    return invalid("TransactItems can only contain one of Check, Put, Update or Delete");
  }
  if (item.put)
    return parse_one(*item.put, WriteKind::kPut, item.put->item, nullptr,
                     &item.put->condition_expression);
  if (item.delete_) {
    return parse_one(*item.delete_, WriteKind::kDelete, item.delete_->key, nullptr,
                     &item.delete_->condition_expression);
  }
  if (item.update) {
    const MaybeText* update = &texts.emplace_back(item.update->update_expression);
    return parse_one(*item.update, WriteKind::kUpdate, item.update->key, update,
                     &item.update->condition_expression);
  }
  const MaybeText* condition = &texts.emplace_back(item.condition_check->condition_expression);
  return parse_one(*item.condition_check, WriteKind::kCheck, item.condition_check->key, nullptr,
                   condition);
}

ApiResult<std::vector<Parsed>> parse_all(const api::TransactWriteItemsInput& input) {
  std::vector<Parsed> parsed;
  std::vector<MaybeText> texts;
  texts.reserve(input.transact_items.size());  // Pointers into it stay good.
  std::size_t bytes = 0;
  for (const api::TransactWriteItem& item : input.transact_items) {
    TRY(Parsed one, parse_action(item, texts));
    bytes += item_size(*one.subject);
    parsed.push_back(std::move(one));
  }
  if (bytes > kTransactBytesMax) {
    return invalid(kTransactTooBig);
  }
  return parsed;
}

std::vector<NamedAction> actions_of(const std::vector<Parsed>& parsed, bool wants_before) {
  std::vector<NamedAction> actions;
  for (const Parsed& one : parsed) {
    actions.push_back({one.table,
                       {.kind = one.kind,
                        .subject = one.subject,
                        .condition = one.expressions.condition_or_null(),
                        .update = one.expressions.update ? &*one.expressions.update : nullptr,
                        .wants_item_when_refused = one.wants_item,
                        .wants_before = wants_before}});
  }
  return actions;
}

// An item that is too big is refused as a reason, like every fault of a single item.
ApiResult<void> check_put_sizes(const std::vector<Parsed>& parsed) {
  std::vector<CancellationReason> reasons(parsed.size());
  bool refused = false;
  for (std::size_t i = 0; i < parsed.size() && !refused; ++i) {
    if (parsed[i].kind != WriteKind::kPut || item_size(*parsed[i].subject) <= kItemBytesMax)
      continue;
    reasons[i] = {"ValidationError", "Item size has exceeded the maximum allowed size",
                  std::nullopt};
    refused = true;
  }
  if (refused) return transaction_cancelled(reasons);
  return {};
}

// The reply to a request that was carried out before: only what it takes to look at its items.
ApiResult<api::TransactWriteItemsOutput> repeated(Service& service, const Context& context,
                                                  const std::vector<Parsed>& parsed,
                                                  const std::optional<std::string>& asked) {
  api::TransactWriteItemsOutput output;
  if (!wants_capacity(asked)) return output;
  std::map<std::string, std::pair<TablePtr, Consumption>> per_table;
  for (const Parsed& one : parsed) {
    auto& [live, units] = per_table[*one.table];
    TRY(live, look_up_table(service, context, *one.table));
    const AttributeMap key = key_of(live->table.keys, *one.subject);
    TRY(const auto stored,
        service.deps.store.get(storage::Family::kItems,
                               item_key(live->table.number, live->table.keys, key)));
    std::size_t size = 0;
    if (stored) {
      TRY(const AttributeMap item, decode_item(*stored));
      size = item_size(item);
    }
    units.table += 2 * read_units(size, true);
  }
  output.consumed_capacity.emplace();
  for (const auto& [name, entry] : per_table) {
    output.consumed_capacity->push_back(*consumed(asked, name, entry.first->table, entry.second));
    name_units(output.consumed_capacity->back(), UnitKind::kRead);
  }
  return output;
}

}  // namespace

Reply<api::TransactWriteItemsOutput> transact_write_items(Service& service, const Context& context,
                                                          api::TransactWriteItemsInput input) {
  CO_TRY(const std::vector<Parsed> parsed, parse_all(input));
  CO_TRY_VOID(check_put_sizes(parsed));
  TokenClaim claim;
  storage::Batch remember;
  if (input.client_request_token) {
    // AWS answers TransactionInProgress to the second of two, we let it wait.
    CO_TRY(claim, co_await claim_token(service, context, *input.client_request_token,
                                       fingerprint_of(input), remember));
  }
  if (claim.is_done) {
    CO_TRY(api::TransactWriteItemsOutput again,
           repeated(service, context, parsed, input.return_consumed_capacity));
    co_return again;
  }
  const std::vector<NamedAction> actions =
      actions_of(parsed, wants_capacity(input.return_consumed_capacity));
  const ManyWrites many{
      .actions = &actions, .duplicate = kTransactTwice, .is_transaction = true, .extra = &remember};
  CO_TRY(std::vector<ManyOutcome> outcomes, co_await write_many(service, context, many));

  api::TransactWriteItemsOutput output;
  output.consumed_capacity = consumed_by(input.return_consumed_capacity, actions, outcomes, true);
  output.item_collection_metrics =
      metrics_of(input.return_item_collection_metrics, actions, outcomes);
  co_return output;
}

}  // namespace penstock::dynamodb
