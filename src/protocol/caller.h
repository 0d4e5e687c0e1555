// Caller: the one seam through which a service is called from inside. The generated clients are
// typed wrappers over it.
//
// LocalCaller hands the typed request straight to the operation table in this process: no HTTP, no
// JSON, but the same authorisation and the same errors. RemoteCaller signs it (SigV4) and sends it
// to an endpoint.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "protocol/api_error.h"
#include "protocol/context.h"
#include "protocol/operation.h"

namespace penstock::protocol {

class Caller {
 public:
  virtual ~Caller() = default;
  virtual Reply<AnyShape> call(Context context, const OperationInfo& operation, AnyShape input) = 0;
};

// Decides whether the context's principal may call; an ApiError (AccessDenied…) refuses.
using Authorize = std::function<Task<ApiResult<void>>(const Context&, const OperationInfo&,
                                                      const AnyShape& input)>;

// `authorize` may be empty. The binding may be filled in after construction, before the first call.
class LocalCaller final : public Caller {
 public:
  explicit LocalCaller(Authorize authorize = {}) : authorize_(std::move(authorize)) {}
  void bind(ServiceBinding binding) { binding_ = binding; }
  Reply<AnyShape> call(Context context, const OperationInfo& operation, AnyShape input) override;

 private:
  Authorize authorize_;
  ServiceBinding binding_{};
};

template <typename Op>
Reply<typename Op::Output> call(Caller& caller, Context context, typename Op::Input input) {
  auto reply = co_await caller.call(std::move(context), Op::kInfo, AnyShape::of(std::move(input)));
  if (!reply) co_return std::unexpected(std::move(reply).error());
  co_return std::move(reply->template as<typename Op::Output>());
}

}  // namespace penstock::protocol
