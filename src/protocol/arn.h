// Amazon Resource Names taken apart, and the names of roles' sessions put together. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace penstock::protocol {

// arn:aws:<service>:<region>:<account>:<resource>. Region and account may be empty (S3), and the
// resource may have colons of its own. Nothing is here of another partition (aws-cn, ...): what its
// ARNs name must not be taken for what has the same name in this one, whose policies it would
// evade.
struct Arn {
  std::string service;
  std::string region;
  std::string account;
  std::string resource;  // Never empty.
};
// nullopt: it is not an ARN, or one of another partition.
std::optional<Arn> parse_arn(std::string_view text);

// arn:aws:sts::<account>:assumed-role/<name of the role>/<session>. `role`: a name or an ARN; its
// path is left out.
std::string assumed_role_arn(std::string_view account, std::string_view role,
                             std::string_view session);
// The same of a role's ARN, whose account it is; any other text stays what it is.
std::string session_arn(std::string_view role_arn, std::string_view session);

}  // namespace penstock::protocol
