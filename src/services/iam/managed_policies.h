// The policies that AWS itself publishes, as far as roles of this chain carry them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace penstock::iam {

// The document of arn:aws:iam::aws:policy/…; nullopt when it is not known here. Such a policy can
// be attached, and allows nothing.
std::optional<std::string> aws_managed_document(std::string_view policy_arn);

}  // namespace penstock::iam
