// The policy of a queue: the statements that AddPermission puts in. Pure.
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

}  // namespace penstock::sqs
