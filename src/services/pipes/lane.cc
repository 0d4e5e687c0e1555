// Making a record what the first stage gets. Sending it is in delivery.cc.
#include "services/pipes/lane.h"

#include "services/pipes/lane_item.h"
#include "services/pipes/runner.h"

namespace penstock::pipes {
namespace {

SourceRecord event_of(const stream::Record& record, const PipeConfig& config,
                      std::string_view shard) {
  if (const auto* made = std::get_if<stream::MadeEvent>(&record.body)) {
    return {"", made->json, made->view, made->payload_is_json};
  }
  if (config.source_kind == SourceKind::kDynamoDbStream) {
    return to_event(record.dynamodb(), config.source);
  }
  return to_event(record.kinesis(), config.source, config.place.region, shard, config.role_arn);
}

}  // namespace

Lane::Lane(CarrierSetting setting, std::string shard, std::unordered_set<std::string> failed,
           TopicSource* kafka)
    : deps_(setting.deps),
      config_(setting.config),
      shard_(std::move(shard)),
      carrier_(setting),
      transform_(config_),
      failed_(std::move(failed)),
      kafka_(kafka) {}

stream::Admission Lane::admit(stream::Record& record) {
  stream::Admission admission;
  if (!failed_.empty() && failed_.erase(record.sequence) > 0) {
    admission.fate = stream::Fate::kFailed;
    return admission;
  }
  SourceRecord event = event_of(record, config_, shard_);
  record.body = kinesis::api::Record();  // The event says all of it.
  admission.bytes = event.json.size();
  Result<std::optional<Outgoing>> shaped = transform_.apply(event, deps_.clock.now());
  if (!shaped) {
    admission.problem = std::move(shaped).error().message;
    carrier_.log_unshaped(event.json, admission.problem);
  } else if (!*shaped) {
    admission.fate = stream::Fate::kFiltered;
  } else {
    auto item = std::make_unique<LaneItem>();
    // Records of Kafka have no identifier by which a function could name them.
    if (kafka_ == nullptr) item->carried.id = record.event_id;
    item->carried.position = ordered_position(record.sequence);
    item->carried.out = std::move(**shaped);
    if (carrier_.keeps_events()) item->carried.event = std::move(event.json);
    admission.shaped = std::move(item);
  }
  return admission;
}

}  // namespace penstock::pipes
