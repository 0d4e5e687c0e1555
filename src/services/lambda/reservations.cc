// Reserved concurrency: what a function is sure to get, and cannot exceed.
#include <fmt/format.h>

#include "services/lambda/errors.h"
#include "services/lambda/operations.h"
#include "services/lambda/resolve.h"

namespace penstock::lambda {

Reply<api::Concurrency> put_function_concurrency(Service& service, const Context& context,
                                                 api::PutFunctionConcurrencyRequest input) {
  CO_TRY(const Target target, resolve_name(context, input.function_name));
  const std::int32_t wanted = input.reserved_concurrent_executions;
  const Service* const owner = &service;
  Decide decide = [owner, wanted](const Function& current) -> protocol::ApiResult<Change> {
    const std::int64_t others =
        owner->functions.reserved(current.place) - current.reserved.value_or(0);
    if (owner->options.concurrency - others - wanted < owner->options.unreserved_min) {
      return std::unexpected(invalid_parameter(
          fmt::format("Specified ReservedConcurrentExecutions for function decreases account's "
                      "UnreservedConcurrentExecution below its minimum value of [{}].",
                      owner->options.unreserved_min)));
    }
    Change change{.function = current};
    change.function.reserved = wanted;
    return change;
  };
  CO_TRY_VOID(co_await change_function(service, target, std::move(decide)));
  api::Concurrency output;
  output.reserved_concurrent_executions = wanted;
  co_return output;
}

Reply<api::GetFunctionConcurrencyResponse> get_function_concurrency(
    Service& service, const Context& context, api::GetFunctionConcurrencyRequest input) {
  CO_TRY(const Target target, resolve_name(context, input.function_name));
  CO_TRY(const std::shared_ptr<const Function> function, find_function(service, target));
  api::GetFunctionConcurrencyResponse output;
  output.reserved_concurrent_executions = function->reserved;
  co_return output;
}

Reply<api::DeleteFunctionConcurrencyOutput> delete_function_concurrency(
    Service& service, const Context& context, api::DeleteFunctionConcurrencyRequest input) {
  CO_TRY(const Target target, resolve_name(context, input.function_name));
  Decide decide = [](const Function& current) -> protocol::ApiResult<Change> {
    Change change{.function = current};
    change.function.reserved.reset();
    return change;
  };
  CO_TRY_VOID(co_await change_function(service, target, std::move(decide)));
  co_return api::DeleteFunctionConcurrencyOutput{};
}

}  // namespace penstock::lambda
