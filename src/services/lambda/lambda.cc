// Start: load, sweep, run the engine. Stop: the engine first, then what it feeds.
#include "services/lambda/lambda.h"

#include <set>

#include "services/lambda/policy.h"
#include "services/lambda/store.h"

namespace penstock::lambda {

Service::Service(Dependencies dependencies, Options options_in)
    : deps(std::move(dependencies)),
      options(std::move(options_in)),
      concurrency(options.concurrency),
      logs(deps.runtime, deps.logs) {}

Service::~Service() = default;

Status Service::start() {
  TRY(const auto loaded, load_functions(deps.store));
  std::set<storage::BlobId> referenced;
  for (const auto& function : loaded) {
    functions.put(function);
    referenced.insert({function->latest.code.blob});
    for (const auto& [number, version] : function->versions) referenced.insert({version.code.blob});
  }
  TRY_VOID(deps.files.sweep([&](const storage::BlobId& id) { return referenced.contains(id); }));
  TRY_VOID(restore_mappings(*this));
  packages =
      std::make_unique<Packages>(deps.files, options.directory + "/code", options.cache_bytes_max);
  TRY(engine, Engine::start({.directory = options.directory + "/engine",
                             .endpoint_url = options.endpoint_url,
                             .instances_max = options.instances_max,
                             .idle_timeout = options.idle_timeout,
                             .isolation = options.isolation},
                            {deps.runtime, deps.clock, deps.random,
                             [this](LogBatch batch) { logs.write(std::move(batch)); }}));
  return {};
}

void Service::begin_mappings() {
  for (auto& live : mappings.all()) {
    if (!is_settled(live->view().state)) spawn_settling(*this, std::move(live));
  }
}

void Service::stop() {
  gate.request_stop();
  mappings.request_stop();
  if (engine != nullptr) engine->stop();
  gate.close();
  mappings.stop();
  logs.stop();
}

void Service::set_endpoint_url(std::string url) { engine->set_endpoint_url(std::move(url)); }

std::optional<std::string> resource_policy(const Service& service, const Place& place,
                                           std::string_view name, std::string_view qualifier) {
  const auto function = service.functions.find(place, name);
  return function == nullptr ? std::nullopt : policy_document(*function, qualifier);
}

EngineStats engine_stats(const Service& service) {
  return service.engine == nullptr ? EngineStats{} : service.engine->stats();
}

}  // namespace penstock::lambda
