// Carrying a piece of a batch, and accounting for what was given up.
#include "base/crash_points.h"
#include "base/log.h"
#include "gen/sqs/client.h"
#include "services/pipes/dead_letter.h"
#include "services/pipes/lane.h"
#include "services/pipes/lane_item.h"
#include "services/pipes/runner.h"

namespace penstock::pipes {

Task<stream::Outcome> Lane::deliver(stream::Delivering delivering) {
  std::vector<const Carried*> batch;
  batch.reserve(delivering.items.size());
  for (const stream::Item* item : delivering.items) batch.push_back(&LaneItem::of(*item));
  stream::Outcome outcome =
      co_await carrier_.carry(std::move(batch), producer_id(config_, shard_, delivering.sub_lane),
                              Carrier::Partial::kFromFirst);
  if (kafka_ != nullptr && outcome.kind == stream::Outcome::Kind::kDelivered) {
    kafka_->delivered(shard_, delivering.items.back()->record.sequence);
  }
  co_return outcome;
}

Task<Status> Lane::send_dead_letter(const stream::GivingUp& giving_up) {
  const std::optional<Arn> arn = parse_arn(*config_.settings.dead_letter_arn);
  if (!arn || deps_.sqs == nullptr) co_return fail(ErrorKind::kInvalid, "no dead-letter queue");
  const bool kinesis = config_.source_kind == SourceKind::kKinesisStream;
  sqs::api::SendMessageRequest input;
  input.queue_url = queue_url(*arn);
  input.message_body = dead_letter(config_.arn(), giving_up.reason, deps_.clock.now(),
                                   batch_info_of(giving_up.items, config_.source, shard_, kinesis));
  const sqs::Client client(*deps_.sqs);
  const auto reply = co_await client.send_message(role_context(config_), std::move(input));
  if (reply) co_return Status();
  co_return fail(ErrorKind::kUnavailable,
                 "Dead-letter queue: " + reply.error().code + ": " + reply.error().message);
}

// A crash between the two repeats the message and loses nothing.
Task<Status> Lane::give_up(stream::GivingUp giving_up) {
  std::string reason(stream::to_string(giving_up.reason));
  if (!giving_up.error.empty()) reason += ": " + giving_up.error;
  if (config_.settings.dead_letter_arn) {
    CO_TRY_VOID(co_await send_dead_letter(giving_up));
    crash_point("pipe.after_dead_letter");
  }
  storage::Batch batch;
  for (const stream::Item* item : giving_up.items) {
    const stream::Record& record = item->record;
    log::warning("pipe", "record given up",
                 {{"pipe", config_.name}, {"event", record.event_id}, {"reason", reason}});
    put_failure(batch, config_.id,
                {shard_, record.sequence, record.event_id, reason, deps_.clock.now()});
  }
  co_return co_await deps_.store.commit(std::move(batch));
}

}  // namespace penstock::pipes
