// Every operation of IAM and STS that is served, by noun.
#pragma once

#include "gen/iam/model.h"
#include "gen/sts/model.h"
#include "protocol/api_error.h"
#include "protocol/context.h"
#include "services/iam/iam.h"

namespace penstock::iam {

using protocol::Context;
using protocol::Reply;

// roles.cc
Reply<api::CreateRoleResponse> create_role(Service&, const Context&, api::CreateRoleRequest);
Reply<api::GetRoleResponse> get_role(Service&, const Context&, api::GetRoleRequest);
Reply<api::ListRolesResponse> list_roles(Service&, const Context&, api::ListRolesRequest);
Reply<api::UpdateRoleResponse> update_role(Service&, const Context&, api::UpdateRoleRequest);
Reply<api::UpdateAssumeRolePolicyOutput> update_assume_role_policy(
    Service&, const Context&, api::UpdateAssumeRolePolicyRequest);
Reply<api::DeleteRoleOutput> delete_role(Service&, const Context&, api::DeleteRoleRequest);
Reply<api::TagRoleOutput> tag_role(Service&, const Context&, api::TagRoleRequest);
Reply<api::UntagRoleOutput> untag_role(Service&, const Context&, api::UntagRoleRequest);
Reply<api::ListRoleTagsResponse> list_role_tags(Service&, const Context&, api::ListRoleTagsRequest);
Reply<api::ListInstanceProfilesForRoleResponse> list_instance_profiles_for_role(
    Service&, const Context&, api::ListInstanceProfilesForRoleRequest);

// role_policies.cc
Reply<api::PutRolePolicyOutput> put_role_policy(Service&, const Context&,
                                                api::PutRolePolicyRequest);
Reply<api::GetRolePolicyResponse> get_role_policy(Service&, const Context&,
                                                  api::GetRolePolicyRequest);
Reply<api::ListRolePoliciesResponse> list_role_policies(Service&, const Context&,
                                                        api::ListRolePoliciesRequest);
Reply<api::DeleteRolePolicyOutput> delete_role_policy(Service&, const Context&,
                                                      api::DeleteRolePolicyRequest);
Reply<api::AttachRolePolicyOutput> attach_role_policy(Service&, const Context&,
                                                      api::AttachRolePolicyRequest);
Reply<api::DetachRolePolicyOutput> detach_role_policy(Service&, const Context&,
                                                      api::DetachRolePolicyRequest);
Reply<api::ListAttachedRolePoliciesResponse> list_attached_role_policies(
    Service&, const Context&, api::ListAttachedRolePoliciesRequest);

// policies.cc
Reply<api::CreatePolicyResponse> create_policy(Service&, const Context&, api::CreatePolicyRequest);
Reply<api::GetPolicyResponse> get_policy(Service&, const Context&, api::GetPolicyRequest);
Reply<api::GetPolicyVersionResponse> get_policy_version(Service&, const Context&,
                                                        api::GetPolicyVersionRequest);
Reply<api::ListPoliciesResponse> list_policies(Service&, const Context&, api::ListPoliciesRequest);
Reply<api::ListPolicyVersionsResponse> list_policy_versions(Service&, const Context&,
                                                            api::ListPolicyVersionsRequest);
Reply<api::DeletePolicyOutput> delete_policy(Service&, const Context&, api::DeletePolicyRequest);

// sessions.cc (STS)
Reply<sts::api::GetCallerIdentityResponse> get_caller_identity(Service&, const Context&,
                                                               sts::api::GetCallerIdentityRequest);
Reply<sts::api::AssumeRoleResponse> assume_role(Service&, const Context&,
                                                sts::api::AssumeRoleRequest);
Reply<sts::api::GetSessionTokenResponse> get_session_token(Service&, const Context&,
                                                           sts::api::GetSessionTokenRequest);

// ---- shared by the files above ----
std::unexpected<protocol::ApiError> no_such_role(std::string_view name);
struct FoundRole {
  EntityId id;
  RoleRecord record;
};
// The role that an ARN names; nullopt when there is none or the ARN is not a role's.
std::optional<FoundRole> find_role(const Service& service, const std::string& arn);
// Managed policies of AWS itself (arn:aws:iam::aws:policy/...) are known by their ARN alone.
bool is_aws_managed(std::string_view policy_arn);
std::string make_id(Random& random, std::string_view prefix);  // AROA..., 21 characters.

// A page of `all` as IAM pages: Marker is the name to go on after.
struct Page {
  std::size_t from = 0, to = 0;
  bool is_truncated = false;
};
Page page_of(const std::vector<std::string>& names, const std::optional<std::string>& marker,
             const std::optional<std::int32_t>& max_items);

// Reads a role, lets `change` alter it, and makes the outcome durable before it is seen by others.
// `change` returns an ApiError to refuse.
using ChangeRole = std::function<protocol::ApiResult<void>(RoleRecord&)>;
Task<protocol::ApiResult<void>> alter_role(Service& service, EntityId id, ChangeRole change);

}  // namespace penstock::iam
