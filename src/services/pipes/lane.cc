// Making a record what the target gets. Sending it is in delivery.cc.
#include "services/pipes/lane.h"

#include "services/pipes/outgoing_item.h"
#include "services/pipes/runner.h"

namespace penstock::pipes {

Lane::Lane(Dependencies& deps, const PipeConfig& config, std::string shard,
           std::unordered_set<std::string> failed)
    : deps_(deps),
      config_(config),
      shard_(std::move(shard)),
      target_(deps.kinesis),
      role_(role_context(config)),
      transform_(config),
      failed_(std::move(failed)) {}

stream::Admission Lane::admit(stream::Record& record) {
  stream::Admission admission;
  if (!failed_.empty() && failed_.erase(record.sequence) > 0) {
    admission.fate = stream::Fate::kFailed;
    return admission;
  }
  const SourceRecord event = config_.source_kind == SourceKind::kDynamoDbStream
                                 ? to_event(record.dynamodb(), config_.source)
                                 : to_event(record.kinesis(), config_.source, config_.place.region,
                                            shard_, config_.role_arn);
  record.body = kinesis::api::Record();  // The event says all of it.
  admission.bytes = event.json.size();
  Result<std::optional<Outgoing>> shaped = transform_.apply(event, deps_.clock.now());
  if (!shaped) {
    admission.problem = std::move(shaped).error().message;
  } else if (!*shaped) {
    admission.fate = stream::Fate::kFiltered;
  } else {
    auto item = std::make_unique<OutgoingItem>();
    item->out = std::move(**shaped);
    admission.shaped = std::move(item);
  }
  return admission;
}

}  // namespace penstock::pipes
