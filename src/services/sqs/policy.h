// The policy of a queue: statements that AddPermission puts in, and who it lets in from other
// accounts. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "services/sqs/errors.h"

namespace penstock::sqs {

struct Permission {
  std::string label;
  std::vector<std::string> accounts;
  std::vector<std::string> actions;  // "SendMessage", "*".
};

// `policy` is JSON or empty; the result is the policy with one statement more.
ApiResult<std::string> with_permission(const std::string& policy, std::string_view queue_arn,
                                       const Permission& permission);
// Empty when no statement is left.
ApiResult<std::string> without_permission(const std::string& policy, const std::string& label);

// Whether a statement allows the action ("SendMessage") to everybody, to that account or to that
// principal, and none denies it. Statements with conditions allow nothing here.
bool policy_allows(const std::string& policy, std::string_view account,
                   std::string_view principal_arn, std::string_view action);

}  // namespace penstock::sqs
