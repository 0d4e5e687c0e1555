// STS: who is calling, and sessions of roles.
#include <fmt/format.h>

#include "base/bytes.h"
#include "protocol/arn.h"
#include "services/iam/operations.h"
#include "services/iam/policy.h"

namespace penstock::iam {
namespace {

constexpr std::string_view kKeyAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::string_view kSecretAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::unexpected<protocol::ApiError> not_supported(std::string_view name) {
  return protocol::refuse("ValidationError", fmt::format("{} is not supported by penstock.", name));
}

// Stores a new session; expired ones of the server are dropped with it, so that the set stays
// bounded.
Task<protocol::ApiResult<sts::api::Credentials>> open_session(Service& service,
                                                              SessionRecord session) {
  Random& random = service.deps.random;
  const std::string access_key = "ASIA" + random.token(16, kKeyAlphabet);
  session.secret_key = random.token(40, kSecretAlphabet);
  session.session_token = random.token(344, kSecretAlphabet);
  storage::Batch batch;
  batch.put(storage::Family::kMeta, session_key(access_key), encode(session));
  std::vector<std::string> expired;
  {
    const std::scoped_lock lock(service.mutex);
    for (const auto& [key, other] : service.sessions) {
      if (other.expires < service.deps.clock.now()) expired.push_back(key);
    }
  }
  for (const std::string& key : expired) batch.erase(storage::Family::kMeta, session_key(key));
  if (auto status = co_await service.deps.store.commit(std::move(batch)); !status) {
    co_return std::unexpected(protocol::ApiError(status.error()));
  }
  sts::api::Credentials credentials{access_key, session.secret_key, session.session_token,
                                    session.expires};
  const std::scoped_lock lock(service.mutex);
  for (const std::string& key : expired) service.sessions.erase(key);
  service.sessions[access_key] = std::move(session);
  co_return credentials;
}

SessionRecord session_of(const Service& service, const FoundRole& role, std::string_view name,
                         std::int32_t seconds) {
  SessionRecord session;
  session.account = role.id.account;
  session.principal_arn = protocol::assumed_role_arn(role.id.account, role.id.name, name);
  session.principal_id = fmt::format("{}:{}", role.record.id, name);
  session.expires =
      Timestamp::from_seconds(service.deps.clock.now().seconds()) + std::chrono::seconds(seconds);
  return session;
}

}  // namespace

Task<Result<ServiceSession>> open_service_session(Service& service, std::string role_arn,
                                                  std::string session_name) {
  const auto role = find_role(service, role_arn);
  if (!role)
    co_return fail(ErrorKind::kNotFound, fmt::format("the role {} does not exist", role_arn));
  const std::int32_t seconds = role->record.max_session_seconds;
  auto opened = co_await open_session(service, session_of(service, *role, session_name, seconds));
  if (!opened) co_return fail(ErrorKind::kUnavailable, opened.error().message);
  co_return ServiceSession{opened->access_key_id, opened->secret_access_key, opened->session_token,
                           opened->expiration};
}

Reply<sts::api::GetCallerIdentityResponse> get_caller_identity(Service&, const Context& context,
                                                               sts::api::GetCallerIdentityRequest) {
  sts::api::GetCallerIdentityResponse reply;
  reply.user_id = context.principal_id;
  reply.account = context.account;
  reply.arn = context.principal_arn;
  co_return reply;
}

Reply<sts::api::AssumeRoleResponse> assume_role(Service& service, const Context& context,
                                                sts::api::AssumeRoleRequest input) {
  if (input.policy || input.policy_arns) co_return not_supported("A session policy");
  if (input.tags || input.transitive_tag_keys) co_return not_supported("A session tag");
  if (input.serial_number || input.token_code)
    co_return not_supported("Multi-factor authentication");
  if (input.source_identity) co_return not_supported("SourceIdentity");
  if (input.provided_contexts) co_return not_supported("ProvidedContexts");
  const std::size_t mark = input.role_arn.find(":role/");
  if (!input.role_arn.starts_with("arn:") || mark == std::string::npos || mark < 12) {
    co_return protocol::refuse("ValidationError", fmt::format("{} is invalid", input.role_arn));
  }
  const auto role = find_role(service, input.role_arn);
  // A role that does not exist and one that does not trust the caller get the same answer, as on
  // AWS.
  ConditionKeys keys{{"sts:rolesessionname", input.role_session_name}};
  if (input.external_id) keys.emplace("sts:externalid", *input.external_id);
  if (!role || !lets_in(service, context, "sts:AssumeRole", input.role_arn,
                        PolicySet::compile({role->record.trust_policy}), std::move(keys))) {
    co_return protocol::refuse(
        "AccessDenied",
        fmt::format("User: {} is not authorized to perform: sts:AssumeRole on resource: {}",
                    context.principal_arn, input.role_arn),
        403);
  }
  const std::int32_t seconds = input.duration_seconds.value_or(3600);
  if (seconds > role->record.max_session_seconds) {
    co_return protocol::refuse(
        "ValidationError",
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
  }
  if (seconds > 3600 && context.principal_arn.find(":assumed-role/") != std::string::npos) {
    co_return protocol::refuse(
        "ValidationError",
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role "
        "chaining");
  }
  SessionRecord session = session_of(service, *role, input.role_session_name, seconds);
  sts::api::AssumeRoleResponse reply;
  reply.assumed_role_user = sts::api::AssumedRoleUser{session.principal_id, session.principal_arn};
  CO_TRY(reply.credentials, co_await open_session(service, std::move(session)));
  co_return reply;
}

Reply<sts::api::GetSessionTokenResponse> get_session_token(Service& service, const Context& context,
                                                           sts::api::GetSessionTokenRequest input) {
  if (input.serial_number || input.token_code)
    co_return not_supported("Multi-factor authentication");
  if (context.access_key.starts_with("ASIA")) {
    co_return protocol::refuse("AccessDenied",
                               "Cannot call GetSessionToken with session credentials", 403);
  }
  SessionRecord session;
  session.account = context.account;
  session.principal_arn = context.principal_arn;
  session.principal_id = context.principal_id;
  // The root user's sessions last an hour at most.
  session.expires = Timestamp::from_seconds(service.deps.clock.now().seconds()) +
                    std::chrono::seconds(std::min(input.duration_seconds.value_or(3600), 3600));
  sts::api::GetSessionTokenResponse reply;
  CO_TRY(reply.credentials, co_await open_session(service, std::move(session)));
  co_return reply;
}

}  // namespace penstock::iam
