// AddPermission, RemovePermission, GetPolicy: the resource policy of a function or of one of its
// versions.
#include <fmt/format.h>

#include <algorithm>

#include "services/lambda/errors.h"
#include "services/lambda/operations.h"
#include "services/lambda/policy.h"
#include "services/lambda/resolve.h"

namespace penstock::lambda {
namespace {

constexpr std::size_t kPolicyBytesMax = 20'480;

protocol::ApiResult<void> check_revision(const Function& current, const Target& target,
                                         const std::optional<std::string>& wanted) {
  TRY(const FunctionVersion* const version, find_version(current, target));
  if (wanted && *wanted != version->revision) return std::unexpected(wrong_revision("GetPolicy"));
  return {};
}

// Every change shows in the revision of what the policy belongs to.
void touch(Change& change, const Target& target, std::string revision) {
  const FunctionVersion* const found = change.function.find_version(target.qualifier);
  if (found == &change.function.latest) {
    change.function.latest.revision = std::move(revision);
    return;
  }
  const std::uint64_t number = std::stoull(found->version);
  change.function.versions[number].revision = std::move(revision);
  change.put_version = number;
}

}  // namespace

Reply<api::AddPermissionResponse> add_permission(Service& service, const Context& context,
                                                 api::AddPermissionRequest input) {
  if (input.function_url_auth_type || input.invoked_via_function_url) {
    co_return std::unexpected(not_supported("Function URLs (FunctionUrlAuthType)"));
  }
  CO_TRY(const Target target, resolve_name(context, input.function_name, input.qualifier));
  const Permission permission{
      .id = input.statement_id,
      .action = input.action,
      .principal = input.principal,
      .resource = function_arn(target.place, target.name, target.qualifier),
      .source_arn = input.source_arn,
      .source_account = input.source_account,
      .organization = input.principal_org_id,
      .event_source_token = input.event_source_token,
  };
  const auto statement = policy_statement(permission);
  if (!statement) co_return std::unexpected(invalid_parameter(statement.error().message));
  const std::string revision = service.deps.random.uuid();
  Decide decide = [&](const Function& current) -> protocol::ApiResult<Change> {
    TRY_VOID(check_revision(current, target, input.revision_id));
    const bool taken = std::ranges::any_of(current.policy, [&](const PolicyStatement& other) {
      return other.id == permission.id && other.qualifier == target.qualifier;
    });
    if (taken) {
      return std::unexpected(
          conflict(fmt::format("The statement id ({}) provided already exists. Please provide a "
                               "new statement id, or remove "
                               "the existing statement.",
                               permission.id)));
    }
    Change change{.function = current};
    change.function.policy.push_back({permission.id, target.qualifier, *statement});
    if (policy_document(change.function, target.qualifier)->size() > kPolicyBytesMax) {
      return std::unexpected(user_error(
          "PolicyLengthExceededException",
          fmt::format("The final policy size is bigger than the limit ({}).", kPolicyBytesMax),
          400));
    }
    touch(change, target, revision);
    return change;
  };
  CO_TRY_VOID(co_await change_function(service, target, std::move(decide)));
  api::AddPermissionResponse output;
  output.statement = *statement;
  co_return output;
}

Reply<api::RemovePermissionOutput> remove_permission(Service& service, const Context& context,
                                                     api::RemovePermissionRequest input) {
  CO_TRY(const Target target, resolve_name(context, input.function_name, input.qualifier));
  const std::string revision = service.deps.random.uuid();
  Decide decide = [&](const Function& current) -> protocol::ApiResult<Change> {
    TRY_VOID(check_revision(current, target, input.revision_id));
    Change change{.function = current};
    const auto erased =
        std::erase_if(change.function.policy, [&](const PolicyStatement& statement) {
          return statement.id == input.statement_id && statement.qualifier == target.qualifier;
        });
    if (erased == 0) {
      return std::unexpected(not_found(
          fmt::format("Statement {} is not found in resource policy.", input.statement_id)));
    }
    touch(change, target, revision);
    return change;
  };
  CO_TRY_VOID(co_await change_function(service, target, std::move(decide)));
  co_return api::RemovePermissionOutput{};
}

Reply<api::GetPolicyResponse> get_policy(Service& service, const Context& context,
                                         api::GetPolicyRequest input) {
  CO_TRY(const Target target, resolve_name(context, input.function_name, input.qualifier));
  CO_TRY(const std::shared_ptr<const Function> function, find_function(service, target));
  CO_TRY(const FunctionVersion* const version, find_version(*function, target));
  auto document = policy_document(*function, target.qualifier);
  if (!document) {
    co_return std::unexpected(not_found("No policy is associated with the given resource."));
  }
  api::GetPolicyResponse output;
  output.policy = std::move(*document);
  output.revision_id = version->revision;
  co_return output;
}

}  // namespace penstock::lambda
