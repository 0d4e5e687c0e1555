// Builds the house from the bottom up and takes it down from the top.
#include "server/application.h"

#include <filesystem>

#include <fmt/format.h>

#include "async/gate.h"
#include "base/log.h"
#include "net/server.h"
#include "server/front.h"
#include "server/metrics.h"
#include "services/kinesis/kinesis.h"
#include "services/s3/s3.h"
#include "storage/blobs.h"

namespace penstock::server {

struct Application::Impl {
  Options options;
  SystemClock clock;
  std::unique_ptr<Random> random = make_system_random();
  std::unique_ptr<Runtime> runtime;
  std::unique_ptr<storage::Store> store;
  std::unique_ptr<storage::BlobFiles> objects;
  std::unique_ptr<kinesis::Service> kinesis;
  std::unique_ptr<s3::Service> s3;
  Metrics metrics;
  std::unique_ptr<protocol::Dispatcher> dispatcher;
  std::unique_ptr<Front> front;
  std::unique_ptr<net::HttpServer> http;
  bool stopped = false;

  Status open_storage();
  Status start_services();
  Status listen();
  void stop();
};

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
  return {};
}

Status Application::Impl::start_services() {
  kinesis = std::make_unique<kinesis::Service>(kinesis::Dependencies{*store, *runtime, clock, *random});
  s3 = std::make_unique<s3::Service>(s3::Dependencies{*store, *objects, *runtime, clock, *random});
  TRY_VOID(kinesis->start());
  TRY_VOID(s3->start());
  protocol::DispatcherOptions dispatch;
  dispatch.auth = options.auth;
  dispatch.default_account = options.account;
  dispatch.default_region = options.region;
  dispatch.host_names = options.host_names;
  dispatch.on_call = [this](const protocol::CallRecord& call) { metrics.record(call); };
  dispatcher = std::make_unique<protocol::Dispatcher>(std::move(dispatch), clock, *random);
  front = std::make_unique<Front>(*dispatcher, metrics);
  for (const protocol::ServiceBinding& binding : {kinesis::binding(*kinesis), s3::binding(*s3)}) {
    dispatcher->add(binding);
    front->add_service(std::string(binding.info->id));
  }
  return {};
}

Status Application::Impl::listen() {
  net::ServerOptions server_options;
  server_options.host = options.host;
  server_options.port = options.port;
  server_options.connections_max = options.connections_max;
  TRY(http, net::HttpServer::start(*runtime, server_options, [this](net::Request request) {
        return front->serve(std::move(request));
      }));
  return {};
}

void Application::Impl::stop() {
  if (std::exchange(stopped, true)) return;
  if (http) http->stop();
  if (kinesis) kinesis->stop();
  if (s3) s3->stop();
  http.reset();
  front.reset();
  dispatcher.reset();
  s3.reset();
  kinesis.reset();
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
