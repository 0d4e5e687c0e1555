// Several items in one commit. All turns are taken together (in one order everywhere, so there is
// no deadlock), everything is decided on what is stored then, and one batch carries it all.
#include "services/dynamodb/many_writes.h"

#include <algorithm>
#include <set>

#include "async/turns.h"
#include "protocol/json_writer.h"
#include "services/dynamodb/capacity.h"
#include "services/dynamodb/dynamodb.h"
#include "services/dynamodb/item.h"
#include "services/dynamodb/names.h"
#include "services/dynamodb/throttle.h"

namespace penstock::dynamodb {
namespace {

using storage::Family;

struct Prepared {
  std::vector<TableWrite> writes;     // One per table.
  std::vector<std::size_t> write_of;  // Action to index in `writes`.
  std::vector<std::string> keys;      // Per action, in the store.
};

CancellationReason reason_of(const ApiError& error) {
  CancellationReason reason;
  reason.code = "ValidationError";
  if (error.code == "ConditionalCheckFailedException") reason.code = "ConditionalCheckFailed";
  if (error.code == "DuplicateItemException") reason.code = "DuplicateItem";
  reason.message = error.message;
  if (!error.members.empty()) reason.item = error.members.front().json;
  return reason;
}

// A batch reports the first refusal of an item, a transaction all of them together.
struct Refusals {
  bool is_transaction;
  std::vector<CancellationReason> reasons;
  std::optional<ApiError> first;

  void add(std::size_t action, ApiError error) {
    // Only the first of several validation errors is shown.
    const bool validation = error.code == "ValidationException";
    if (validation &&
        std::ranges::find(reasons, "ValidationError", &CancellationReason::code) != reasons.end()) {
      return;
    }
    reasons[action] = reason_of(error);
    if (!first) first = std::move(error);
  }
  ApiResult<void> verdict() const {
    if (!first) return {};
    const bool internal = first->code != "ValidationException" &&
                          first->code != "ConditionalCheckFailedException" &&
                          first->code != "DuplicateItemException";
    if (!is_transaction || internal) return std::unexpected(*first);
    return transaction_cancelled(reasons);
  }
};

// A batch does not say which key an item lacks, or has of the wrong type.
std::string batch_text(std::string text) {
  const bool is_key_fault = text.find("Missing the key ") != std::string::npos ||
                            text.find("Type mismatch for key ") != std::string::npos;
  return is_key_fault ? "The provided key element does not match the schema" : text;
}

ApiResult<Prepared> prepare(Service& service, const protocol::Context& context,
                            const ManyWrites& many) {
  Prepared prepared;
  std::map<std::string, std::size_t, std::less<>> known;  // By the name in the request.
  for (const NamedAction& named : *many.actions) {
    const auto found = known.find(*named.table);
    if (found != known.end()) {
      prepared.write_of.push_back(found->second);
      continue;
    }
    TRY(TableWrite write, look_up_for_write(service, context, *named.table));
    // The same table may be called by name and by ARN.
    const auto same = std::ranges::find(prepared.writes, write.live, &TableWrite::live);
    const auto index = static_cast<std::size_t>(same - prepared.writes.begin());
    if (same == prepared.writes.end()) prepared.writes.push_back(std::move(write));
    known.emplace(*named.table, index);
    prepared.write_of.push_back(index);
  }
  Refusals refusals{many.is_transaction, std::vector<CancellationReason>(many.actions->size()), {}};
  std::set<std::string> seen;
  for (std::size_t i = 0; i < many.actions->size(); ++i) {
    const Table& table = prepared.writes[prepared.write_of[i]].live->table;
    const WriteAction& action = (*many.actions)[i].action;
    auto key = key_of_action(table, action);
    if (!key && !many.is_transaction) return invalid(batch_text(std::move(key).error()));
    if (!key) {
      // An empty key, unlike any other fault of an item, is one of the whole request: measured.
      const bool is_item = action.kind == WriteKind::kPut;
      if (auto text = empty_key(table, *action.subject, is_item)) return invalid(std::move(*text));
      refusals.add(i, ApiError("ValidationException", key.error()));
      continue;
    }
    if (!seen.insert(*key).second) return invalid(many.duplicate);
    prepared.keys.push_back(std::move(*key));
  }
  TRY_VOID(refusals.verdict());
  return prepared;
}

// Decides every action on the stored items. Requires all turns.
ApiResult<std::vector<WriteOutcome>> decide_all(Service& service, const ManyWrites& many,
                                                const Prepared& prepared) {
  Refusals refusals{many.is_transaction, std::vector<CancellationReason>(many.actions->size()), {}};
  std::vector<WriteOutcome> outcomes;
  for (std::size_t i = 0; i < many.actions->size(); ++i) {
    const WriteAction& action = (*many.actions)[i].action;
    const Table& table = prepared.writes[prepared.write_of[i]].live->table;
    std::optional<std::string> stored;
    if (!is_blind(table, action)) {
      TRY(stored, service.deps.store.latest(Family::kItems, prepared.keys[i]));
    }
    auto outcome = decide(table, action, std::move(stored));
    if (outcome) {
      outcomes.push_back(std::move(*outcome));
    } else {
      refusals.add(i, std::move(outcome).error());
    }
  }
  TRY_VOID(refusals.verdict());
  return outcomes;
}

constexpr double kTransactionFactor = 2;

using Throttled = std::vector<std::optional<Exhausted>>;  // Per action.

// Charges every action. A transaction for which one bucket is exhausted is cancelled and costs
// nothing; otherwise it is enough that one action can be paid.
ApiResult<Throttled> charge_all(const ManyWrites& many, const Prepared& prepared,
                                const std::vector<WriteOutcome>& outcomes, Charges& charges) {
  Throttled throttled_ones(outcomes.size());
  if (!charges.is_on()) return throttled_ones;
  std::vector<CancellationReason> reasons(outcomes.size());
  std::size_t refused = 0;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const TablePtr& live = prepared.writes[prepared.write_of[i]].live;
    Consumption cost = write_cost(live->table, (*many.actions)[i].action, outcomes[i]);
    if (many.is_transaction) cost.multiply(kTransactionFactor);
    throttled_ones[i] = charges.take(live, cost);
    if (!throttled_ones[i]) continue;
    ++refused;
    const ThrottleReason reason = throttle_reason(*throttled_ones[i]);
    reasons[i] = {reason.code, reason.message, std::nullopt};
  }
  if (refused == 0) return throttled_ones;
  if (many.is_transaction) {
    charges.give_back();
    return transaction_cancelled(reasons);
  }
  if (refused == outcomes.size()) return throttled(*throttled_ones.front());
  return throttled_ones;
}

}  // namespace

std::unexpected<ApiError> transaction_cancelled(const std::vector<CancellationReason>& reasons) {
  std::string codes;
  std::string json;
  protocol::JsonWriter writer(json);
  writer.begin_array();
  for (const CancellationReason& reason : reasons) {
    codes += (codes.empty() ? "" : ", ") + reason.code;
    writer.begin_object().key("Code").string(reason.code);
    if (!reason.message.empty()) writer.key("Message").string(reason.message);
    if (reason.item) writer.key("Item").raw(*reason.item);
    writer.end_object();
  }
  writer.end_array();
  ApiError error("TransactionCanceledException",
                 "Transaction cancelled, please refer cancellation reasons for specific reasons [" +
                     codes + "]");
  error.members.push_back({"CancellationReasons", std::move(json)});
  return std::unexpected(std::move(error));
}

Reply<std::vector<ManyOutcome>> write_many(Service& service, const protocol::Context& context,
                                           ManyWrites many) {
  std::vector<NamedAction> metered;
  if (service.options.throttle) {
    metered = *many.actions;
    for (NamedAction& named : metered) named.action.wants_before = true;
    many.actions = &metered;
  }
  while (true) {
    CO_TRY(Prepared prepared, prepare(service, context, many));
    std::vector<std::uint64_t> hashes;
    for (const std::string& key : prepared.keys) hashes.push_back(hash_bytes(key));
    std::vector<Turns::Turn> turns = co_await service.turns.enter_all(std::move(hashes));

    auto outcomes = decide_all(service, many, prepared);
    storage::Batch extra;
    Charges charges(service, Access::kWrite);
    Throttled throttled_ones;
    if (outcomes) {
      CO_TRY(throttled_ones, charge_all(many, prepared, *outcomes, charges));
      const Timestamp now = service.deps.clock.now();
      for (std::size_t i = 0; i < outcomes->size(); ++i) {
        if (throttled_ones[i]) continue;
        TableWrite& write = prepared.writes[prepared.write_of[i]];
        add_outcome(write, (*many.actions)[i].action, prepared.keys[i], (*outcomes)[i], now);
      }
      if (many.extra != nullptr) extra = *many.extra;
    }
    std::vector<TablePtr> lives;
    std::vector<bool> changed;
    for (const TableWrite& write : prepared.writes) {
      lives.push_back(write.live);
      changed.push_back(!write.changes.empty() || !write.journal.empty());
    }
    const auto commit = submit(service, std::move(prepared.writes), std::move(extra));
    turns.clear();
    if (!commit) {
      charges.give_back();
      continue;
    }
    CO_TRY_VOID(co_await commit->durable());
    if (!outcomes) co_return std::unexpected(std::move(outcomes).error());
    for (std::size_t i = 0; i < lives.size(); ++i) {
      if (changed[i]) announce(service, lives[i]->table);
    }
    std::vector<ManyOutcome> out;
    for (std::size_t i = 0; i < outcomes->size(); ++i) {
      out.push_back(
          {lives[prepared.write_of[i]], std::move((*outcomes)[i]), throttled_ones[i].has_value()});
    }
    co_return out;
  }
}

std::optional<std::vector<api::ConsumedCapacity>> consumed_by(
    const std::optional<std::string>& asked, const std::vector<NamedAction>& actions,
    const std::vector<ManyOutcome>& outcomes, bool is_transaction) {
  if (!wants_capacity(asked)) return std::nullopt;
  std::map<std::string, std::pair<TablePtr, Consumption>> per_table;
  for (std::size_t i = 0; i < actions.size(); ++i) {
    if (outcomes[i].throttled) continue;
    auto& [live, total] = per_table[*actions[i].table];
    live = outcomes[i].live;
    total.add(write_cost(live->table, actions[i].action, outcomes[i].outcome));
  }
  std::vector<api::ConsumedCapacity> out;
  for (auto& [name, entry] : per_table) {
    auto& [live, total] = entry;
    if (is_transaction) total.add(Consumption(total));
    out.push_back(*consumed(asked, name, live->table, total));
    if (is_transaction) name_units(out.back(), UnitKind::kWrite);
  }
  return out;
}

std::optional<std::map<std::string, std::vector<api::ItemCollectionMetrics>>> metrics_of(
    const std::optional<std::string>& asked, const std::vector<NamedAction>& actions,
    const std::vector<ManyOutcome>& outcomes) {
  std::map<std::string, std::vector<api::ItemCollectionMetrics>> out;
  for (std::size_t i = 0; i < actions.size(); ++i) {
    if (outcomes[i].throttled) continue;
    auto metrics = collection_metrics(outcomes[i].live->table, asked, *actions[i].action.subject);
    if (metrics) out[*actions[i].table].push_back(std::move(*metrics));
  }
  if (out.empty()) return std::nullopt;
  return out;
}

}  // namespace penstock::dynamodb
