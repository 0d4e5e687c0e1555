// Builds the house from the bottom up and takes it down from the top.
#include "server/application.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "async/gate.h"
#include "base/log.h"
#include "net/server.h"
#include "protocol/json_writer.h"
#include "server/front.h"
#include "server/house.h"
#include "server/metrics.h"
#include "server/reconcile_gather.h"
#include "server/reconcile_limits.h"
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

  Status open_storage();
  Status start_services();
  void add_routes();
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
  dispatch.on_call = [this](const protocol::CallRecord& call) { metrics.record(call); };
  dispatcher = std::make_unique<protocol::Dispatcher>(std::move(dispatch), clock, *random);
  front = std::make_unique<Front>(*dispatcher, metrics);
  metrics.add_source([this] { return house->gauges(); });
  for (const protocol::ServiceBinding& binding : house->bindings()) {
    dispatcher->add(binding);
    front->add_service(std::string(binding.info->id));
  }
  add_routes();
  return {};
}

namespace {

Task<net::Response> answer_flow(House& house, net::Request) {
  co_return json_response(200, house.flow_json());
}

Task<net::Response> answer_reconcile(House& house, net::Request request) {
  const auto query = net::parse_query(request.raw_query());
  const std::string* table = net::find_param(query, "table");
  const std::string* limit = net::find_param(query, "names");
  std::size_t names = kNamesDefault;
  if (limit != nullptr) {
    const auto [end, error] = std::from_chars(limit->data(), limit->data() + limit->size(), names);
    if (error != std::errc() || end != limit->data() + limit->size()) names = kNamesDefault;
  }
  const auto reports = co_await reconcile(house, table != nullptr ? *table : std::string(),
                                          std::min(names, limits::kReconcileNames));
  if (!reports) {
    std::string body;
    protocol::JsonWriter(body)
        .begin_object()
        .key("message")
        .string(reports.error().message)
        .end_object();
    co_return json_response(500, std::move(body));
  }
  co_return json_response(200, reports_json(*reports));
}

}  // namespace

void Application::Impl::add_routes() {
  House& rooms = *house;
  front->add_route({"GET", "/_penstock/flow", [&rooms](net::Request request) {
                      return answer_flow(rooms, std::move(request));
                    }});
  front->add_route({"GET", "/_penstock/reconcile", [&rooms](net::Request request) {
                      return answer_reconcile(rooms, std::move(request));
                    }});
}

Status Application::Impl::listen() {
  net::ServerOptions server_options;
  server_options.host = options.host;
  server_options.port = options.port;
  server_options.connections_max = options.connections_max;
  TRY(http, net::HttpServer::start(*runtime, server_options, [this](net::Request request) {
        return front->serve(std::move(request));
      }));
  house->set_endpoint(fmt::format("http://127.0.0.1:{}", http->port()));
  return {};
}

void Application::Impl::stop() {
  if (std::exchange(stopped, true)) return;
  if (http) http->stop();
  if (house) house->stop();
  http.reset();
  front.reset();
  dispatcher.reset();
  house.reset();
  packages.reset();
  objects.reset();
  store.reset();
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
  TRY_VOID(application->impl_->listen());
  return application;
}

std::uint16_t Application::port() const { return impl_->http->port(); }
std::string Application::url() const { return fmt::format("http://127.0.0.1:{}", port()); }
void Application::stop() { impl_->stop(); }

}  // namespace penstock::server
