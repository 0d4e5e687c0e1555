// Several items in one commit: BatchWriteItem and TransactWriteItems.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gen/dynamodb/shapes.h"
#include "services/dynamodb/write.h"

namespace penstock::dynamodb {

inline constexpr const char* kTransactTwice =
    "Transaction request cannot include multiple operations on one item";
inline constexpr const char* kTransactTooBig = "Transaction payload size cannot exceed 4 MB";

struct NamedAction {
  const std::string* table = nullptr;  // As the request has it; outlives the call.
  WriteAction action;
};

struct ManyWrites {
  const std::vector<NamedAction>* actions = nullptr;
  const char* duplicate = "";             // The text for two actions on one item.
  bool is_transaction = false;            // Refusals of single items become cancellation reasons.
  const storage::Batch* extra = nullptr;  // Committed with the writes.
};

struct ManyOutcome {
  TablePtr live;
  WriteOutcome outcome;
  bool throttled = false;  // Not done. Only where it is not all or nothing.
};

// All or nothing, but for what is throttled when it is no transaction. Outcomes in the order of the
// actions.
Reply<std::vector<ManyOutcome>> write_many(Service& service, const protocol::Context& context,
                                           ManyWrites many);

// TransactionCanceledException: one reason per action.
struct CancellationReason {
  std::string code = "None";
  std::string message;
  std::optional<std::string> item;  // JSON.
};
std::unexpected<ApiError> transaction_cancelled(const std::vector<CancellationReason>& reasons);

// ConsumedCapacity of all actions, one entry per table; transactions cost twice.
std::optional<std::vector<api::ConsumedCapacity>> consumed_by(
    const std::optional<std::string>& asked, const std::vector<NamedAction>& actions,
    const std::vector<ManyOutcome>& outcomes, bool is_transaction);
std::optional<std::map<std::string, std::vector<api::ItemCollectionMetrics>>> metrics_of(
    const std::optional<std::string>& asked, const std::vector<NamedAction>& actions,
    const std::vector<ManyOutcome>& outcomes);

}  // namespace penstock::dynamodb
