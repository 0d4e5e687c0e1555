// Filtering and shaping one event. An event is parsed only when the pipe looks into it.
#include "services/pipes/transform.h"

#include <simdjson.h>

#include <algorithm>
#include <span>
#include <vector>

#include "base/check.h"
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
  explicit Impl(const PipeConfig& config)
      : shaper(config, config.enrichment ? Stage::kEnrichment : Stage::kTarget) {}

  std::vector<stream::EventPattern> patterns;
  bool filters = false;
  std::span<const std::string_view> hidden;  // From the filters.
  Shaper shaper;
  simdjson::dom::parser parser;
  std::string buffer;  // The event with the padding that the parser needs.
};

Transform::Transform(const PipeConfig& config) : impl_(std::make_unique<Impl>(config)) {
  impl_->filters = config.filters && !config.filters->empty();
  if (config.source_kind != SourceKind::kDynamoDbStream) impl_->hidden = kAddedByPolling;
  for (const std::string& pattern : config.filters.value_or(std::vector<std::string>{})) {
    Result<stream::EventPattern> parsed = stream::EventPattern::parse(pattern);
    CHECK(parsed.has_value());
    impl_->patterns.push_back(std::move(*parsed));
  }
}

Transform::~Transform() = default;
Transform::Transform(Transform&&) noexcept = default;

Result<std::optional<Outgoing>> Transform::apply(const SourceRecord& record, Timestamp now) {
  Impl& impl = *impl_;
  if (!impl.filters && !impl.shaper.looks()) {
    return impl.shaper.shape(nullptr, record.json, now);
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
  return impl.shaper.shape(&event, record.json, now, record.payload_is_json);
}

}  // namespace penstock::pipes
