// Reading, listing and deleting functions; the account's settings.
#include <algorithm>

#include "services/lambda/configuration.h"
#include "services/lambda/errors.h"
#include "services/lambda/operations.h"
#include "services/lambda/resolve.h"
#include "services/lambda/store.h"

namespace penstock::lambda {
namespace {

constexpr std::size_t kFunctionsPageMax = 50;

// The function and everything it has.
Reply<bool> delete_whole(Service& service, Target target) {
  auto turn = co_await service.turns.enter(hash_bytes(function_arn(target.place, target.name)));
  CO_TRY(const std::shared_ptr<const Function> function, find_function(service, target));
  storage::Batch batch;
  erase_function(batch, *function);
  const storage::Commit commit = service.deps.store.submit(std::move(batch));
  service.functions.erase(target.place, target.name);
  turn.leave();
  std::vector<std::string> serials{function->latest.serial};
  for (const auto& [number, version] : function->versions) serials.push_back(version.serial);
  for (std::string& serial : serials) {
    {
      const std::scoped_lock lock(service.mutex);
      service.deployments.erase(serial);
    }
    service.engine->retire(std::move(serial));
  }
  refresh_mappings(service, target.place, target.name);
  CO_TRY_VOID(co_await commit.durable());
  remove_missing_packages(service, *function, nullptr);
  co_return true;
}

}  // namespace

Reply<api::GetFunctionResponse> get_function(Service& service, const Context& context,
                                             api::GetFunctionRequest input) {
  CO_TRY(const Target target, resolve_name(context, input.function_name, input.qualifier));
  CO_TRY(const std::shared_ptr<const Function> function, find_function(service, target));
  CO_TRY(const FunctionVersion* const version, find_version(*function, target));
  api::GetFunctionResponse output;
  output.configuration = describe(*function, *version, !target.qualifier.empty());
  output.code.emplace().repository_type = "S3";
  if (!function->tags.empty()) output.tags = function->tags;
  if (function->reserved)
    output.concurrency.emplace().reserved_concurrent_executions = *function->reserved;
  co_return output;
}

Reply<api::FunctionConfiguration> get_function_configuration(
    Service& service, const Context& context, api::GetFunctionConfigurationRequest input) {
  CO_TRY(const Target target, resolve_name(context, input.function_name, input.qualifier));
  CO_TRY(const std::shared_ptr<const Function> function, find_function(service, target));
  CO_TRY(const FunctionVersion* const version, find_version(*function, target));
  co_return describe(*function, *version, !target.qualifier.empty());
}

Reply<api::ListFunctionsResponse> list_functions(Service& service, const Context& context,
                                                 api::ListFunctionsRequest input) {
  const auto limit = std::min(static_cast<std::size_t>(input.max_items.value_or(kFunctionsPageMax)),
                              kFunctionsPageMax);
  const bool all_versions = input.function_version.has_value();
  api::ListFunctionsResponse output;
  auto& list = output.functions.emplace();
  // Edge functions, which MasterRegion is about, do not exist here: none is from another region.
  if (input.master_region && *input.master_region != "ALL" &&
      *input.master_region != context.region) {
    co_return output;
  }
  std::string last;  // Where the next page starts: name, or name:version.
  const auto add = [&](const Function& function, const FunctionVersion& version, std::string mark) {
    if (input.marker && mark <= *input.marker) return true;
    if (list.size() == limit) {
      output.next_marker = last;
      return false;
    }
    list.push_back(describe(function, version, all_versions, Moment::kListed));
    last = std::move(mark);
    return true;
  };
  for (const auto& function : service.functions.list(context.place())) {
    // ':' sorts after every character of a name but the letters, so marks carry a separator that
    // sorts first.
    if (!add(*function, function->latest, function->name)) break;
    if (!all_versions) continue;
    bool room = true;
    for (const auto& [number, version] : function->versions) {
      const std::string digits = std::to_string(number);
      room = add(*function, version,
                 function->name + '\x01' + std::string(20 - digits.size(), '0') + digits);
      if (!room) break;
    }
    if (!room) break;
  }
  co_return output;
}

Reply<api::DeleteFunctionResponse> delete_function(Service& service, const Context& context,
                                                   api::DeleteFunctionRequest input) {
  CO_TRY(const Target target, resolve_name(context, input.function_name, input.qualifier));
  api::DeleteFunctionResponse output;
  output.status_code = 204;
  if (target.qualifier.empty()) {
    CO_TRY_VOID(co_await delete_whole(service, target));
    co_return output;
  }
  if (target.qualifier == kLatest) {
    co_return std::unexpected(
        invalid_parameter("$LATEST version cannot be deleted without deleting the function."));
  }
  Decide decide = [&target](const Function& current) -> protocol::ApiResult<Change> {
    TRY(const FunctionVersion* const version, find_version(current, target));
    Change change{.function = current};
    const std::uint64_t number = std::stoull(version->version);
    change.function.versions.erase(number);
    change.erase_version = number;
    return change;
  };
  CO_TRY_VOID(co_await change_function(service, target, std::move(decide)));
  co_return output;
}

Reply<api::GetAccountSettingsResponse> get_account_settings(Service& service,
                                                            const Context& context,
                                                            api::GetAccountSettingsRequest) {
  const Place place = context.place();
  api::GetAccountSettingsResponse output;
  auto& limit = output.account_limit.emplace();
  limit.total_code_size = 80'530'636'800;
  limit.code_size_unzipped = 262'144'000;
  limit.code_size_zipped = 52'428'800;
  limit.concurrent_executions = service.options.concurrency;
  limit.unreserved_concurrent_executions =
      static_cast<std::int32_t>(service.options.concurrency - service.functions.reserved(place));
  auto& usage = output.account_usage.emplace();
  usage.function_count = 0;
  usage.total_code_size = 0;
  for (const auto& function : service.functions.list(place)) {
    *usage.function_count += 1;
    *usage.total_code_size += static_cast<std::int64_t>(function->latest.code.size);
    for (const auto& [number, version] : function->versions) {
      *usage.total_code_size += static_cast<std::int64_t>(version.code.size);
    }
  }
  co_return output;
}

}  // namespace penstock::lambda
