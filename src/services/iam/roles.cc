// Roles and their tags.
#include <fmt/format.h>

#include "base/bytes.h"
#include "services/iam/operations.h"
#include "services/iam/policy.h"

namespace penstock::iam {
namespace {

constexpr std::size_t kTagsMax = 50;

std::vector<api::Tag> to_api(const Tags& tags) {
  std::vector<api::Tag> out;
  for (const auto& [key, value] : tags) out.push_back({key, value});
  return out;
}

api::Role to_api(const EntityId& id, const RoleRecord& record) {
  api::Role role;
  role.path = record.path;
  role.role_name = id.name;
  role.role_id = record.id;
  role.arn = role_arn(id, record);
  role.create_date = record.created;
  role.assume_role_policy_document = percent_encode(record.trust_policy);
  if (!record.description.empty()) role.description = record.description;
  role.max_session_duration = record.max_session_seconds;
  if (!record.tags.empty()) role.tags = to_api(record.tags);
  return role;
}

protocol::ApiResult<void> add_tags(Tags& tags, const std::vector<api::Tag>& more) {
  for (const api::Tag& tag : more) tags[tag.key] = tag.value;
  if (tags.size() > kTagsMax) {
    return protocol::refuse("LimitExceeded",
                            fmt::format("Cannot exceed quota for TagsPerRole: {}", kTagsMax), 409);
  }
  return {};
}

protocol::ApiResult<void> check_trust(std::string_view document) {
  if (auto fault = policy_fault(document, PolicyKind::kTrust)) {
    return protocol::refuse("MalformedPolicyDocument", *fault);
  }
  return {};
}

}  // namespace

Reply<api::CreateRoleResponse> create_role(Service& service, const Context& context,
                                           api::CreateRoleRequest input) {
  CO_TRY_VOID(check_trust(input.assume_role_policy_document));
  if (input.permissions_boundary) {
    co_return protocol::refuse("InvalidInput", "PermissionsBoundary is not supported by penstock.");
  }
  if (input.role_name.starts_with(kServiceLinkedPrefix)) {
    // The wording is deduced.
    co_return protocol::refuse(
        "InvalidInput", fmt::format("Role names that begin with {} are for service-linked roles.",
                                    kServiceLinkedPrefix));
  }
  const EntityId id{context.account, input.role_name};
  RoleRecord record;
  record.path = input.path.value_or("/");
  record.id = make_id(service.deps.random, "AROA");
  record.trust_policy = std::move(input.assume_role_policy_document);
  record.description = input.description.value_or("");
  record.created = Timestamp::from_seconds(service.deps.clock.now().seconds());
  record.max_session_seconds = input.max_session_duration.value_or(3600);
  if (input.tags) CO_TRY_VOID(add_tags(record.tags, *input.tags));
  auto turn = co_await service.turns.enter(hash_bytes(id.account));
  {
    const std::scoped_lock lock(service.mutex);
    if (service.roles.contains(id)) {
      co_return protocol::refuse("EntityAlreadyExists",
                                 fmt::format("Role with name {} already exists.", id.name), 409);
    }
  }
  storage::Batch batch;
  batch.put(storage::Family::kMeta, role_key(id), encode(record));
  CO_TRY_VOID(co_await service.deps.store.commit(std::move(batch)));
  api::CreateRoleResponse reply{to_api(id, record)};
  const std::scoped_lock lock(service.mutex);
  service.roles[id] = std::move(record);
  service.grants.clear();
  co_return reply;
}

Reply<api::GetRoleResponse> get_role(Service& service, const Context& context,
                                     api::GetRoleRequest input) {
  const EntityId id{context.account, input.role_name};
  const std::scoped_lock lock(service.mutex);
  const auto found = service.roles.find(id);
  if (found == service.roles.end()) co_return no_such_role(input.role_name);
  co_return api::GetRoleResponse{to_api(id, found->second)};
}

Reply<api::ListRolesResponse> list_roles(Service& service, const Context& context,
                                         api::ListRolesRequest input) {
  const std::string prefix = input.path_prefix.value_or("/");
  const std::scoped_lock lock(service.mutex);
  std::vector<std::string> names;
  for (const auto& [id, role] : service.roles) {
    if (id.account == context.account && role.path.starts_with(prefix)) names.push_back(id.name);
  }
  const Page page = page_of(names, input.marker, input.max_items);
  api::ListRolesResponse reply;
  for (std::size_t i = page.from; i < page.to; ++i) {
    const EntityId id{context.account, names[i]};
    reply.roles.push_back(to_api(id, service.roles.at(id)));
  }
  reply.is_truncated = page.is_truncated;
  if (page.is_truncated) reply.marker = names[page.to - 1];
  co_return reply;
}

Reply<api::UpdateRoleResponse> update_role(Service& service, const Context& context,
                                           api::UpdateRoleRequest input) {
  const EntityId id{context.account, input.role_name};
  CO_TRY_VOID(co_await alter_role(service, id, [&input](RoleRecord& role) {
    if (input.description) role.description = *input.description;
    if (input.max_session_duration) role.max_session_seconds = *input.max_session_duration;
    return protocol::ApiResult<void>();
  }));
  co_return api::UpdateRoleResponse{};
}

Reply<api::UpdateAssumeRolePolicyOutput> update_assume_role_policy(
    Service& service, const Context& context, api::UpdateAssumeRolePolicyRequest input) {
  CO_TRY_VOID(check_trust(input.policy_document));
  const EntityId id{context.account, input.role_name};
  CO_TRY_VOID(co_await alter_role(service, id, [&input](RoleRecord& role) {
    role.trust_policy = input.policy_document;
    return protocol::ApiResult<void>();
  }));
  co_return api::UpdateAssumeRolePolicyOutput{};
}

Reply<api::DeleteRoleOutput> delete_role(Service& service, const Context& context,
                                         api::DeleteRoleRequest input) {
  const EntityId id{context.account, input.role_name};
  auto turn = co_await service.turns.enter(hash_bytes(id.account));
  {
    const std::scoped_lock lock(service.mutex);
    const auto found = service.roles.find(id);
    if (found == service.roles.end()) co_return no_such_role(id.name);
    if (!found->second.attached.empty()) {
      co_return protocol::refuse("DeleteConflict",
                                 "Cannot delete entity, must detach all policies first.", 409);
    }
    if (!found->second.inline_policies.empty()) {
      co_return protocol::refuse("DeleteConflict",
                                 "Cannot delete entity, must delete policies first.", 409);
    }
  }
  storage::Batch batch;
  batch.erase(storage::Family::kMeta, role_key(id));
  CO_TRY_VOID(co_await service.deps.store.commit(std::move(batch)));
  const std::scoped_lock lock(service.mutex);
  service.roles.erase(id);
  service.grants.clear();
  co_return api::DeleteRoleOutput{};
}

Reply<api::TagRoleOutput> tag_role(Service& service, const Context& context,
                                   api::TagRoleRequest input) {
  const EntityId id{context.account, input.role_name};
  CO_TRY_VOID(co_await alter_role(
      service, id, [&input](RoleRecord& role) { return add_tags(role.tags, input.tags); }));
  co_return api::TagRoleOutput{};
}

Reply<api::UntagRoleOutput> untag_role(Service& service, const Context& context,
                                       api::UntagRoleRequest input) {
  const EntityId id{context.account, input.role_name};
  CO_TRY_VOID(co_await alter_role(service, id, [&input](RoleRecord& role) {
    for (const std::string& key : input.tag_keys) role.tags.erase(key);
    return protocol::ApiResult<void>();
  }));
  co_return api::UntagRoleOutput{};
}

Reply<api::ListRoleTagsResponse> list_role_tags(Service& service, const Context& context,
                                                api::ListRoleTagsRequest input) {
  const std::scoped_lock lock(service.mutex);
  const auto found = service.roles.find({context.account, input.role_name});
  if (found == service.roles.end()) co_return no_such_role(input.role_name);
  std::vector<std::string> keys;
  for (const auto& [key, value] : found->second.tags) keys.push_back(key);
  const Page page = page_of(keys, input.marker, input.max_items);
  api::ListRoleTagsResponse reply;
  for (std::size_t i = page.from; i < page.to; ++i) {
    reply.tags.push_back({keys[i], found->second.tags.at(keys[i])});
  }
  reply.is_truncated = page.is_truncated;
  if (page.is_truncated) reply.marker = keys[page.to - 1];
  co_return reply;
}

// There are no instances here, hence no profiles; Terraform asks before it deletes a role.
Reply<api::ListInstanceProfilesForRoleResponse> list_instance_profiles_for_role(
    Service& service, const Context& context, api::ListInstanceProfilesForRoleRequest input) {
  const std::scoped_lock lock(service.mutex);
  if (!service.roles.contains({context.account, input.role_name}))
    co_return no_such_role(input.role_name);
  api::ListInstanceProfilesForRoleResponse reply;
  reply.is_truncated = false;
  co_return reply;
}

}  // namespace penstock::iam
