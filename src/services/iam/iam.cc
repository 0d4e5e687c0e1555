// Loading, the questions of other services, and the commit path shared by all role changes.
#include "services/iam/iam.h"

#include <fmt/format.h>

#include <algorithm>

#include "services/iam/operations.h"
#include "services/iam/policy.h"
#include "storage/key.h"

namespace penstock::iam {

namespace {

using storage::Family;
using storage::Next;

// Visits all records of one tag.
template <typename Visit>
Status load(const storage::Store& store, std::uint8_t tag, Visit visit) {
  const std::string begin(1, static_cast<char>(tag));
  Status outcome;
  TRY_VOID(store.scan(Family::kMeta, begin, storage::prefix_end(begin),
                      [&](std::string_view key, std::string_view value) {
                        outcome = visit(key, value);
                        return outcome ? Next::kContinue : Next::kStop;
                      }));
  return outcome;
}

}  // namespace

Status Service::start() {
  TRY_VOID(
      load(deps.store, kTagRole, [this](std::string_view key, std::string_view value) -> Status {
        TRY(RoleRecord role, decode_role(value));
        if (auto id = parse_entity_key(kTagRole, key)) roles[std::move(*id)] = std::move(role);
        return {};
      }));
  TRY_VOID(
      load(deps.store, kTagPolicy, [this](std::string_view key, std::string_view value) -> Status {
        TRY(PolicyRecord policy, decode_policy(value));
        if (auto id = parse_entity_key(kTagPolicy, key))
          policies[std::move(*id)] = std::move(policy);
        return {};
      }));
  return load(deps.store, kTagSession,
              [this](std::string_view key, std::string_view value) -> Status {
                TRY(SessionRecord session, decode_session(value));
                if (auto access_key = parse_session_key(key))
                  sessions[std::move(*access_key)] = std::move(session);
                return {};
              });
}

std::optional<protocol::Credential> find_credential(const Service& service,
                                                    const std::string& access_key) {
  const std::scoped_lock lock(service.mutex);
  const auto found = service.sessions.find(access_key);
  if (found == service.sessions.end()) return std::nullopt;
  const SessionRecord& session = found->second;
  return protocol::Credential{session.secret_key, session.session_token, session.expires,
                              session.account,    session.principal_arn, session.principal_id};
}

std::optional<FoundRole> find_role(const Service& service, const std::string& arn) {
  // arn:aws:iam::<account>:role/<path>/<name>
  const std::size_t mark = arn.find(":role/");
  if (!arn.starts_with("arn:") || mark == std::string::npos || mark < 12) return std::nullopt;
  const EntityId id{arn.substr(mark - 12, 12), arn.substr(arn.rfind('/') + 1)};
  const std::scoped_lock lock(service.mutex);
  const auto found = service.roles.find(id);
  if (found == service.roles.end() || role_arn(id, found->second) != arn) return std::nullopt;
  return FoundRole{id, found->second};
}

std::optional<std::string> why_not_assumable(const Service& service, const std::string& arn,
                                             std::string_view service_principal) {
  const auto role = find_role(service, arn);
  if (!role) return fmt::format("the role {} does not exist", arn);
  if (!trusts_service(role->record.trust_policy, service_principal)) {
    return fmt::format("the trust policy of {} does not let {} assume it", arn, service_principal);
  }
  return std::nullopt;
}

std::unexpected<protocol::ApiError> no_such_role(std::string_view name) {
  return protocol::refuse("NoSuchEntity",
                          fmt::format("The role with name {} cannot be found.", name), 404);
}

bool is_aws_managed(std::string_view policy_arn) {
  return policy_arn.starts_with("arn:aws:iam::aws:policy/");
}

std::string make_id(Random& random, std::string_view prefix) {
  return std::string(prefix) + random.token(21 - prefix.size(), "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
}

Page page_of(const std::vector<std::string>& names, const std::optional<std::string>& marker,
             const std::optional<std::int32_t>& max_items) {
  Page page;
  if (marker) {
    page.from = static_cast<std::size_t>(std::upper_bound(names.begin(), names.end(), *marker) -
                                         names.begin());
  }
  page.to = std::min(names.size(), page.from + static_cast<std::size_t>(max_items.value_or(100)));
  page.is_truncated = page.to < names.size();
  return page;
}

Task<protocol::ApiResult<void>> alter_role(Service& service, EntityId id, ChangeRole change) {
  auto turn = co_await service.turns.enter(hash_bytes(id.account));
  std::optional<RoleRecord> role;
  {
    const std::scoped_lock lock(service.mutex);
    if (const auto found = service.roles.find(id); found != service.roles.end())
      role = found->second;
  }
  if (!role) co_return no_such_role(id.name);
  CO_TRY_VOID(change(*role));
  storage::Batch batch;
  batch.put(Family::kMeta, role_key(id), encode(*role));
  // Control-plane writes are rare: the turn is held across the sync, so memory only ever shows what
  // is durable.
  if (auto status = co_await service.deps.store.commit(std::move(batch)); !status) {
    co_return std::unexpected(protocol::ApiError(status.error()));
  }
  const std::scoped_lock lock(service.mutex);
  service.roles[id] = std::move(*role);
  service.grants.clear();
  co_return protocol::ApiResult<void>();
}

}  // namespace penstock::iam
