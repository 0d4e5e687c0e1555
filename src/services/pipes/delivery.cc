// Sending a piece of a batch, and writing down what was given up.
#include <fmt/format.h>

#include "base/crash_points.h"
#include "base/log.h"
#include "services/pipes/lane.h"
#include "services/pipes/outgoing_item.h"
#include "services/pipes/runner.h"

namespace penstock::pipes {
namespace {

// What the reply did not take is sent again: only throttling and internal failures come by record.
stream::Outcome outcome_of(const kinesis::api::PutRecordsOutput& reply, std::size_t sent) {
  std::vector<std::size_t> failed;
  std::string error;
  for (std::size_t i = 0; i < sent && i < reply.records.size(); ++i) {
    if (!reply.records[i].error_code) continue;
    error = *reply.records[i].error_code + ": " + reply.records[i].error_message.value_or("");
    failed.push_back(i);
  }
  if (failed.empty()) return stream::Outcome::delivered();
  return stream::Outcome::items_failed(std::move(failed), false, std::move(error));
}

}  // namespace

Task<stream::Outcome> Lane::deliver(stream::Delivering delivering) {
  const std::size_t count = delivering.items.size();
  protocol::Context context = role_;
  context.producer = protocol::Producer{producer_id(config_, shard_, delivering.sub_lane), {}};
  kinesis::api::PutRecordsInput input;
  input.stream_arn = config_.target;
  // Endpoints that are older than ARNs in these calls look at the name.
  input.stream_name = stream::stream_name_of(config_.target);
  input.records.resize(count);
  context.producer->positions.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const stream::Item& item = *delivering.items[i];
    const Outgoing& out = OutgoingItem::of(item);
    context.producer->positions.push_back(ordered_position(item.record.sequence));
    input.records[i].data.bytes = out.data;
    input.records[i].partition_key = out.partition_key;
  }
  crash_point("pipe.before_append");
  const auto reply = co_await target_.put_records(std::move(context), std::move(input));
  if (!reply) co_return stream::Outcome::of(reply.error());
  crash_point("pipe.after_append");
  co_return outcome_of(*reply, count);
}

Task<Status> Lane::give_up(stream::GivingUp giving_up) {
  std::string reason(stream::to_string(giving_up.reason));
  if (!giving_up.error.empty()) reason += ": " + giving_up.error;
  storage::Batch batch;
  for (const stream::Item* item : giving_up.items) {
    const stream::Record& record = item->record;
    log::warning("pipe", "record given up",
                 {{"pipe", config_.name}, {"event", record.event_id}, {"reason", reason}});
    put_failure(batch, config_.id,
                {shard_, record.sequence, record.event_id, reason, deps_.clock.now()});
  }
  return deps_.store.commit(std::move(batch));
}

}  // namespace penstock::pipes
