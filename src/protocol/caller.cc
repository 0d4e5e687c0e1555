// Looking up an operation and calling it in this process.
#include "protocol/caller.h"

#include "base/check.h"

namespace penstock::protocol {

const Operation* ServiceBinding::find(std::string_view name) const {
  for (const Operation& operation : operations) {
    if (operation.info->name == name) return &operation;
  }
  return nullptr;
}

Reply<AnyShape> LocalCaller::call(Context context, const OperationInfo& operation, AnyShape input) {
  CHECK(binding_.service != nullptr);
  const Operation* found = nullptr;
  for (const Operation& candidate : binding_.operations) {
    if (candidate.info == &operation) found = &candidate;
  }
  CHECK(found != nullptr);  // The generated client has exactly the operations of the table.
  if (authorize_) CO_TRY_VOID(co_await authorize_(context, operation, input));
  co_return co_await found->call(binding_.service, context, std::move(input));
}

}  // namespace penstock::protocol
