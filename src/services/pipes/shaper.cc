// Templates and dynamic parameters of one stage. Parameters see the event as it came to the stage,
// before its template.
#include "services/pipes/shaper.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>

#include "base/check.h"
#include "services/pipes/input_template.h"
#include "services/pipes/json_path.h"
#include "services/pipes/template_facts.h"

namespace penstock::pipes {
namespace {

constexpr std::size_t kPartitionKeyCharacters = 256;

// A parameter of the target: a text, or a whole JSON path into the event.
struct Parameter {
  std::string_view name;
  std::string literal;
  std::optional<JsonPath> path;
};

Parameter parameter(std::string_view name, const std::optional<std::string>& value) {
  Parameter out{name, value.value_or(""), std::nullopt};
  if (out.literal.starts_with("$.")) out.path = parse_json_path(out.literal);
  return out;
}

std::size_t characters_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

Result<std::string> value_of(const Parameter& parameter, const simdjson::dom::element* event) {
  if (!parameter.path) return parameter.literal;
  const std::optional<std::string> value = evaluate_to_text(*parameter.path, *event);
  const std::string name(parameter.name);
  if (!value || value->empty()) {
    return fail(ErrorKind::kInvalid,
                name + ": the event has no value at " + to_string(*parameter.path));
  }
  if (parameter.name == "PartitionKey" && characters_of(*value) > kPartitionKeyCharacters) {
    return fail(ErrorKind::kInvalid, name + ": the value at " + to_string(*parameter.path) +
                                         " has more than 256 characters");
  }
  return *value;
}

Status check_millis(const std::string& text, std::string_view name) {
  std::int64_t millis = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), millis);
  if (error == std::errc() && end == text.data() + text.size() && millis >= 0) return {};
  return fail(ErrorKind::kInvalid,
              std::string(name) + ": " + text + " is not a number of milliseconds");
}

}  // namespace

struct Shaper::Impl {
  Parameter key;
  Parameter detail;
  std::optional<InputTemplate> input_template;
  TemplateFacts facts;
  bool of_source = false;  // The events come from the source, not from the enrichment.
};

Shaper::Shaper(const PipeConfig& config, Stage stage) : impl_(std::make_unique<Impl>()) {
  Impl& impl = *impl_;
  impl.of_source = stage == Stage::kEnrichment || !config.enrichment;
  impl.facts = template_facts(config, impl.of_source);
  const std::optional<std::string>& text = stage == Stage::kTarget
                                               ? config.target_settings.input_template
                                               : config.enrichment->input_template;
  if (text) {
    Result<InputTemplate> parsed = InputTemplate::parse(*text);
    CHECK(parsed.has_value());
    impl.input_template = std::move(*parsed);
  }
  if (stage == Stage::kEnrichment) return;
  const TargetBlock& block = config.target_settings.block;
  if (const auto* kinesis = std::get_if<KinesisTarget>(&block)) {
    impl.key = parameter("PartitionKey", kinesis->partition_key);
  } else if (const auto* sqs = std::get_if<SqsTarget>(&block)) {
    impl.key = parameter("MessageGroupId", sqs->message_group_id);
    impl.detail = parameter("MessageDeduplicationId", sqs->message_deduplication_id);
  } else if (const auto* logs = std::get_if<LogsTarget>(&block)) {
    impl.key = parameter("LogStreamName", logs->log_stream_name);
    impl.detail = parameter("Timestamp", logs->timestamp);
  }
}

Shaper::~Shaper() = default;
Shaper::Shaper(Shaper&&) noexcept = default;

bool Shaper::looks() const {
  return impl_->key.path || impl_->detail.path || impl_->input_template;
}

bool Shaper::has_template() const { return impl_->input_template.has_value(); }

Result<Outgoing> Shaper::shape(const simdjson::dom::element* event, std::string text, Timestamp now,
                               bool payload_is_json) {
  Impl& impl = *impl_;
  Outgoing out;
  TRY(out.key, value_of(impl.key, event));
  TRY(out.detail, value_of(impl.detail, event));
  if (impl.detail.name == "Timestamp" && !out.detail.empty()) {
    TRY_VOID(check_millis(out.detail, impl.detail.name));
  }
  if (impl.input_template) {
    impl.facts.ingestion_time = now;
    impl.facts.payload_is_json = payload_is_json;
    if (impl.of_source) impl.facts.encoded_event = text;
    out.data = impl.input_template->render(*event, impl.facts);
  } else {
    out.data = std::move(text);
  }
  return out;
}

}  // namespace penstock::pipes
