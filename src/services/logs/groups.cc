// Log groups: create, delete, describe, retention.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <variant>

#include "services/logs/errors.h"
#include "services/logs/logs.h"
#include "services/logs/operations.h"
#include "services/logs/resolve.h"
#include "services/logs/store.h"

namespace penstock::logs {
namespace {

constexpr auto kRetentionDays =
    std::to_array<std::int32_t>({1,   3,   5,   7,   14,   30,   60,   90,   120,  150,  180,
                                 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653});

api::LogGroup describe(Group& group) {
  const std::scoped_lock lock(group.mutex);
  const GroupConfig& config = group.config;
  std::uint64_t bytes = 0;
  for (const auto& [name, stream] : group.streams) bytes += stream.bytes;
  api::LogGroup out;
  out.log_group_name = config.name;
  out.creation_time = config.created_millis;
  out.retention_in_days = config.retention_days;
  out.metric_filter_count = 0;
  out.arn = group_arn(config.place, config.name) + ":*";
  out.log_group_arn = group_arn(config.place, config.name);
  out.stored_bytes = static_cast<std::int64_t>(bytes);
  out.log_group_class = "STANDARD";
  out.deletion_protection_enabled = config.deletion_protected;
  return out;
}

// Changes the configuration and waits until the change is durable.
template <typename Change>
Reply<std::monostate> change_group(Service& service, std::shared_ptr<Group> group, Change change) {
  std::unique_lock lock(group->mutex);
  if (group->deleted) co_return std::unexpected(group_not_found());
  change(group->config);
  storage::Batch batch;
  put_group(batch, group->config);
  const storage::Commit commit = service.deps.store.submit(std::move(batch));
  lock.unlock();
  CO_TRY_VOID(co_await commit.durable());
  co_return std::monostate{};
}

protocol::ApiResult<void> check_describe(const Context& context,
                                         const api::DescribeLogGroupsRequest& input) {
  if (input.log_group_name_prefix && input.log_group_name_pattern) {
    return std::unexpected(invalid_parameter(
        "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."));
  }
  if (input.include_linked_accounts.value_or(false)) {
    return std::unexpected(invalid_parameter("includeLinkedAccounts is not supported."));
  }
  for (const std::string& account :
       input.account_identifiers.value_or(std::vector<std::string>{})) {
    if (account != context.account) {
      return std::unexpected(
          invalid_parameter("accountIdentifiers of other accounts are not supported."));
    }
  }
  return {};
}

bool selected(const api::DescribeLogGroupsRequest& input, const GroupConfig& config) {
  if (input.log_group_name_prefix && !config.name.starts_with(*input.log_group_name_prefix))
    return false;
  if (input.log_group_name_pattern &&
      config.name.find(*input.log_group_name_pattern) == std::string::npos) {
    return false;
  }
  if (input.log_group_class && *input.log_group_class != "STANDARD") return false;
  if (!input.log_group_identifiers) return true;
  return std::ranges::any_of(*input.log_group_identifiers, [&](const std::string& identifier) {
    return group_name_of(config.place, identifier) == config.name;
  });
}

}  // namespace

Reply<api::CreateLogGroupOutput> create_log_group(Service& service, const Context& context,
                                                  api::CreateLogGroupRequest input) {
  if (input.kms_key_id) co_return std::unexpected(invalid_parameter("kmsKeyId is not supported."));
  if (input.log_group_class.value_or("STANDARD") != "STANDARD") {
    co_return std::unexpected(invalid_parameter(
        fmt::format("logGroupClass {} is not supported.", *input.log_group_class)));
  }
  auto group = std::make_shared<Group>(GroupConfig{
      .place = context.place(),
      .name = std::move(input.log_group_name),
      .id = service.deps.random.next(),
      .created_millis = service.deps.clock.now().millis(),
      .tags = input.tags.value_or(std::map<std::string, std::string>{}),
      .deletion_protected = input.deletion_protection_enabled.value_or(false),
  });
  // Held until the row is submitted: whoever finds the group writes after it.
  std::unique_lock lock(group->mutex);
  if (!service.groups.insert(group)) {
    co_return protocol::refuse("ResourceAlreadyExistsException",
                               "The specified log group already exists");
  }
  storage::Batch batch;
  put_group(batch, group->config);
  const storage::Commit commit = service.deps.store.submit(std::move(batch));
  lock.unlock();
  CO_TRY_VOID(co_await commit.durable());
  co_return api::CreateLogGroupOutput{};
}

Reply<api::DeleteLogGroupOutput> delete_log_group(Service& service, const Context& context,
                                                  api::DeleteLogGroupRequest input) {
  CO_TRY(const std::shared_ptr<Group> group, find_group(service, context, input.log_group_name));
  std::unique_lock lock(group->mutex);
  if (group->deleted) co_return std::unexpected(group_not_found());
  if (group->config.deletion_protected) {
    co_return protocol::refuse(
        "ValidationException",
        "The log group cannot be deleted because deletion protection is enabled.");
  }
  group->deleted = true;
  storage::Batch batch;
  erase_group(batch, group->config);
  const storage::Commit commit = service.deps.store.submit(std::move(batch));
  service.groups.erase(group->config.place, group->config.name);
  lock.unlock();
  CO_TRY_VOID(co_await commit.durable());
  co_return api::DeleteLogGroupOutput{};
}

Reply<api::DescribeLogGroupsResponse> describe_log_groups(Service& service, const Context& context,
                                                          api::DescribeLogGroupsRequest input) {
  CO_TRY_VOID(check_describe(context, input));
  const auto limit = static_cast<std::size_t>(input.limit.value_or(50));
  api::DescribeLogGroupsResponse output;
  auto& list = output.log_groups.emplace();
  for (const std::shared_ptr<Group>& group :
       service.groups.list(context.place(), input.next_token.value_or(""))) {
    if (!selected(input, group->config)) continue;
    if (list.size() == limit) {
      output.next_token = *list.back().log_group_name;
      break;
    }
    list.push_back(describe(*group));
  }
  co_return output;
}

Reply<api::PutRetentionPolicyOutput> put_retention_policy(Service& service, const Context& context,
                                                          api::PutRetentionPolicyRequest input) {
  if (std::ranges::find(kRetentionDays, input.retention_in_days) == kRetentionDays.end()) {
    co_return std::unexpected(
        invalid_parameter(fmt::format("1 validation error detected: Value '{}' at "
                                      "'retentionInDays' failed to satisfy constraint: Member "
                                      "must satisfy enum value set: [{}]",
                                      input.retention_in_days, fmt::join(kRetentionDays, ", "))));
  }
  CO_TRY(const std::shared_ptr<Group> group, find_group(service, context, input.log_group_name));
  const std::int32_t days = input.retention_in_days;
  CO_TRY_VOID(co_await change_group(service, group,
                                    [days](GroupConfig& config) { config.retention_days = days; }));
  co_return api::PutRetentionPolicyOutput{};
}

Reply<api::DeleteRetentionPolicyOutput> delete_retention_policy(
    Service& service, const Context& context, api::DeleteRetentionPolicyRequest input) {
  CO_TRY(const std::shared_ptr<Group> group, find_group(service, context, input.log_group_name));
  CO_TRY_VOID(co_await change_group(service, group,
                                    [](GroupConfig& config) { config.retention_days.reset(); }));
  co_return api::DeleteRetentionPolicyOutput{};
}

}  // namespace penstock::logs
