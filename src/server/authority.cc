// The check itself. What each operation claims is in claims.cc.
#include "server/authority.h"

#include "base/log.h"

namespace penstock::server {
namespace {

std::unexpected<protocol::ApiError> denied(const protocol::ServiceInfo& service,
                                           std::string message) {
  using protocol::Protocol;
  const bool xml = service.protocol == Protocol::kRestXml || service.protocol == Protocol::kQuery;
  return protocol::refuse(xml ? "AccessDenied" : "AccessDeniedException", std::move(message),
                          service.protocol == Protocol::kJson ? 400 : 403);
}

std::optional<std::string> why_not(const iam::Service& iam, const protocol::Context& context,
                                   const Claim& claim) {
  return iam::why_not_allowed(iam, context.principal_arn,
                              {.action = claim.action,
                               .resource = claim.resource,
                               .context = {{"aws:requestedregion", context.region}}});
}

Task<protocol::ApiResult<void>> authorize(const iam::Service& iam, bool strict,
                                          const protocol::Context& context,
                                          const protocol::OperationInfo& operation,
                                          const protocol::AnyShape& input) {
  if (!context.principal_arn.starts_with("arn:aws:sts:")) co_return protocol::ApiResult<void>();
  for (const Claim& claim : claims_of(context, operation, input)) {
    auto why = why_not(iam, context, claim);
    if (!why) continue;
    if (strict) co_return denied(*operation.service, std::move(*why));
    log::warning("auth", "would be denied", {{"message", *why}});
  }
  co_return protocol::ApiResult<void>();
}

}  // namespace

bool may_act(const iam::Service& iam, protocol::AuthMode mode, const protocol::Context& context,
             const Claim& claim) {
  if (mode == protocol::AuthMode::kOff) return true;
  const auto why = why_not(iam, context, claim);
  if (why && mode == protocol::AuthMode::kSoft) {
    log::warning("auth", "would be denied", {{"message", *why}});
  }
  return !why || mode == protocol::AuthMode::kSoft;
}

protocol::Authorize make_authority(const iam::Service& iam, protocol::AuthMode mode) {
  if (mode == protocol::AuthMode::kOff) return {};
  const bool strict = mode == protocol::AuthMode::kStrict;
  return [&iam, strict](const protocol::Context& context, const protocol::OperationInfo& operation,
                        const protocol::AnyShape& input) {
    return authorize(iam, strict, context, operation, input);
  };
}

}  // namespace penstock::server
