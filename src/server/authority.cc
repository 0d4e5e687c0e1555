// The check itself. What each operation claims is in claims.cc.
#include "server/authority.h"

#include <algorithm>
#include <iterator>

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

// What the root of an account can always do to a resource of the account, whatever its policy
// denies. Documented for DeleteResourcePolicy of DynamoDB and, as a task of the root user, for
// editing the policy of a queue; deduced for Kinesis, where only other identities are said to need
// a permission.
constexpr std::string_view kRepairs[] = {
    "dynamodb:DeleteResourcePolicy", "kinesis:DeleteResourcePolicy", "kinesis:GetResourcePolicy",
    "kinesis:PutResourcePolicy",     "sqs:GetQueueAttributes",       "sqs:RemovePermission",
    "sqs:SetQueueAttributes",
};

std::optional<std::string> why_not(const Grounds& grounds, const protocol::Context& context,
                                   const Claim& claim) {
  iam::ResourceSide side = grounds.policies.side_of(claim.resource);
  side.root_repairs =
      side.policy && std::ranges::find(kRepairs, claim.action) != std::end(kRepairs);
  iam::ConditionKeys keys;
  if (!claim.passed_to.empty()) keys.emplace("iam:passedtoservice", claim.passed_to);
  return iam::why_not_allowed(grounds.iam, context, claim.action, claim.resource, side,
                              std::move(keys));
}

// Calls that the server makes for itself have no principal.
Task<protocol::ApiResult<void>> authorize(const Grounds& grounds, bool strict,
                                          const protocol::Context& context,
                                          const protocol::OperationInfo& operation,
                                          const protocol::AnyShape& input) {
  if (context.principal_arn.empty()) co_return protocol::ApiResult<void>();
  for (const Claim& claim : claims_of(context, operation, input, grounds.names)) {
    auto why = why_not(grounds, context, claim);
    if (!why) continue;
    if (strict) co_return denied(*operation.service, std::move(*why));
    log::warning("auth", "would be denied", {{"message", *why}});
  }
  co_return protocol::ApiResult<void>();
}

}  // namespace

bool may_act(const Grounds& grounds, protocol::AuthMode mode, const protocol::Context& context,
             const Claim& claim) {
  if (mode == protocol::AuthMode::kOff) return true;
  const auto why = why_not(grounds, context, claim);
  if (why && mode == protocol::AuthMode::kSoft) {
    log::warning("auth", "would be denied", {{"message", *why}});
  }
  return !why || mode == protocol::AuthMode::kSoft;
}

protocol::Authorize make_authority(const Grounds& grounds, protocol::AuthMode mode) {
  if (mode == protocol::AuthMode::kOff) return {};
  const bool strict = mode == protocol::AuthMode::kStrict;
  return
      [&grounds, strict](const protocol::Context& context, const protocol::OperationInfo& operation,
                         const protocol::AnyShape& input) {
        return authorize(grounds, strict, context, operation, input);
      };
}

}  // namespace penstock::server
