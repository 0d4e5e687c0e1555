// The tables of IAM and STS.
#include "services/iam/operations.h"

namespace penstock::iam {
namespace {

using protocol::operation;
using protocol::Operation;

constexpr Operation kIamOperations[] = {
    operation<op::CreateRole, create_role>(),
    operation<op::GetRole, get_role>(),
    operation<op::ListRoles, list_roles>(),
    operation<op::UpdateRole, update_role>(),
    operation<op::UpdateAssumeRolePolicy, update_assume_role_policy>(),
    operation<op::DeleteRole, delete_role>(),
    operation<op::TagRole, tag_role>(),
    operation<op::UntagRole, untag_role>(),
    operation<op::ListRoleTags, list_role_tags>(),
    operation<op::ListInstanceProfilesForRole, list_instance_profiles_for_role>(),
    operation<op::PutRolePolicy, put_role_policy>(),
    operation<op::GetRolePolicy, get_role_policy>(),
    operation<op::ListRolePolicies, list_role_policies>(),
    operation<op::DeleteRolePolicy, delete_role_policy>(),
    operation<op::AttachRolePolicy, attach_role_policy>(),
    operation<op::DetachRolePolicy, detach_role_policy>(),
    operation<op::ListAttachedRolePolicies, list_attached_role_policies>(),
    operation<op::CreatePolicy, create_policy>(),
    operation<op::GetPolicy, get_policy>(),
    operation<op::GetPolicyVersion, get_policy_version>(),
    operation<op::ListPolicies, list_policies>(),
    operation<op::ListPolicyVersions, list_policy_versions>(),
    operation<op::DeletePolicy, delete_policy>(),
};

constexpr Operation kStsOperations[] = {
    operation<sts::op::GetCallerIdentity, get_caller_identity>(),
    operation<sts::op::AssumeRole, assume_role>(),
    operation<sts::op::GetSessionToken, get_session_token>(),
};

}  // namespace

protocol::ServiceBinding binding(Service& service) {
  return {&kServiceInfo, &service, kIamOperations};
}
protocol::ServiceBinding sts_binding(Service& service) {
  return {&sts::kServiceInfo, &service, kStsOperations};
}

}  // namespace penstock::iam
