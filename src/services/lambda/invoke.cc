// Invoke: at once, or as an event that is tried up to three times.
//
// Events wait in memory, within stated limits: those that were accepted and not yet run are lost
// when the server stops (AWS promises at least once; README.md says so).
#include "services/lambda/invoke.h"

#include <fmt/format.h>
#include <simdjson.h>

#include "base/bytes.h"
#include "base/log.h"
#include "services/lambda/errors.h"
#include "services/lambda/operations.h"
#include "services/lambda/resolve.h"

namespace penstock::lambda {
namespace {

using protocol::ApiError;

constexpr std::size_t kRequestBytesMax = 6'291'456;
constexpr std::size_t kEventBytesMax = 1'048'576;
constexpr std::size_t kClientContextMax = 3'583;
constexpr int kAttempts = 3;
constexpr std::chrono::hours kEventAgeMax{6};
constexpr std::chrono::minutes kCredentialsRenewal{15};
constexpr std::size_t kCredentialsKept = 10'000;

// What one invocation runs, resolved and checked.
struct Work {
  std::shared_ptr<const Function> function;
  FunctionVersion version;
  std::string function_arn;
  std::string payload;
  std::string client_context;
  std::string request_id;
  bool want_log_tail = false;
};

protocol::ApiResult<std::string> check_payload(std::string payload, bool event) {
  const std::size_t limit = event ? kEventBytesMax : kRequestBytesMax;
  if (payload.size() > limit) {
    return std::unexpected(user_error(
        "RequestEntityTooLargeException",
        fmt::format("{} byte payload is too large for the {} invocation type (limit {} bytes)",
                    payload.size(), event ? "Event" : "RequestResponse", limit),
        413));
  }
  if (payload.empty()) return std::string("{}");
  thread_local simdjson::dom::parser parser;
  const auto code = parser.parse(payload).error();
  if (code != simdjson::SUCCESS) {
    return std::unexpected(user_error(
        "InvalidRequestContentException",
        fmt::format("Could not parse request body into json: Could not parse payload into json: {}",
                    simdjson::error_message(code)),
        400));
  }
  return payload;
}

// Base64 of JSON; as text without line breaks, since it travels to the function in a header.
protocol::ApiResult<std::string> decode_client_context(const std::optional<std::string>& encoded) {
  if (!encoded) return std::string();
  auto text = base64_decode(*encoded);
  thread_local simdjson::dom::parser parser;
  if (encoded->size() > kClientContextMax || !text ||
      parser.parse(*text).error() != simdjson::SUCCESS) {
    return std::unexpected(user_error("InvalidRequestContentException",
                                      "Client context must be a valid Base64-encoded JSON object.",
                                      400));
  }
  for (char& c : *text) {
    if (static_cast<unsigned char>(c) < 0x20)
      c = ' ';  // White space between tokens: strings have none raw.
  }
  return *text;
}

// How the engine sees the version; made once per serial.
Reply<std::shared_ptr<const Deployment>> deployment_of(Service& service, const Work& work) {
  const FunctionVersion& version = work.version;
  {
    const std::scoped_lock lock(service.mutex);
    const auto found = service.deployments.find(version.serial);
    if (found != service.deployments.end()) co_return found->second;
  }
  Packages* const packages = service.packages.get();
  const Code* const code = &version.code;
  CO_TRY(auto package, co_await run_blocking(service.deps.runtime, [packages, code] {
           return packages->unpacked(*code);
         }));
  auto deployment = std::make_shared<Deployment>();
  deployment->pool = version.serial;
  deployment->account = work.function->place.account;
  deployment->region = work.function->place.region;
  deployment->function_name = work.function->name;
  deployment->version = version.version;
  deployment->role_arn = version.role;
  deployment->runtime = version.runtime;
  deployment->handler = version.handler;
  if (version.environment) deployment->environment = *version.environment;
  deployment->memory_mb = version.memory_mb;
  deployment->timeout_seconds = version.timeout_seconds;
  deployment->tmp_mb = version.tmp_mb;
  deployment->log_group = log_group_of(*work.function, version);
  deployment->package = std::move(package);
  // Only what is current is remembered: a function that changed meanwhile has retired this serial
  // already.
  const auto current = service.functions.find(work.function->place, work.function->name);
  const FunctionVersion* now =
      current == nullptr ? nullptr : current->find_version(version.version);
  const std::scoped_lock lock(service.mutex);
  if (now != nullptr && now->serial == version.serial)
    service.deployments[version.serial] = deployment;
  co_return deployment;
}

Reply<std::shared_ptr<const RoleCredentials>> credentials_of(Service& service, const Work& work) {
  if (!service.deps.make_session) co_return nullptr;
  const std::string key = work.version.role + '\n' + work.function->name;
  const Timestamp now = service.deps.clock.now();
  {
    const std::scoped_lock lock(service.mutex);
    const auto found = service.credentials.find(key);
    if (found != service.credentials.end() &&
        now + kCredentialsRenewal < found->second->expiration) {
      co_return found->second;
    }
  }
  auto session = co_await service.deps.make_session(work.function->place.account, work.version.role,
                                                    work.function->name);
  if (!session) {
    co_return std::unexpected(
        user_error("AccessDeniedException",
                   "The role defined for the function cannot be assumed by Lambda.", 403));
  }
  auto made = std::make_shared<const RoleCredentials>(std::move(*session));
  const std::scoped_lock lock(service.mutex);
  if (service.credentials.size() >= kCredentialsKept) service.credentials.clear();
  service.credentials[key] = made;
  co_return made;
}

ApiError engine_error(const Error& error) {
  switch (error.kind) {
    case ErrorKind::kLimit: return throttled(Concurrency::Refusal::kAccount);
    case ErrorKind::kInvalid: return user_error("InvalidRuntimeException", error.message, 502);
    case ErrorKind::kUnavailable:
      return {"ServiceException", "The server is stopping; try again.", 503};
    case ErrorKind::kNotFound:
    case ErrorKind::kConflict:
    case ErrorKind::kCorrupt:
    case ErrorKind::kIo:
    case ErrorKind::kInternal: return error;
  }
  return error;
}

Reply<InvokeOutcome> run_once(Service& service, const Work& work, std::string payload) {
  // The current reservation counts, not that of the moment when an event was accepted.
  const auto current = service.functions.find(work.function->place, work.function->name);
  const auto slot = service.concurrency.enter(current == nullptr ? *work.function : *current,
                                              service.functions.reserved(work.function->place));
  if (!slot) co_return std::unexpected(throttled(slot.error()));
  CO_TRY(auto deployment, co_await deployment_of(service, work));
  CO_TRY(auto credentials, co_await credentials_of(service, work));
  constexpr std::string_view kHex = "0123456789abcdef";
  InvokeCall call{
      .deployment = std::move(deployment),
      .credentials = std::move(credentials),
      .request_id = work.request_id,
      .function_arn = work.function_arn,
      .payload = std::move(payload),
      .client_context = work.client_context,
      .trace_id =
          fmt::format("Root=1-{:08x}-{};Parent={};Sampled=0", service.deps.clock.now().seconds(),
                      service.deps.random.token(24, kHex), service.deps.random.token(16, kHex)),
      .want_log_tail = work.want_log_tail,
  };
  auto outcome = co_await service.engine->invoke(std::move(call));
  if (!outcome) co_return std::unexpected(engine_error(outcome.error()));
  co_return std::move(*outcome);
}

// One event until it succeeded, was tried often enough, or is too old. Throttling does not count as
// a try.
Task<void> run_event(Service& service, Work work) {
  const std::stop_token stop = service.gate.stop_token();
  const Timestamp accepted = service.deps.clock.now();
  const std::size_t bytes = work.payload.size();
  std::chrono::milliseconds wait = service.options.retry_wait;
  std::chrono::milliseconds throttle_wait{1'000};
  bool done = false;
  for (int attempt = 1; !done && !stop.stop_requested();) {
    const auto outcome = co_await run_once(service, work, work.payload);
    const bool busy = !outcome && outcome.error().status == 429;
    done = (outcome && outcome->function_error.empty()) || (!busy && attempt++ == kAttempts) ||
           service.deps.clock.now() - accepted > kEventAgeMax;
    if (done) break;
    co_await sleep_for(busy ? throttle_wait : wait, stop);
    if (busy) {
      throttle_wait =
          std::min<std::chrono::milliseconds>(throttle_wait * 2, std::chrono::minutes(5));
    } else {
      wait *= 2;
    }
  }
  if (!done) {
    log::warning("lambda", "an event was given up because the server stops",
                 {{"function", work.function->name}, {"request", work.request_id}});
  }
  const std::scoped_lock lock(service.mutex);
  --service.events;
  service.event_bytes -= bytes;
}

protocol::ApiResult<void> accept_event(Service& service, Work work) {
  const std::size_t bytes = work.payload.size();
  {
    const std::scoped_lock lock(service.mutex);
    if (service.events >= service.options.events_max ||
        service.event_bytes + bytes > service.options.event_bytes_max) {
      return std::unexpected(throttled(Concurrency::Refusal::kAccount));
    }
    ++service.events;
    service.event_bytes += bytes;
  }
  if (service.gate.spawn(service.deps.runtime.next_loop(), run_event(service, std::move(work))))
    return {};
  const std::scoped_lock lock(service.mutex);
  --service.events;
  service.event_bytes -= bytes;
  return std::unexpected(engine_error({ErrorKind::kUnavailable, ""}));
}

}  // namespace

Reply<MappedInvocation> invoke_mapped(Service& service, Target target, std::string payload,
                                      std::string request_id) {
  CO_TRY(const std::shared_ptr<const Function> function, find_function(service, target));
  CO_TRY(const FunctionVersion* const version, find_version(*function, target));
  Work work{.function = function, .version = *version};
  work.function_arn = function_arn(target.place, target.name, target.qualifier);
  work.request_id = std::move(request_id);
  if (payload.size() > kRequestBytesMax) {
    co_return std::unexpected(check_payload(std::move(payload), false).error());
  }
  CO_TRY(InvokeOutcome outcome, co_await run_once(service, work, std::move(payload)));
  co_return MappedInvocation{work.version.version, std::move(outcome)};
}

Reply<api::InvocationResponse> invoke(Service& service, const Context& context,
                                      api::InvocationRequest input) {
  if (input.durable_execution_name)
    co_return std::unexpected(not_supported("DurableExecutionName"));
  if (input.tenant_id) co_return std::unexpected(not_supported("TenantId"));
  CO_TRY(const Target target, resolve_name(context, input.function_name, input.qualifier));
  CO_TRY(const std::shared_ptr<const Function> function, find_function(service, target));
  CO_TRY(const FunctionVersion* const version, find_version(*function, target));
  const std::string type = input.invocation_type.value_or("RequestResponse");
  api::InvocationResponse output;
  Work work{.function = function, .version = *version};
  work.function_arn = function_arn(target.place, target.name, target.qualifier);
  work.request_id =
      context.request_id.size() == 36 ? context.request_id : service.deps.random.uuid();
  CO_TRY(work.payload,
         check_payload(input.payload ? std::move(input.payload->bytes) : std::string(),
                       type == "Event"));
  CO_TRY(work.client_context, decode_client_context(input.client_context));
  if (type == "DryRun") {
    output.status_code = 204;
    co_return output;
  }
  if (type == "Event") {
    CO_TRY_VOID(accept_event(service, std::move(work)));
    output.status_code = 202;
    co_return output;
  }
  work.want_log_tail = input.log_type.value_or("None") == "Tail";
  std::string payload = std::move(work.payload);
  CO_TRY(InvokeOutcome outcome, co_await run_once(service, work, std::move(payload)));
  output.status_code = 200;
  output.executed_version = work.version.version;
  if (!outcome.function_error.empty()) output.function_error = std::move(outcome.function_error);
  if (work.want_log_tail) output.log_result = base64_encode(outcome.log_tail);
  output.payload.emplace(std::move(outcome.payload));
  co_return output;
}

}  // namespace penstock::lambda
