// CreateEventSourceMapping, GetEventSourceMapping, ListEventSourceMappings,
// UpdateEventSourceMapping, DeleteEventSourceMapping.
#include <fmt/format.h>

#include <charconv>

#include "base/limits.h"
#include "gen/dynamodbstreams/client.h"
#include "gen/kinesis/client.h"
#include "gen/sqs/client.h"
#include "services/lambda/errors.h"
#include "services/lambda/mapping_check.h"
#include "services/lambda/mapping_store.h"
#include "services/lambda/mappings.h"
#include "services/lambda/operations.h"
#include "services/lambda/resolve.h"

namespace penstock::lambda {
namespace {

using protocol::ApiResult;

constexpr std::size_t kMappingsPageMax = 100;

std::unexpected<protocol::ApiError> no_such_mapping() {
  return std::unexpected(not_found("The resource you requested does not exist."));
}

std::unexpected<protocol::ApiError> in_use(std::string_view verb) {
  return std::unexpected(user_error(
      "ResourceInUseException",
      fmt::format("Cannot {} the event source mapping because it is in use.", verb), 400));
}

// AWS words it one way for queues and another for streams (recorded).
protocol::ApiError mapping_exists(const Mapping& other) {
  const char* const form =
      other.of_stream()
          ? "The event source arn (\" {} \") and function (\" {} \") provided mapping already "
            "exists. Please update or delete the existing mapping with UUID {}"
          : "An event source mapping with SQS arn (\" {} \") and function (\" {} \") already "
            "exists. Please update or delete the existing mapping with UUID {}";
  return conflict(fmt::format(fmt::runtime(form), other.source_arn, other.function, other.uuid));
}

api::EventSourceMappingConfiguration describe_live(const LiveMapping& live) {
  const MappingView view = live.view();
  return describe_mapping(*view.mapping, view.state, live.result->get());
}

ApiResult<FunctionVersion> required_version(const Service& service, const Mapping& mapping) {
  auto version = mapped_version(service, mapping);
  if (!version) return std::unexpected(invalid_parameter("Function does not exist"));
  return *version;
}

ApiResult<void> set_function(const Context& context, const std::string& name, Mapping& mapping) {
  TRY(Target target, resolve_name(context, name));
  if (target.place != mapping.place) {
    return std::unexpected(invalid_parameter("Function does not exist"));
  }
  mapping.function = std::move(target.name);
  mapping.qualifier = std::move(target.qualifier);
  return {};
}

ApiResult<void> check_permitted(const Service& service, const Context& role,
                                const std::vector<std::string_view>& actions,
                                const std::string& resource, const std::string& refusal) {
  if (!service.deps.may_act) return {};
  for (const std::string_view action : actions) {
    if (!service.deps.may_act(role, std::string(action), resource)) {
      return std::unexpected(invalid_parameter(refusal));
    }
  }
  return {};
}

std::string no_permission(std::string_view call, std::string_view on) {
  return fmt::format("The function execution role does not have permissions to call {} on {}", call,
                     on);
}

std::unexpected<protocol::ApiError> stream_error(const Mapping& mapping,
                                                 const protocol::ApiError& error) {
  if (error.code == "ResourceNotFoundException") {
    return std::unexpected(invalid_parameter("Stream not found: " + mapping.source_arn));
  }
  return std::unexpected(error);
}

Reply<bool> check_stream(Service& service, const Mapping& mapping, const Context& role) {
  const bool kinesis = mapping.source == Mapping::Source::kKinesis;
  const std::string prefix = kinesis ? "kinesis:" : "dynamodb:";
  const std::string get = prefix + "GetRecords", iterate = prefix + "GetShardIterator",
                    describe = prefix + "DescribeStream";
  CO_TRY_VOID(check_permitted(
      service, role, {get, iterate, describe}, mapping.source_arn,
      fmt::format("Cannot access stream {}. Please ensure the role can perform the GetRecords, "
                  "GetShardIterator, DescribeStream, and ListStreams Actions on your stream in "
                  "IAM.",
                  mapping.source_arn)));
  if (kinesis) {
    kinesis::api::DescribeStreamInput input;
    input.stream_arn = mapping.source_arn;
    input.limit = 1;
    auto found =
        co_await kinesis::Client(*service.deps.kinesis).describe_stream(role, std::move(input));
    if (!found) co_return stream_error(mapping, found.error());
  } else {
    dynamodbstreams::api::DescribeStreamInput input;
    input.stream_arn = mapping.source_arn;
    input.limit = 1;
    auto found = co_await dynamodbstreams::Client(*service.deps.dynamodbstreams)
                     .describe_stream(role, std::move(input));
    if (!found) co_return stream_error(mapping, found.error());
  }
  co_return true;
}

Reply<bool> check_queue(Service& service, const Mapping& mapping, const Context& role,
                        std::uint32_t timeout_seconds) {
  for (const std::string_view call : {"ReceiveMessage", "DeleteMessage", "GetQueueAttributes"}) {
    const std::string action = fmt::format("sqs:{}", call);
    CO_TRY_VOID(
        check_permitted(service, role, {action}, mapping.source_arn, no_permission(call, "SQS")));
  }
  sqs::api::GetQueueAttributesRequest input;
  input.queue_url = queue_url(mapping.source_arn);
  input.attribute_names = {"VisibilityTimeout"};
  auto found = co_await sqs::Client(*service.deps.sqs).get_queue_attributes(role, std::move(input));
  if (!found) {
    co_return std::unexpected(invalid_parameter(fmt::format(
        "Error occurred while ReceiveMessage. SQS Error Code: {}. SQS Error Message: "
        "{}",
        found.error().code == "QueueDoesNotExist" ? "AWS.SimpleQueueService.NonExistentQueue"
                                                  : found.error().code,
        found.error().message)));
  }
  const auto attributes =
      std::move(found->attributes).value_or(std::map<std::string, std::string>());
  const auto visibility = attributes.find("VisibilityTimeout");
  std::uint32_t seconds = 0;
  if (visibility != attributes.end()) {
    const std::string& text = visibility->second;
    std::from_chars(text.data(), text.data() + text.size(), seconds);
  }
  if (seconds < timeout_seconds) {
    co_return std::unexpected(invalid_parameter(
        fmt::format("Queue visibility timeout: {} seconds is less than Function timeout: {} "
                    "seconds",
                    seconds, timeout_seconds)));
  }
  co_return true;
}

// What needs more than the request: the source, and what the function's role may do.
Reply<bool> check_source(Service& service, Mapping mapping) {
  CO_TRY(const FunctionVersion version, required_version(service, mapping));
  const Context role = mapping_context(mapping, version.role);
  if (mapping.of_stream()) {
    CO_TRY_VOID(co_await check_stream(service, mapping, role));
  } else {
    CO_TRY_VOID(co_await check_queue(service, mapping, role, version.timeout_seconds));
  }
  if (mapping.on_failure.empty()) co_return true;
  const bool bucket = mapping.on_failure.starts_with("arn:aws:s3:");
  CO_TRY_VOID(check_permitted(
      service, role, {bucket ? "s3:PutObject" : "sqs:SendMessage"},
      bucket ? mapping.on_failure + "/*" : mapping.on_failure,
      bucket ? no_permission("PutObject", "S3") : no_permission("SendMessage", "SQS")));
  co_return true;
}

// Of another mapping of the same source and function.
const Mapping* same_pair(const std::vector<std::shared_ptr<LiveMapping>>& all,
                         const Mapping& mapping, MappingView& view) {
  for (const auto& live : all) {
    view = live->view();
    if (view.mapping->uuid != mapping.uuid && view.mapping->source_arn == mapping.source_arn &&
        view.mapping->function == mapping.function &&
        view.mapping->qualifier == mapping.qualifier) {
      return view.mapping.get();
    }
  }
  return nullptr;
}

ApiResult<void> check_unique(const Service& service, const Mapping& mapping, bool is_new) {
  const auto all = service.mappings.list(mapping.place);
  MappingView view;
  if (const Mapping* const other = same_pair(all, mapping, view)) {
    return std::unexpected(mapping_exists(*other));
  }
  if (is_new && all.size() >= limits::kLambdaMappings) {
    return std::unexpected(user_error("TooManyRequestsException", "Rate Exceeded.", 429));
  }
  return {};
}

}  // namespace

Reply<api::EventSourceMappingConfiguration> create_event_source_mapping(
    Service& service, const Context& context, api::CreateEventSourceMappingRequest input) {
  CO_TRY(Mapping mapping, mapping_of(context.place(), service.deps.clock.now(), input));
  mapping.uuid = service.deps.random.uuid();
  CO_TRY_VOID(set_function(context, input.function_name, mapping));
  CO_TRY_VOID(co_await check_source(service, mapping));
  auto turn = co_await service.turns.enter(mappings_turn(mapping.place));
  CO_TRY_VOID(check_unique(service, mapping, true));
  storage::Batch batch;
  put_mapping(batch, mapping);
  const storage::Commit commit = service.deps.store.submit(std::move(batch));
  const auto live = std::make_shared<LiveMapping>(
      std::make_shared<const Mapping>(std::move(mapping)), MappingState::kCreating);
  service.mappings.insert(live);
  turn.leave();
  auto output = describe_live(*live);
  CO_TRY_VOID(co_await commit.durable());
  spawn_settling(service, live);
  co_return output;
}

Reply<api::EventSourceMappingConfiguration> get_event_source_mapping(
    Service& service, const Context& context, api::GetEventSourceMappingRequest input) {
  const auto live = service.mappings.find(context.place(), input.uuid);
  if (live == nullptr) co_return no_such_mapping();
  co_return describe_live(*live);
}

Reply<api::ListEventSourceMappingsResponse> list_event_source_mappings(
    Service& service, const Context& context, api::ListEventSourceMappingsRequest input) {
  std::optional<Target> target;
  if (input.function_name) {
    CO_TRY(target, resolve_name(context, *input.function_name));
  }
  const auto limit = std::min(static_cast<std::size_t>(input.max_items.value_or(kMappingsPageMax)),
                              kMappingsPageMax);
  api::ListEventSourceMappingsResponse output;
  auto& list = output.event_source_mappings.emplace();
  for (const auto& live : service.mappings.list(context.place())) {
    const MappingView view = live->view();
    const Mapping& mapping = *view.mapping;
    if (input.marker && mapping.uuid <= *input.marker) continue;
    if (input.event_source_arn && mapping.source_arn != *input.event_source_arn) continue;
    if (target && (mapping.place != target->place || mapping.function != target->name ||
                   mapping.qualifier != target->qualifier)) {
      continue;
    }
    if (list.size() == limit) {
      output.next_marker = *list.back().uuid;
      break;
    }
    list.push_back(describe_mapping(mapping, view.state, live->result->get()));
  }
  co_return output;
}

Reply<api::EventSourceMappingConfiguration> update_event_source_mapping(
    Service& service, const Context& context, api::UpdateEventSourceMappingRequest input) {
  const auto live = service.mappings.find(context.place(), input.uuid);
  if (live == nullptr) co_return no_such_mapping();
  const MappingView before = live->view();
  if (!is_settled(before.state)) co_return in_use("update");
  CO_TRY(Mapping mapping, changed_mapping(*before.mapping, input));
  if (input.function_name) CO_TRY_VOID(set_function(context, *input.function_name, mapping));
  // A mapping whose function or source is gone can still be disabled.
  const bool only_disables = !mapping.enabled && !input.function_name;
  if (!only_disables) CO_TRY_VOID(co_await check_source(service, mapping));
  mapping.modified = service.deps.clock.now();
  auto turn = co_await service.turns.enter(mappings_turn(mapping.place));
  const MappingView now = live->view();
  if (now.mapping != before.mapping || now.state != before.state) co_return in_use("update");
  CO_TRY_VOID(check_unique(service, mapping, false));
  const MappingState state = mapping.enabled == before.mapping->enabled ? MappingState::kUpdating
                             : mapping.enabled                          ? MappingState::kEnabling
                                                                        : MappingState::kDisabling;
  storage::Batch batch;
  put_mapping(batch, mapping);
  const storage::Commit commit = service.deps.store.submit(std::move(batch));
  live->set(std::make_shared<const Mapping>(std::move(mapping)), state);
  turn.leave();
  auto output = describe_live(*live);
  CO_TRY_VOID(co_await commit.durable());
  spawn_settling(service, live);
  co_return output;
}

Reply<api::EventSourceMappingConfiguration> delete_event_source_mapping(
    Service& service, const Context& context, api::DeleteEventSourceMappingRequest input) {
  const Place place = context.place();
  auto turn = co_await service.turns.enter(mappings_turn(place));
  const auto live = service.mappings.find(place, input.uuid);
  if (live == nullptr) co_return no_such_mapping();
  const MappingView view = live->view();
  if (!is_settled(view.state)) co_return in_use("delete");
  Mapping mapping = *view.mapping;
  mapping.deleting = true;
  storage::Batch batch;
  put_mapping(batch, mapping);
  const storage::Commit commit = service.deps.store.submit(std::move(batch));
  live->set(std::make_shared<const Mapping>(std::move(mapping)), MappingState::kDeleting);
  turn.leave();
  auto output = describe_live(*live);
  CO_TRY_VOID(co_await commit.durable());
  spawn_settling(service, live);
  co_return output;
}

}  // namespace penstock::lambda
