// Policy documents: the checks made when one is stored, and which services a trust policy lets in;
// whom else it lets in is PolicySet::grant's to say. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace penstock::iam {

enum class PolicyKind { kIdentity, kTrust };

// What is wrong with a policy document, in IAM's words; nullopt when it can be stored. Checked:
// JSON, Version, statements with Effect, Action or NotAction, Resource or NotResource (identity),
// Principal (trust).
std::optional<std::string> policy_fault(std::string_view document, PolicyKind kind);

// True when an Allow statement of the trust policy lets the AWS service assume the role
// (sts:AssumeRole) and none denies it. Conditions on the source are not known here and count as
// met.
bool trusts_service(std::string_view trust_policy, std::string_view service_principal);

}  // namespace penstock::iam
