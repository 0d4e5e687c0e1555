// Resource policies of functions. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "services/lambda/function.h"

namespace penstock::lambda {

struct Permission {
  std::string id;
  std::string action;
  std::string principal;  // A service, an account, an ARN, or "*".
  std::string resource;   // The function's ARN, with the qualifier.
  std::optional<std::string> source_arn;
  std::optional<std::string> source_account;
  std::optional<std::string> organization;
  std::optional<std::string> event_source_token;
};

// The statement as JSON; kInvalid when the principal is none.
Result<std::string> policy_statement(const Permission& permission);
// The document for that qualifier (empty: the unqualified function); nullopt when it has no
// statement.
std::optional<std::string> policy_document(const Function& function, std::string_view qualifier);

}  // namespace penstock::lambda
