// What a role's session may do: the role's inline and attached policies, evaluated.
#include <fmt/format.h>

#include "services/iam/iam.h"
#include "services/iam/managed_policies.h"

namespace penstock::iam {
namespace {

struct Session {
  std::string account, role;
};

// arn:aws:sts::<account>:assumed-role/<role>/<session>
std::optional<Session> session_of(std::string_view arn) {
  constexpr std::string_view kPrefix = "arn:aws:sts::", kKind = ":assumed-role/";
  const std::size_t kind = arn.find(kKind);
  if (!arn.starts_with(kPrefix) || kind == arn.npos) return std::nullopt;
  const std::string_view rest = arn.substr(kind + kKind.size());
  return Session{std::string(arn.substr(kPrefix.size(), kind - kPrefix.size())),
                 std::string(rest.substr(0, rest.find('/')))};
}

std::vector<std::string> documents_of(const Service& service, const std::string& account,
                                      const RoleRecord& role) {
  std::vector<std::string> documents;
  for (const auto& [name, document] : role.inline_policies) documents.push_back(document);
  for (const auto& [arn, name] : role.attached) {
    if (auto managed = aws_managed_document(arn)) {
      documents.push_back(std::move(*managed));
    } else if (const auto own = service.policies.find({account, arn});
               own != service.policies.end()) {
      documents.push_back(own->second.document);
    }
  }
  return documents;
}

PolicySet grants_of(const Service& service, const Session& session) {
  const EntityId id{session.account, session.role};
  const std::scoped_lock lock(service.mutex);
  if (const auto known = service.grants.find(id); known != service.grants.end()) {
    return known->second;
  }
  const auto role = service.roles.find(id);
  if (role == service.roles.end()) return PolicySet::compile({});
  return service.grants
      .emplace(id, PolicySet::compile(documents_of(service, session.account, role->second)))
      .first->second;
}

}  // namespace

std::optional<std::string> why_not_allowed(const Service& service, const std::string& principal_arn,
                                           AccessRequest request) {
  constexpr std::string_view kServiceLinked = "AWSServiceRoleFor";
  const auto session = session_of(principal_arn);
  if (!session || session->role.starts_with(kServiceLinked)) return std::nullopt;
  const std::string& role = session->role;
  request.context.emplace("aws:principalarn",
                          fmt::format("arn:aws:iam::{}:role/{}", session->account, role));
  request.context.emplace("aws:principalaccount", session->account);
  request.context.emplace("aws:principaltype", "AssumedRole");
  request.context.emplace("aws:securetransport", "false");
  const Timestamp now = service.deps.clock.now();
  request.context.emplace("aws:currenttime", format_iso8601(now));
  request.context.emplace("aws:epochtime", std::to_string(now.seconds()));
  const Verdict verdict = grants_of(service, *session).decide(request);
  if (verdict == Verdict::kAllowed) return std::nullopt;
  const std::string head = fmt::format("User: {} is not authorized to perform: {} on resource: {}",
                                       principal_arn, request.action, request.resource);
  if (verdict == Verdict::kDenied) {
    return head + " with an explicit deny in an identity-based policy";
  }
  return fmt::format("{} because no identity-based policy allows the {} action", head,
                     request.action);
}

}  // namespace penstock::iam
