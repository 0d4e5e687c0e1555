// Builds the house from the bottom up and takes it down from the top.
#include "server/application.h"

#include <fmt/format.h>

#include <atomic>
#include <filesystem>

#include "async/gate.h"
#include "base/log.h"
#include "gen/sqs/model.h"
#include "net/server.h"
#include "server/front.h"
#include "server/front_routes.h"
#include "server/house.h"
#include "server/metrics.h"
#include "storage/blobs.h"

namespace penstock::server {

struct Application::Impl {
  Options options;
  SystemClock clock;
  std::unique_ptr<Random> random = make_system_random();
  std::unique_ptr<Runtime> runtime;
  std::unique_ptr<storage::Store> store;
  std::unique_ptr<storage::BlobFiles> objects, packages;
  std::unique_ptr<House> house;
  Metrics metrics;
  std::unique_ptr<protocol::Dispatcher> dispatcher;
  std::unique_ptr<Front> front;
  std::unique_ptr<net::HttpServer> http;
  bool stopped = false;
  // With allow_reset: calls under way, which a reset waits for.
  std::atomic<int> calls{0};
  std::atomic<bool> resetting{false};

  Task<net::Response> counted(net::Request request);
  Task<net::Response> reset();
  Status rebuild();
  void let_go();
  Status open_storage();
  Status start_services();
  Status listen();
  void stop();
  std::optional<protocol::Credential> find_credential(const std::string& access_key) const;
};

// The root user's key from the options, or a session of STS.
std::optional<protocol::Credential> Application::Impl::find_credential(
    const std::string& access_key) const {
  if (!options.access_key.empty() && access_key == options.access_key) {
    protocol::Credential root;
    root.secret_key = options.secret_key;
    root.account = options.account;
    root.principal_arn = fmt::format("arn:aws:iam::{}:root", options.account);
    root.principal_id = options.account;
    return root;
  }
  return iam::find_credential(house->iam(), access_key);
}

Status Application::Impl::open_storage() {
  std::error_code error;
  std::filesystem::create_directories(options.data, error);
  if (error) {
    return fail(ErrorKind::kIo, fmt::format("cannot make the data directory {}: {}", options.data,
                                            error.message()));
  }
  storage::StoreOptions store_options;
  store_options.directory = options.data + "/store";
  store_options.durability = options.durability;
  store_options.interval_ms = options.durability_interval_ms;
  // A table in memory that the processor's caches hold: to find the place in a larger one costs
  // more than the flushes that it saves (bench/dynamodb.py).
  store_options.write_buffer_bytes = 16 << 20;
  TRY(store, storage::Store::open(store_options));
  TRY(objects, storage::BlobFiles::open(options.data + "/objects", options.durability));
  TRY(packages, storage::BlobFiles::open(options.data + "/packages", options.durability));
  return {};
}

Status Application::Impl::start_services() {
  house = std::make_unique<House>(options,
                                  Ground{*store, *objects, *packages, *runtime, clock, *random});
  TRY_VOID(house->start());
  protocol::DispatcherOptions dispatch;
  dispatch.auth = options.auth;
  dispatch.default_account = options.account;
  dispatch.default_region = options.region;
  dispatch.host_names = options.host_names;
  dispatch.find_credential = [this](const std::string& key) { return find_credential(key); };
  dispatch.authorize = house->wiring().authority();
  dispatch.on_call = [this](const protocol::CallRecord& call) { metrics.record(call); };
  dispatcher = std::make_unique<protocol::Dispatcher>(std::move(dispatch), clock, *random);
  front = std::make_unique<Front>(*dispatcher, metrics);
  for (const protocol::ServiceBinding& binding : house->bindings()) {
    if (binding.info == &sqs::kServiceInfo) {
      dispatcher->add(binding, sqs::kQueryCompatibility);
    } else {
      dispatcher->add(binding);
    }
    front->add_service(std::string(binding.info->id));
  }
  add_routes(*front, *house);
  return {};
}

Status Application::Impl::listen() {
  net::ServerOptions server_options;
  server_options.host = options.host;
  server_options.port = options.port;
  server_options.connections_max = options.connections_max;
  TRY(http, net::HttpServer::start(*runtime, server_options, [this](net::Request request) {
        return options.allow_reset ? counted(std::move(request)) : front->serve(std::move(request));
      }));
  house->set_endpoint(fmt::format("http://127.0.0.1:{}", http->port()));
  return {};
}

Task<net::Response> Application::Impl::counted(net::Request request) {
  const bool asks_reset = request.raw_path() == "/_penstock/reset";
  std::optional<net::Response> response;
  ++calls;
  if (resetting) {
    response = json_response(503, R"({"message":"The server is being reset."})");
  } else if (asks_reset) {
    response = front->refusal(request, "POST");
  } else {
    response = co_await front->serve(std::move(request));
  }
  --calls;
  calls.notify_all();
  if (!response) response = co_await reset();
  co_return std::move(*response);
}

Task<net::Response> Application::Impl::reset() {
  if (resetting.exchange(true)) {
    co_return json_response(503, R"({"message":"The server is being reset."})");
  }
  const Status rebuilt = co_await run_blocking(*runtime, [this] { return rebuild(); });
  if (!rebuilt) {  // There is no house any more: everything goes on being refused.
    log::error("server", "reset failed", {{"error", rebuilt.error().message}});
    co_return json_response(500, R"({"message":"The reset failed; restart the server."})");
  }
  resetting = false;
  co_return json_response(200, R"({"status":"ok"})");
}

// Of the house and what it stands on; it must be stopped.
void Application::Impl::let_go() {
  front.reset();
  dispatcher.reset();
  house.reset();
  packages.reset();
  objects.reset();
  store.reset();
}

// Takes the house down as stop() does, while the listener stays, and builds an empty one. Calls
// under way see their services stop; new ones are refused meanwhile.
Status Application::Impl::rebuild() {
  house->stop();
  for (int under_way = calls; under_way != 0; under_way = calls) calls.wait(under_way);
  let_go();
  for (const char* part : {"store", "objects", "packages", "functions"}) {
    std::error_code error;
    std::filesystem::remove_all(options.data + "/" + part, error);
    if (error) return fail(ErrorKind::kIo, fmt::format("{}: {}", part, error.message()));
  }
  TRY_VOID(open_storage());
  TRY_VOID(start_services());
  house->set_endpoint(fmt::format("http://127.0.0.1:{}", http->port()));
  return {};
}

void Application::Impl::stop() {
  if (std::exchange(stopped, true)) return;
  if (house) house->end_waits();
  if (http) http->stop();
  if (house) house->stop();
  http.reset();
  let_go();
  runtime.reset();
}

Application::Application(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Application::~Application() { stop(); }

Result<std::unique_ptr<Application>> Application::start(Options options) {
  TRY_VOID(check(options));
  auto impl = std::make_unique<Impl>();
  impl->options = std::move(options);
  RuntimeOptions runtime_options;
  runtime_options.loops = impl->options.threads;
  impl->runtime = std::make_unique<Runtime>(runtime_options);
  std::unique_ptr<Application> application(new Application(std::move(impl)));
  TRY_VOID(application->impl_->open_storage());
  TRY_VOID(application->impl_->start_services());
  application->impl_->metrics.add_source(
      [&impl = *application->impl_] { return impl.house->gauges(); });
  TRY_VOID(application->impl_->listen());
  return application;
}

std::uint16_t Application::port() const { return impl_->http->port(); }
std::string Application::url() const { return fmt::format("http://127.0.0.1:{}", port()); }
void Application::stop() { impl_->stop(); }

}  // namespace penstock::server
