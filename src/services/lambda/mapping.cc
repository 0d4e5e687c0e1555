// Names, ARNs and the description of event source mappings.
#include "services/lambda/mapping.h"

#include <fmt/format.h>

#include "protocol/arn.h"

namespace penstock::lambda {
namespace {

constexpr std::string_view kMappingResource = "event-source-mapping:";

void describe_stream(const Mapping& mapping, std::string last_result,
                     api::EventSourceMappingConfiguration& out) {
  out.starting_position = mapping.start;
  out.starting_position_timestamp = mapping.start_time;
  out.parallelization_factor = mapping.parallelization;
  out.maximum_record_age_in_seconds = mapping.age_seconds_max;
  out.maximum_retry_attempts = mapping.retries_max;
  out.bisect_batch_on_function_error = mapping.bisect;
  out.tumbling_window_in_seconds = mapping.tumbling_seconds;
  out.last_processing_result = std::move(last_result);
  api::OnFailure& failure = out.destination_config.emplace().on_failure.emplace();
  if (!mapping.on_failure.empty()) failure.destination = mapping.on_failure;
}

}  // namespace

std::string Mapping::function_arn() const {
  return lambda::function_arn(place, function, qualifier);
}

std::string Mapping::arn() const {
  return fmt::format("arn:aws:lambda:{}:{}:{}{}", place.region, place.account, kMappingResource,
                     uuid);
}

std::string_view to_string(MappingState state) {
  switch (state) {
    case MappingState::kCreating: return "Creating";
    case MappingState::kEnabling: return "Enabling";
    case MappingState::kEnabled: return "Enabled";
    case MappingState::kDisabling: return "Disabling";
    case MappingState::kDisabled: return "Disabled";
    case MappingState::kUpdating: return "Updating";
    case MappingState::kDeleting: return "Deleting";
  }
  return "";
}

bool is_settled(MappingState state) {
  return state == MappingState::kEnabled || state == MappingState::kDisabled;
}

// Which members there are for which source is recorded on AWS.
api::EventSourceMappingConfiguration describe_mapping(const Mapping& mapping, MappingState state,
                                                      std::string last_result) {
  api::EventSourceMappingConfiguration out;
  out.uuid = mapping.uuid;
  out.event_source_mapping_arn = mapping.arn();
  out.event_source_arn = mapping.source_arn;
  out.function_arn = mapping.function_arn();
  out.batch_size = mapping.batch_size;
  out.maximum_batching_window_in_seconds = mapping.window_seconds;
  out.last_modified = mapping.modified;
  out.state = to_string(state);
  out.state_transition_reason = mapping.of_stream() ? "User action" : "USER_INITIATED";
  auto& types = out.function_response_types.emplace();
  if (mapping.partial_failures) types.emplace_back("ReportBatchItemFailures");
  if (!mapping.filters.empty()) {
    auto& filters = out.filter_criteria.emplace().filters.emplace();
    for (const std::string& pattern : mapping.filters) filters.emplace_back().pattern = pattern;
  }
  if (mapping.concurrency_max) {
    out.scaling_config.emplace().maximum_concurrency = *mapping.concurrency_max;
  }
  if (mapping.of_stream()) describe_stream(mapping, std::move(last_result), out);
  return out;
}

std::optional<std::string> mapping_uuid(const Place& place, std::string_view arn) {
  const auto parsed = protocol::parse_arn(arn);
  if (!parsed || parsed->service != "lambda" || parsed->region != place.region ||
      parsed->account != place.account || !parsed->resource.starts_with(kMappingResource)) {
    return std::nullopt;
  }
  return parsed->resource.substr(kMappingResource.size());
}

std::string queue_url(std::string_view queue_arn) {
  const auto arn = protocol::parse_arn(queue_arn);
  if (!arn) return {};
  return fmt::format("http://localhost/{}/{}", arn->account, arn->resource);
}

protocol::Context mapping_context(const Mapping& mapping, std::string_view role_arn) {
  protocol::Context context;
  context.account = mapping.place.account;
  context.region = mapping.place.region;
  context.principal_arn =
      protocol::assumed_role_arn(mapping.place.account, role_arn, mapping.function);
  return context;
}

}  // namespace penstock::lambda
