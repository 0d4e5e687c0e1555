// Names, look-ups, and the one way in which functions change.
#include "services/lambda/resolve.h"

#include <fmt/format.h>

#include <set>

#include "base/log.h"
#include "services/lambda/errors.h"
#include "services/lambda/store.h"

namespace penstock::lambda {
namespace {

constexpr std::size_t kNameMax = 64;

std::set<std::string> serials_of(const Function& function) {
  std::set<std::string> serials{function.latest.serial};
  for (const auto& [number, version] : function.versions) serials.insert(version.serial);
  return serials;
}

// Instances and deployments of what no version says any longer.
void retire_missing(Service& service, const Function& before, const Function* after) {
  const std::set<std::string> kept =
      after == nullptr ? std::set<std::string>() : serials_of(*after);
  for (const std::string& serial : serials_of(before)) {
    if (kept.contains(serial)) continue;
    {
      const std::scoped_lock lock(service.mutex);
      service.deployments.erase(serial);
    }
    service.engine->retire(serial);
  }
}

std::set<std::string> blobs_of(const Function& function) {
  std::set<std::string> blobs{function.latest.code.blob};
  for (const auto& [number, version] : function.versions) blobs.insert(version.code.blob);
  return blobs;
}

// Or versions that were not there, or are not any longer.
bool roles_differ(const Function& before, const Function& after) {
  return before.latest.role != after.latest.role || before.versions.size() != after.versions.size();
}

}  // namespace

void remove_missing_packages(Service& service, const Function& before, const Function* after) {
  std::set<std::string> missing = blobs_of(before);
  if (after != nullptr) {
    for (const std::string& kept : blobs_of(*after)) missing.erase(kept);
  }
  for (const std::string& blob : missing) {
    if (!service.gate.enter()) return;  // Stopping: the sweep at the next start removes them.
    Service* const owner = &service;
    service.deps.runtime.block([owner, blob] {
      if (const Status removed = owner->deps.files.remove({blob}); !removed) {
        log::warning("lambda", "a package could not be removed",
                     {{"error", removed.error().message}});
      }
      owner->gate.leave();
    });
  }
}

protocol::ApiResult<Target> resolve_name(const protocol::Context& context, const std::string& name,
                                         const std::optional<std::string>& qualifier) {
  const auto reference = parse_reference(name);
  // Of another partition: it is an ARN to AWS's pattern.
  if (!reference && name.starts_with("arn:") && !name.starts_with("arn:aws:")) {
    return std::unexpected(not_found("Function not found: " + name));
  }
  if (!reference) {
    return std::unexpected(
        validation(fmt::format("1 validation error detected: Value '{}' at 'functionName' failed "
                               "to satisfy constraint: Member must "
                               "satisfy regular expression pattern: "
                               "(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{{2}}(-gov)?-[a-z]+-\\d{{1}}:)"
                               "?(\\d{{12}}:)?(function:)?"
                               "([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?",
                               name)));
  }
  if (reference->name.size() > kNameMax) {
    return std::unexpected(
        validation(fmt::format("1 validation error detected: Value '{}' at 'functionName' failed "
                               "to satisfy constraint: Member must have "
                               "length less than or equal to 64",
                               reference->name)));
  }
  Target target{
      .place = context.place(), .name = reference->name, .qualifier = reference->qualifier};
  if (!reference->region.empty() && reference->region != context.region) {
    return std::unexpected(
        not_found(fmt::format("Functions from '{}' are not reachable in this region ('{}')",
                              reference->region, context.region)));
  }
  // The functions of another account are not here, in whatever mode permissions are checked.
  if (!reference->account.empty() && reference->account != context.account) {
    target.place.account = reference->account;
    return std::unexpected(function_not_found(target.place, target.name, target.qualifier));
  }
  if (qualifier && !target.qualifier.empty() && *qualifier != target.qualifier) {
    return std::unexpected(invalid_parameter(
        "The derived qualifier from the function name does not match the specified qualifier."));
  }
  if (qualifier) target.qualifier = *qualifier;
  return target;
}

protocol::ApiResult<std::shared_ptr<const Function>> find_function(const Service& service,
                                                                   const Target& target) {
  auto function = service.functions.find(target.place, target.name);
  if (function == nullptr) {
    return std::unexpected(function_not_found(target.place, target.name, target.qualifier));
  }
  return function;
}

protocol::ApiResult<const FunctionVersion*> find_version(const Function& function,
                                                         const Target& target) {
  const FunctionVersion* version = function.find_version(target.qualifier);
  if (version == nullptr) {
    return std::unexpected(function_not_found(target.place, target.name, target.qualifier));
  }
  return version;
}

protocol::Reply<std::shared_ptr<const Function>> change_function(Service& service, Target target,
                                                                 Decide decide) {
  auto turn = co_await service.turns.enter(hash_bytes(function_arn(target.place, target.name)));
  CO_TRY(const std::shared_ptr<const Function> before, find_function(service, target));
  CO_TRY(Change change, decide(*before));
  storage::Batch batch;
  put_function(batch, change.function);
  if (change.put_version) put_version(batch, change.function, *change.put_version);
  if (change.erase_version) erase_version(batch, change.function, *change.erase_version);
  const storage::Commit commit = service.deps.store.submit(std::move(batch));
  const auto after = std::make_shared<const Function>(std::move(change.function));
  service.functions.put(after);
  turn.leave();
  retire_missing(service, *before, after.get());
  if (roles_differ(*before, *after)) refresh_mappings(service, target.place, target.name);
  CO_TRY_VOID(co_await commit.durable());
  remove_missing_packages(service, *before, after.get());
  co_return after;
}

}  // namespace penstock::lambda
