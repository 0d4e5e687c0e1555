// Workgroups: where results go by default, and whether clients may say otherwise.
#include <fmt/core.h>

#include "base/limits.h"
#include "services/athena/athena.h"
#include "services/athena/errors.h"
#include "services/athena/operations.h"
#include "services/athena/paging.h"
#include "services/athena/result_settings.h"

namespace penstock::athena {
namespace {

using protocol::ApiResult;
using protocol::Reply;

constexpr std::int64_t kCutoffMin = 10'000'000;

api::EngineVersion engine_version() {
  api::EngineVersion version;
  version.selected_engine_version = "AUTO";
  version.effective_engine_version = "Athena engine version 3";
  return version;
}

ApiResult<void> check(const api::WorkGroupConfiguration& configuration) {
  if (configuration.result_configuration) {
    TRY_VOID(check_results(*configuration.result_configuration));
  }
  if (configuration.bytes_scanned_cutoff_per_query &&
      *configuration.bytes_scanned_cutoff_per_query < kCutoffMin) {
    return std::unexpected(invalid_input(
        fmt::format("BytesScannedCutoffPerQuery must be at least {} bytes", kCutoffMin)));
  }
  if (configuration.engine_version && configuration.engine_version->selected_engine_version) {
    const std::string& version = *configuration.engine_version->selected_engine_version;
    if (version != "AUTO" && version != "Athena engine version 3") {
      return std::unexpected(invalid_input("The selected engine version is not valid."));
    }
  }
  return {};
}

bool is_on(const std::optional<bool>& enabled) { return enabled.value_or(false); }

bool is_on(const api::MonitoringConfiguration& monitoring) {
  const auto enabled = [](const auto& log) { return log && log->enabled; };
  return enabled(monitoring.cloud_watch_logging_configuration) ||
         enabled(monitoring.managed_logging_configuration) ||
         enabled(monitoring.s3_logging_configuration);
}

// What both requests have and this server does not do; switched off, it asks for nothing.
template <typename Settings>
ApiResult<void> refuse_absent(const Settings& s) {
  const auto& grants = s.query_results_s3_access_grants_configuration;
  const std::pair<bool, std::string_view> absent[] = {
      {s.additional_configuration.has_value(), "AdditionalConfiguration"},
      {s.execution_role.has_value(), "ExecutionRole"},
      {s.engine_configuration.has_value(), "EngineConfiguration"},
      {s.monitoring_configuration && is_on(*s.monitoring_configuration), "MonitoringConfiguration"},
      {s.customer_content_encryption_configuration.has_value(),
       "CustomerContentEncryptionConfiguration"},
      {grants && grants->enable_s3_access_grants, "QueryResultsS3AccessGrantsConfiguration"},
  };
  for (const auto& [asked, name] : absent) {
    if (!asked) continue;
    return std::unexpected(invalid_input(fmt::format("{} is not supported by this server", name)));
  }
  return {};
}

ApiResult<void> refuse_absent_at_creation(const api::WorkGroupConfiguration& c) {
  TRY_VOID(refuse_absent(c));
  if (c.managed_query_results_configuration && c.managed_query_results_configuration->enabled) {
    return std::unexpected(
        invalid_input("ManagedQueryResultsConfiguration is not supported by this server"));
  }
  if (c.identity_center_configuration &&
      is_on(c.identity_center_configuration->enable_identity_center)) {
    return std::unexpected(
        invalid_input("IdentityCenterConfiguration is not supported by this server"));
  }
  return {};
}

ApiResult<void> refuse_absent_at_update(const api::WorkGroupConfigurationUpdates& updates) {
  TRY_VOID(refuse_absent(updates));
  const auto& managed = updates.managed_query_results_configuration_updates;
  if (managed && (is_on(managed->enabled) || managed->encryption_configuration)) {
    return std::unexpected(
        invalid_input("ManagedQueryResultsConfiguration is not supported by this server"));
  }
  return {};
}

void apply(const api::ResultConfigurationUpdates& updates, api::ResultConfiguration& result) {
  if (updates.output_location) result.output_location = updates.output_location;
  if (updates.remove_output_location.value_or(false)) result.output_location.reset();
  if (updates.encryption_configuration) {
    result.encryption_configuration = updates.encryption_configuration;
  }
  if (updates.remove_encryption_configuration.value_or(false)) {
    result.encryption_configuration.reset();
  }
  if (updates.expected_bucket_owner) result.expected_bucket_owner = updates.expected_bucket_owner;
  if (updates.remove_expected_bucket_owner.value_or(false)) result.expected_bucket_owner.reset();
  if (updates.acl_configuration) result.acl_configuration = updates.acl_configuration;
  if (updates.remove_acl_configuration.value_or(false)) result.acl_configuration.reset();
}

std::string arn_of(const protocol::Context& context, std::string_view name) {
  return fmt::format("arn:aws:athena:{}:{}:workgroup/{}", context.region, context.account, name);
}

}  // namespace

Reply<api::CreateWorkGroupOutput> create_work_group(Service& service,
                                                    const protocol::Context& context,
                                                    api::CreateWorkGroupInput input) {
  const Records records = service.records(context);
  const Timestamp now = service.deps.clock.now();
  api::WorkGroup group;
  group.name = input.name;
  group.state = "ENABLED";
  group.description = input.description;
  group.creation_time = now;
  api::WorkGroupConfiguration configuration =
      input.configuration.value_or(api::WorkGroupConfiguration{});
  CO_TRY_VOID(refuse_absent_at_creation(configuration));
  CO_TRY_VOID(check(configuration));
  if (!configuration.result_configuration) configuration.result_configuration.emplace();
  if (!configuration.enforce_work_group_configuration) {
    configuration.enforce_work_group_configuration = true;
  }
  if (!configuration.publish_cloud_watch_metrics_enabled) {
    configuration.publish_cloud_watch_metrics_enabled = false;
  }
  if (!configuration.requester_pays_enabled) configuration.requester_pays_enabled = false;
  if (!configuration.engine_version) configuration.engine_version = engine_version();
  configuration.engine_version->effective_engine_version = "Athena engine version 3";
  group.configuration = std::move(configuration);

  auto turn = co_await service.turns.enter(hash_bytes(context.account + context.region));
  CO_TRY(const auto existing, records.workgroup(input.name, now));
  if (existing) co_return std::unexpected(invalid_input("WorkGroup is already created"));
  CO_TRY(const auto all, records.workgroups(now));
  if (all.size() >= limits::kAthenaWorkGroups) {
    co_return std::unexpected(invalid_input("The limit of workgroups is reached"));
  }
  CO_TRY_VOID(co_await records.save(std::move(group)));
  if (input.tags && !input.tags->empty()) {
    CO_TRY_VOID(co_await records.save_tags(arn_of(context, input.name), std::move(*input.tags)));
  }
  co_return api::CreateWorkGroupOutput();
}

Reply<api::GetWorkGroupOutput> get_work_group(Service& service, const protocol::Context& context,
                                              api::GetWorkGroupInput input) {
  CO_TRY(auto group,
         service.records(context).workgroup(input.work_group, service.deps.clock.now()));
  if (!group) co_return std::unexpected(workgroup_not_found());
  api::GetWorkGroupOutput output;
  output.work_group = std::move(*group);
  co_return output;
}

Reply<api::ListWorkGroupsOutput> list_work_groups(Service& service,
                                                  const protocol::Context& context,
                                                  api::ListWorkGroupsInput input) {
  CO_TRY(auto groups, service.records(context).workgroups(service.deps.clock.now()));
  api::ListWorkGroupsOutput output;
  CO_TRY(output.next_token, cut_page(groups, input.next_token, page_size(input.max_results, 50),
                                     [](const api::WorkGroup& group) { return group.name; }));
  auto& list = output.work_groups.emplace();
  for (api::WorkGroup& group : groups) {
    api::WorkGroupSummary& summary = list.emplace_back();
    summary.name = std::move(group.name);
    summary.state = std::move(group.state);
    summary.description = group.description.value_or("");
    summary.creation_time = group.creation_time;
    summary.engine_version = engine_version();
  }
  co_return output;
}

Reply<api::UpdateWorkGroupOutput> update_work_group(Service& service,
                                                    const protocol::Context& context,
                                                    api::UpdateWorkGroupInput input) {
  const Records records = service.records(context);
  auto turn = co_await service.turns.enter(hash_bytes(context.account + context.region));
  CO_TRY(auto group, records.workgroup(input.work_group, service.deps.clock.now()));
  if (!group) co_return std::unexpected(workgroup_not_found());
  if (input.description) group->description = input.description;
  if (input.state) group->state = input.state;
  if (!group->configuration) group->configuration.emplace();
  api::WorkGroupConfiguration& configuration = *group->configuration;
  if (input.configuration_updates) {
    const api::WorkGroupConfigurationUpdates& updates = *input.configuration_updates;
    CO_TRY_VOID(refuse_absent_at_update(updates));
    if (updates.enforce_work_group_configuration) {
      configuration.enforce_work_group_configuration = updates.enforce_work_group_configuration;
    }
    if (updates.result_configuration_updates) {
      if (!configuration.result_configuration) configuration.result_configuration.emplace();
      apply(*updates.result_configuration_updates, *configuration.result_configuration);
    }
    if (updates.publish_cloud_watch_metrics_enabled) {
      configuration.publish_cloud_watch_metrics_enabled =
          updates.publish_cloud_watch_metrics_enabled;
    }
    if (updates.bytes_scanned_cutoff_per_query) {
      configuration.bytes_scanned_cutoff_per_query = updates.bytes_scanned_cutoff_per_query;
    }
    if (updates.remove_bytes_scanned_cutoff_per_query.value_or(false)) {
      configuration.bytes_scanned_cutoff_per_query.reset();
    }
    if (updates.requester_pays_enabled) {
      configuration.requester_pays_enabled = updates.requester_pays_enabled;
    }
    if (updates.enable_minimum_encryption_configuration) {
      configuration.enable_minimum_encryption_configuration =
          updates.enable_minimum_encryption_configuration;
    }
    if (updates.engine_version) {
      configuration.engine_version = updates.engine_version;
      configuration.engine_version->effective_engine_version = "Athena engine version 3";
    }
  }
  CO_TRY_VOID(check(configuration));
  CO_TRY_VOID(co_await records.save(std::move(*group)));
  co_return api::UpdateWorkGroupOutput();
}

Reply<api::DeleteWorkGroupOutput> delete_work_group(Service& service,
                                                    const protocol::Context& context,
                                                    api::DeleteWorkGroupInput input) {
  const Records records = service.records(context);
  if (input.work_group == "primary") {
    co_return std::unexpected(invalid_input("Primary WorkGroup could not be deleted"));
  }
  auto turn = co_await service.turns.enter(hash_bytes(context.account + context.region));
  CO_TRY(const auto group, records.workgroup(input.work_group, service.deps.clock.now()));
  if (!group) co_return std::unexpected(workgroup_not_found());
  CO_TRY(const auto queries, records.named_queries());
  const auto belongs = [&](const api::NamedQuery& query) {
    return query.work_group == input.work_group;
  };
  if (!input.recursive_delete_option.value_or(false)) {
    std::string after;
    CO_TRY(const auto executions, records.list_executions(input.work_group, after, 1));
    CO_TRY(const auto prepared, records.all_prepared(input.work_group));
    if (!executions.empty() || !prepared.empty() || std::ranges::any_of(queries, belongs)) {
      co_return std::unexpected(
          invalid_input(fmt::format("WorkGroup {} is not empty", input.work_group)));
    }
  }
  for (const api::NamedQuery& query : queries) {
    if (belongs(query)) CO_TRY_VOID(co_await records.erase_named_query(*query.named_query_id));
  }
  CO_TRY_VOID(co_await records.erase_workgroup(input.work_group));
  CO_TRY_VOID(co_await records.save_tags(arn_of(context, input.work_group), {}));
  co_return api::DeleteWorkGroupOutput();
}

}  // namespace penstock::athena
