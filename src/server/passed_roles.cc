// iam:PassRole: who gives a service a role to act as must be allowed to pass that role to it.
// Documented: "Grant a user permissions to pass a role to an AWS service".
#include <fmt/format.h>

#include <algorithm>

#include "server/authority.h"

namespace penstock::server {
namespace {

using protocol::AnyShape;

struct Passing {
  std::string_view service;
  std::string_view member;  // Of any structure of a request: an ARN or, of Glue, a name.
  std::string_view principal;
};

constexpr Passing kPassing[] = {
    {"firehose", "RoleARN", "firehose.amazonaws.com"},
    {"glue", "Role", "glue.amazonaws.com"},
    {"lambda", "Role", "lambda.amazonaws.com"},
    {"pipes", "RoleArn", "pipes.amazonaws.com"},
};

void gather(const protocol::Shape& shape, const void* value, std::string_view name,
            std::vector<std::string>& texts) {
  for (const protocol::Member& member : shape.members) {
    const protocol::Kind kind = member.shape->kind;
    if (kind != protocol::Kind::kStructure && kind != protocol::Kind::kString) continue;
    const void* const field = member.field->peek(static_cast<const char*>(value) + member.offset);
    if (field == nullptr) continue;
    if (kind == protocol::Kind::kStructure) {
      gather(*member.shape, field, name, texts);
    } else if (member.name == name) {
      texts.push_back(*static_cast<const std::string*>(field));
    }
  }
}

}  // namespace

std::vector<Claim> passed_roles(const protocol::Context& context,
                                const protocol::OperationInfo& operation, const AnyShape& input) {
  const auto passing =
      std::ranges::find(kPassing, std::string_view(operation.service->id), &Passing::service);
  if (passing == std::end(kPassing)) return {};
  std::vector<std::string> roles;
  gather(input.shape(), input.get(), passing->member, roles);
  std::vector<Claim> claims;
  for (std::string& role : roles) {
    while (role.starts_with('/')) role.erase(0, 1);  // As whoever takes it reads it.
    Claim claim{"iam:PassRole",
                role.starts_with("arn:")
                    ? role
                    : fmt::format("arn:aws:iam::{}:role/{}", context.account, role),
                std::string(passing->principal)};
    if (std::ranges::find(claims, claim) == claims.end()) claims.push_back(std::move(claim));
  }
  return claims;
}

}  // namespace penstock::server
