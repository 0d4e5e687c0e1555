// From FunctionName and Qualifier of a request to a function, and how a function is changed.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "protocol/api_error.h"
#include "protocol/context.h"
#include "services/lambda/lambda.h"

namespace penstock::lambda {

struct Target {
  Place place;
  std::string name;
  std::string qualifier;  // Empty: none was given.
};
protocol::ApiResult<Target> resolve_name(
    const protocol::Context& context, const std::string& name,
    const std::optional<std::string>& qualifier = std::nullopt);
protocol::ApiResult<std::shared_ptr<const Function>> find_function(const Service& service,
                                                                   const Target& target);
// The version that the target's qualifier names.
protocol::ApiResult<const FunctionVersion*> find_version(const Function& function,
                                                         const Target& target);

// What a change decides: the new function, and what else goes into the batch.
struct Change {
  Function function;
  std::optional<std::uint64_t> put_version;  // A version that is new.
  std::optional<std::uint64_t> erase_version;
};
using Decide = std::function<protocol::ApiResult<Change>(const Function& current)>;

// Takes the function's turn, decides on its current state, submits, publishes, and waits until the
// change is durable. Answers the function as it became. `serial` of a changed $LATEST is set by the
// caller; instances of the serials that are gone are retired.
protocol::Reply<std::shared_ptr<const Function>> change_function(Service& service, Target target,
                                                                 Decide decide);

// Removes the archives that `before` has and `after` (nullptr: nothing) has no longer. Requires
// that `after` is durable. Does not wait.
void remove_missing_packages(Service& service, const Function& before, const Function* after);

}  // namespace penstock::lambda
