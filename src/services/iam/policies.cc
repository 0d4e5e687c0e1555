// Customer managed policies. Each has one version, v1: CreatePolicyVersion is not served.
#include <fmt/format.h>

#include "base/bytes.h"
#include "services/iam/operations.h"
#include "services/iam/policy.h"

namespace penstock::iam {
namespace {

std::unexpected<protocol::ApiError> no_such_policy(std::string_view arn) {
  return protocol::refuse("NoSuchEntity", fmt::format("Policy {} was not found.", arn), 404);
}

// Requires the lock.
std::int32_t attachments(const Service& service, const EntityId& id) {
  std::int32_t count = 0;
  for (const auto& [role_id, role] : service.roles) {
    if (role_id.account == id.account && role.attached.contains(id.name)) ++count;
  }
  return count;
}

api::Policy to_api(const EntityId& id, const PolicyRecord& record, std::int32_t attached) {
  api::Policy policy;
  policy.policy_name = record.name;
  policy.policy_id = record.id;
  policy.arn = id.name;
  policy.path = record.path;
  policy.default_version_id = "v1";
  policy.attachment_count = attached;
  policy.permissions_boundary_usage_count = 0;
  policy.is_attachable = true;
  if (!record.description.empty()) policy.description = record.description;
  policy.create_date = record.created;
  policy.update_date = record.created;
  for (const auto& [key, value] : record.tags) {
    if (!policy.tags) policy.tags.emplace();
    policy.tags->push_back({key, value});
  }
  return policy;
}

}  // namespace

Reply<api::CreatePolicyResponse> create_policy(Service& service, const Context& context,
                                               api::CreatePolicyRequest input) {
  if (auto fault = policy_fault(input.policy_document, PolicyKind::kIdentity)) {
    co_return protocol::refuse("MalformedPolicyDocument", *fault);
  }
  PolicyRecord record;
  record.name = input.policy_name;
  record.path = input.path.value_or("/");
  record.id = make_id(service.deps.random, "ANPA");
  record.document = std::move(input.policy_document);
  record.description = input.description.value_or("");
  record.created = Timestamp::from_seconds(service.deps.clock.now().seconds());
  if (input.tags) {
    for (const api::Tag& tag : *input.tags) record.tags[tag.key] = tag.value;
  }
  const EntityId id{context.account, fmt::format("arn:aws:iam::{}:policy{}{}", context.account,
                                                 record.path, record.name)};
  auto turn = co_await service.turns.enter(hash_bytes(id.account));
  {
    const std::scoped_lock lock(service.mutex);
    if (service.policies.contains(id)) {
      co_return protocol::refuse(
          "EntityAlreadyExists",
          fmt::format("A policy called {} already exists. Duplicate names are not allowed.",
                      record.name),
          409);
    }
  }
  storage::Batch batch;
  batch.put(storage::Family::kMeta, policy_key(id), encode(record));
  CO_TRY_VOID(co_await service.deps.store.commit(std::move(batch)));
  api::CreatePolicyResponse reply{to_api(id, record, 0)};
  const std::scoped_lock lock(service.mutex);
  service.policies[id] = std::move(record);
  service.grants.clear();
  co_return reply;
}

Reply<api::GetPolicyResponse> get_policy(Service& service, const Context& context,
                                         api::GetPolicyRequest input) {
  const EntityId id{context.account, input.policy_arn};
  const std::scoped_lock lock(service.mutex);
  const auto found = service.policies.find(id);
  if (found == service.policies.end()) co_return no_such_policy(input.policy_arn);
  co_return api::GetPolicyResponse{to_api(id, found->second, attachments(service, id))};
}

Reply<api::GetPolicyVersionResponse> get_policy_version(Service& service, const Context& context,
                                                        api::GetPolicyVersionRequest input) {
  const std::scoped_lock lock(service.mutex);
  const auto found = service.policies.find({context.account, input.policy_arn});
  if (found == service.policies.end()) co_return no_such_policy(input.policy_arn);
  if (input.version_id != "v1") {
    co_return protocol::refuse(
        "NoSuchEntity",
        fmt::format("Policy {} version {} does not exist or is not attachable.", input.policy_arn,
                    input.version_id),
        404);
  }
  api::PolicyVersion version;
  version.document = percent_encode(found->second.document);
  version.version_id = "v1";
  version.is_default_version = true;
  version.create_date = found->second.created;
  co_return api::GetPolicyVersionResponse{std::move(version)};
}

Reply<api::ListPoliciesResponse> list_policies(Service& service, const Context& context,
                                               api::ListPoliciesRequest input) {
  const std::string prefix = input.path_prefix.value_or("/");
  const std::scoped_lock lock(service.mutex);
  std::vector<std::string> arns;
  // Scope AWS lists none: AWS's own policies are known by ARN only.
  if (input.scope.value_or("All") != "AWS" &&
      input.policy_usage_filter.value_or("PermissionsPolicy") == "PermissionsPolicy") {
    for (const auto& [id, policy] : service.policies) {
      if (id.account != context.account || !policy.path.starts_with(prefix)) continue;
      if (input.only_attached.value_or(false) && attachments(service, id) == 0) continue;
      arns.push_back(id.name);
    }
  }
  const Page page = page_of(arns, input.marker, input.max_items);
  api::ListPoliciesResponse reply;
  auto& list = reply.policies.emplace();
  for (std::size_t i = page.from; i < page.to; ++i) {
    const EntityId id{context.account, arns[i]};
    list.push_back(to_api(id, service.policies.at(id), attachments(service, id)));
  }
  reply.is_truncated = page.is_truncated;
  if (page.is_truncated) reply.marker = arns[page.to - 1];
  co_return reply;
}

Reply<api::ListPolicyVersionsResponse> list_policy_versions(Service& service,
                                                            const Context& context,
                                                            api::ListPolicyVersionsRequest input) {
  const std::scoped_lock lock(service.mutex);
  const auto found = service.policies.find({context.account, input.policy_arn});
  if (found == service.policies.end()) co_return no_such_policy(input.policy_arn);
  api::PolicyVersion version;
  version.version_id = "v1";
  version.is_default_version = true;
  version.create_date = found->second.created;
  api::ListPolicyVersionsResponse reply;
  reply.versions.emplace().push_back(std::move(version));
  reply.is_truncated = false;
  co_return reply;
}

Reply<api::DeletePolicyOutput> delete_policy(Service& service, const Context& context,
                                             api::DeletePolicyRequest input) {
  const EntityId id{context.account, input.policy_arn};
  auto turn = co_await service.turns.enter(hash_bytes(id.account));
  {
    const std::scoped_lock lock(service.mutex);
    if (!service.policies.contains(id)) co_return no_such_policy(input.policy_arn);
    if (attachments(service, id) != 0) {
      co_return protocol::refuse("DeleteConflict", "Cannot delete a policy attached to entities.",
                                 409);
    }
  }
  storage::Batch batch;
  batch.erase(storage::Family::kMeta, policy_key(id));
  CO_TRY_VOID(co_await service.deps.store.commit(std::move(batch)));
  const std::scoped_lock lock(service.mutex);
  service.policies.erase(id);
  service.grants.clear();
  co_return api::DeletePolicyOutput{};
}

}  // namespace penstock::iam
