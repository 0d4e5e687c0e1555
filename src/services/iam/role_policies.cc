// Inline policies of roles, and the managed policies attached to them.
#include <fmt/format.h>

#include "base/bytes.h"
#include "services/iam/operations.h"
#include "services/iam/policy.h"

namespace penstock::iam {
namespace {

constexpr std::size_t kAttachedMax = 10;

std::unexpected<protocol::ApiError> no_such_role_policy(std::string_view name) {
  return protocol::refuse("NoSuchEntity",
                          fmt::format("The role policy with name {} cannot be found.", name), 404);
}

}  // namespace

Reply<api::PutRolePolicyOutput> put_role_policy(Service& service, const Context& context,
                                                api::PutRolePolicyRequest input) {
  if (auto fault = policy_fault(input.policy_document, PolicyKind::kIdentity)) {
    co_return protocol::refuse("MalformedPolicyDocument", *fault);
  }
  const EntityId id{context.account, input.role_name};
  CO_TRY_VOID(co_await alter_role(service, id, [&input](RoleRecord& role) {
    role.inline_policies[input.policy_name] = input.policy_document;
    return protocol::ApiResult<void>();
  }));
  co_return api::PutRolePolicyOutput{};
}

Reply<api::GetRolePolicyResponse> get_role_policy(Service& service, const Context& context,
                                                  api::GetRolePolicyRequest input) {
  const std::scoped_lock lock(service.mutex);
  const auto role = service.roles.find({context.account, input.role_name});
  if (role == service.roles.end()) co_return no_such_role(input.role_name);
  const auto policy = role->second.inline_policies.find(input.policy_name);
  if (policy == role->second.inline_policies.end())
    co_return no_such_role_policy(input.policy_name);
  co_return api::GetRolePolicyResponse{input.role_name, input.policy_name,
                                       percent_encode(policy->second)};
}

Reply<api::ListRolePoliciesResponse> list_role_policies(Service& service, const Context& context,
                                                        api::ListRolePoliciesRequest input) {
  const std::scoped_lock lock(service.mutex);
  const auto role = service.roles.find({context.account, input.role_name});
  if (role == service.roles.end()) co_return no_such_role(input.role_name);
  std::vector<std::string> names;
  for (const auto& [name, document] : role->second.inline_policies) names.push_back(name);
  const Page page = page_of(names, input.marker, input.max_items);
  api::ListRolePoliciesResponse reply;
  reply.policy_names.assign(names.begin() + static_cast<std::ptrdiff_t>(page.from),
                            names.begin() + static_cast<std::ptrdiff_t>(page.to));
  reply.is_truncated = page.is_truncated;
  if (page.is_truncated) reply.marker = names[page.to - 1];
  co_return reply;
}

Reply<api::DeleteRolePolicyOutput> delete_role_policy(Service& service, const Context& context,
                                                      api::DeleteRolePolicyRequest input) {
  const EntityId id{context.account, input.role_name};
  CO_TRY_VOID(
      co_await alter_role(service, id, [&input](RoleRecord& role) -> protocol::ApiResult<void> {
        if (role.inline_policies.erase(input.policy_name) == 0)
          return no_such_role_policy(input.policy_name);
        return {};
      }));
  co_return api::DeleteRolePolicyOutput{};
}

Reply<api::AttachRolePolicyOutput> attach_role_policy(Service& service, const Context& context,
                                                      api::AttachRolePolicyRequest input) {
  const std::string arn = input.policy_arn;
  if (!is_aws_managed(arn)) {
    const std::scoped_lock lock(service.mutex);
    if (!service.policies.contains({context.account, arn})) {
      co_return protocol::refuse(
          "NoSuchEntity", fmt::format("Policy {} does not exist or is not attachable.", arn), 404);
    }
  }
  const EntityId id{context.account, input.role_name};
  CO_TRY_VOID(
      co_await alter_role(service, id, [&arn](RoleRecord& role) -> protocol::ApiResult<void> {
        role.attached[arn] = arn.substr(arn.rfind('/') + 1);
        if (role.attached.size() > kAttachedMax) {
          return protocol::refuse(
              "LimitExceeded",
              fmt::format("Cannot exceed quota for PoliciesPerRole: {}", kAttachedMax), 409);
        }
        return {};
      }));
  co_return api::AttachRolePolicyOutput{};
}

Reply<api::DetachRolePolicyOutput> detach_role_policy(Service& service, const Context& context,
                                                      api::DetachRolePolicyRequest input) {
  const EntityId id{context.account, input.role_name};
  CO_TRY_VOID(
      co_await alter_role(service, id, [&input](RoleRecord& role) -> protocol::ApiResult<void> {
        if (role.attached.erase(input.policy_arn) == 0) {
          return protocol::refuse("NoSuchEntity",
                                  fmt::format("Policy {} was not found.", input.policy_arn), 404);
        }
        return {};
      }));
  co_return api::DetachRolePolicyOutput{};
}

Reply<api::ListAttachedRolePoliciesResponse> list_attached_role_policies(
    Service& service, const Context& context, api::ListAttachedRolePoliciesRequest input) {
  const std::scoped_lock lock(service.mutex);
  const auto role = service.roles.find({context.account, input.role_name});
  if (role == service.roles.end()) co_return no_such_role(input.role_name);
  const std::string prefix = ":policy" + input.path_prefix.value_or("/");
  std::vector<std::string> arns;
  for (const auto& [arn, name] : role->second.attached) {
    if (arn.find(prefix) != std::string::npos) arns.push_back(arn);
  }
  const Page page = page_of(arns, input.marker, input.max_items);
  api::ListAttachedRolePoliciesResponse reply;
  auto& list = reply.attached_policies.emplace();
  for (std::size_t i = page.from; i < page.to; ++i) {
    list.push_back({role->second.attached.at(arns[i]), arns[i]});
  }
  reply.is_truncated = page.is_truncated;
  if (page.is_truncated) reply.marker = arns[page.to - 1];
  co_return reply;
}

}  // namespace penstock::iam
