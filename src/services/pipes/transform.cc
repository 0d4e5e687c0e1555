// Filtering and shaping one event. An event is parsed only when the pipe looks into it.
#include "services/pipes/transform.h"

#include <simdjson.h>

#include <algorithm>
#include <span>
#include <vector>

#include "base/check.h"
#include "services/pipes/input_template.h"
#include "services/pipes/json_path.h"
#include "stream/event_pattern.h"

namespace penstock::pipes {

namespace {

// Documented: the poller adds these to the records of every source but DynamoDB, and a filter does
// not see them.
constexpr std::string_view kAddedByPolling[] = {
    "awsRegion", "eventSource", "eventSourceARN",    "eventVersion",
    "eventID",   "eventName",   "invokeIdentityArn", "eventSourceKey"};

}  // namespace

struct Transform::Impl {
  std::vector<stream::EventPattern> patterns;
  bool filters = false;
  std::span<const std::string_view> hidden;  // From the filters.
  std::string literal_key;
  std::optional<JsonPath> key_path;
  std::optional<InputTemplate> input_template;
  TemplateFacts facts;
  simdjson::dom::parser parser;
  std::string buffer;  // The event with the padding that the parser needs.

  Result<std::string> key_of(const simdjson::dom::element& event) const;
};

Transform::Transform(const PipeConfig& config) : impl_(std::make_unique<Impl>()) {
  impl_->filters = config.filters && !config.filters->empty();
  if (config.source_kind != SourceKind::kDynamoDbStream) impl_->hidden = kAddedByPolling;
  for (const std::string& pattern : config.filters.value_or(std::vector<std::string>{})) {
    Result<stream::EventPattern> parsed = stream::EventPattern::parse(pattern);
    CHECK(parsed.has_value());
    impl_->patterns.push_back(std::move(*parsed));
  }
  if (const auto* kinesis = std::get_if<KinesisTarget>(&config.target_settings.block)) {
    impl_->literal_key = kinesis->partition_key;
    if (kinesis->partition_key.starts_with("$.")) {
      impl_->key_path = parse_json_path(kinesis->partition_key);
    }
  }
  if (config.target_settings.input_template) {
    Result<InputTemplate> parsed = InputTemplate::parse(*config.target_settings.input_template);
    CHECK(parsed.has_value());
    impl_->input_template = std::move(*parsed);
  }
  impl_->facts = {config.arn(), config.name, config.source, config.target, {}};
}

Transform::~Transform() = default;
Transform::Transform(Transform&&) noexcept = default;

Result<std::string> Transform::Impl::key_of(const simdjson::dom::element& event) const {
  const std::optional<std::string> key = evaluate_to_text(*key_path, event);
  if (!key || key->empty()) {
    return fail(ErrorKind::kInvalid,
                "PartitionKey: the event has no value at " + to_string(*key_path));
  }
  const auto characters = std::count_if(key->begin(), key->end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  });
  if (characters > 256) {
    return fail(ErrorKind::kInvalid, "PartitionKey: the value at " + to_string(*key_path) +
                                         " has more than 256 characters");
  }
  return *key;
}

Result<std::optional<Outgoing>> Transform::apply(const SourceRecord& record, Timestamp now) {
  Impl& impl = *impl_;
  Outgoing out{{}, impl.literal_key};
  if (!impl.filters && !impl.key_path && !impl.input_template) {
    out.data = record.json;
    return out;
  }
  const std::string& view = record.view.empty() ? record.json : record.view;
  impl.buffer.assign(view);
  impl.buffer.append(simdjson::SIMDJSON_PADDING, '\0');
  simdjson::dom::element event;
  if (impl.parser.parse(impl.buffer.data(), view.size(), false).get(event)) {
    return fail(ErrorKind::kInvalid, "the event is not JSON");
  }
  const bool passes = !impl.filters || std::any_of(impl.patterns.begin(), impl.patterns.end(),
                                                   [&](const stream::EventPattern& pattern) {
                                                     return pattern.matches(event, impl.hidden);
                                                   });
  if (!passes) return std::nullopt;
  if (impl.key_path) {
    TRY(out.partition_key, impl.key_of(event));
  }
  if (impl.input_template) {
    impl.facts.ingestion_time = now;
    out.data = impl.input_template->render(event, impl.facts);
  } else {
    out.data = record.json;
  }
  return out;
}

}  // namespace penstock::pipes
