// What a principal may do: the policies of its role and that of the resource, evaluated.
#include <fmt/format.h>

#include <algorithm>

#include "protocol/arn.h"
#include "services/iam/iam.h"
#include "services/iam/managed_policies.h"

namespace penstock::iam {
namespace {

struct Session {
  std::string account, role, name;
};

// arn:aws:sts::<account>:assumed-role/<role>/<session>
std::optional<Session> session_of(std::string_view text) {
  constexpr std::string_view kKind = "assumed-role/";
  auto arn = protocol::parse_arn(text);
  if (!arn || arn->service != "sts" || !arn->resource.starts_with(kKind)) return std::nullopt;
  const std::string_view rest = std::string_view(arn->resource).substr(kKind.size());
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  return Session{std::move(arn->account), std::string(rest.substr(0, slash)),
                 std::string(rest.substr(std::min(slash + 1, rest.size())))};
}

std::string account_in(std::string_view resource) {
  auto arn = protocol::parse_arn(resource);
  return arn ? std::move(arn->account) : "";
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

// The principal of a call, and what its own policies are; none: it may do everything.
struct Asker {
  Principal principal;
  std::string type, user_id;
  std::optional<PolicySet> policies;
};

void look_up_role(const Service& service, const Session& session, Asker& asker) {
  const EntityId id{session.account, session.role};
  // Nobody can make a role of such a name.
  const bool service_linked = session.role.starts_with(kServiceLinkedPrefix);
  const std::scoped_lock lock(service.mutex);
  const auto role = service.roles.find(id);
  if (role == service.roles.end()) {
    asker.principal.role_arn = fmt::format("arn:aws:iam::{}:role/{}", id.account, id.name);
    if (!service_linked) asker.policies = PolicySet::compile({});
    return;
  }
  asker.principal.role_arn = role_arn(id, role->second);
  asker.user_id = fmt::format("{}:{}", role->second.id, session.name);
  auto known = service.grants.find(id);
  if (known == service.grants.end()) {
    PolicySet compiled = PolicySet::compile(documents_of(service, id.account, role->second));
    known = service.grants.emplace(id, std::move(compiled)).first;
  }
  asker.policies = known->second;
}

Asker asker_of(const Service& service, const protocol::Context& context) {
  Asker asker;
  asker.principal = {context.account, context.principal_arn};
  asker.user_id = context.principal_id;
  if (const auto session = session_of(context.principal_arn)) {
    asker.principal.account = session->account;
    asker.type = "AssumedRole";
    look_up_role(service, *session, asker);
  } else {
    asker.type = context.principal_arn.ends_with(":root") ? "Account" : "User";
  }
  return asker;
}

AccessRequest request_of(const Service& service, const protocol::Context& context,
                         const Asker& asker, std::string_view action, std::string_view resource) {
  AccessRequest request{.action = std::string(action), .resource = std::string(resource)};
  auto& known = request.context;
  const Principal& who = asker.principal;
  known["aws:principalarn"] = who.role_arn.empty() ? who.arn : who.role_arn;
  known["aws:principalaccount"] = who.account;
  known["aws:principaltype"] = asker.type;
  known["aws:principalisawsservice"] = "false";
  known["aws:viaawsservice"] = "false";
  if (!asker.user_id.empty()) known["aws:userid"] = asker.user_id;
  if (auto account = account_in(resource); !account.empty()) {
    known["aws:resourceaccount"] = std::move(account);
  }
  known["aws:requestedregion"] = context.region;
  known["aws:securetransport"] = "false";
  const Timestamp now = service.deps.clock.now();
  known["aws:currenttime"] = format_iso8601(now);
  known["aws:epochtime"] = std::to_string(now.seconds());
  return request;
}

// Documented ("Troubleshoot access denied error messages"); where several policies deny, AWS names
// one of them.
std::optional<std::string> why(Judgement judgement, const Principal& who, std::string_view action,
                               std::string_view resource) {
  if (judgement == Judgement::kAllowed) return std::nullopt;
  const std::string head = fmt::format("User: {} is not authorized to perform: {} on resource: {}",
                                       who.arn, action, resource);
  const bool of_resource =
      judgement == Judgement::kResourceDenies || judgement == Judgement::kNoResourceAllows;
  const std::string_view kind = of_resource ? "resource-based" : "identity-based";
  if (judgement == Judgement::kIdentityDenies || judgement == Judgement::kResourceDenies) {
    return fmt::format("{} with an explicit deny in {} {} policy", head, of_resource ? "a" : "an",
                       kind);
  }
  return fmt::format("{} because no {} policy allows the {} action", head, kind, action);
}

}  // namespace

std::optional<std::string> why_not_allowed(const Service& service, const protocol::Context& context,
                                           std::string_view action, std::string_view resource,
                                           const ResourceSide& side, ConditionKeys keys) {
  const Asker asker = asker_of(service, context);
  const Principal& who = asker.principal;
  const bool same_account =
      !side.can_have_policy || resource.empty() || account_in(resource) == who.account;
  if (!asker.policies && !side.policy && same_account) return std::nullopt;
  AccessRequest request = request_of(service, context, asker, action, resource);
  request.context.merge(keys);
  const Verdict verdict = asker.policies ? asker.policies->decide(request) : Verdict::kAllowed;
  Grant grant = side.policy ? side.policy->grant(request, who) : Grant::kNone;
  const bool repairs = side.root_repairs && asker.type == "Account" && same_account;
  if (grant == Grant::kDenied && repairs) grant = Grant::kNone;
  return why(judge(verdict, grant, same_account), who, action, resource);
}

bool lets_in(const Service& service, const protocol::Context& context, std::string_view action,
             std::string_view resource, const PolicySet& policy, ConditionKeys keys) {
  const Asker asker = asker_of(service, context);
  AccessRequest request = request_of(service, context, asker, action, resource);
  request.context.merge(keys);
  const Grant grant = policy.grant(request, asker.principal);
  return grant == Grant::kAccount || grant == Grant::kPrincipal;
}

}  // namespace penstock::iam
