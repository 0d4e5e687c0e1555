// DeleteDeliveryStream: undelivered records are discarded, as on AWS; the lanes come to an end in
// the background. A deletion that a crash interrupts goes on when the server starts again.
#include "services/firehose/delete_delivery_stream.h"

#include "base/log.h"
#include "services/firehose/direct_source.h"
#include "services/firehose/firehose.h"
#include "services/firehose/operations.h"
#include "services/firehose/resolve.h"

namespace penstock::firehose {

Task<void> finish_deletion(Service& service, std::shared_ptr<LiveStream> stream) {
  co_await stream->gate.closed();
  // The lanes have ended: nothing is written for the stream any more.
  storage::Batch batch;
  erase_stream(batch, *stream->config());
  const Status erased = co_await service.deps.store.commit(std::move(batch));
  if (!erased) {
    // Still marked as being deleted: the next start goes on with it.
    log::warning("firehose", "deletion failed",
                 {{"stream", stream->arn()}, {"error", erased.error().message}});
    co_return;
  }
  service.streams.erase(*stream);
  service.notifier.forget(direct_key(stream->id()));
}

Reply<api::DeleteDeliveryStreamOutput> delete_delivery_stream(
    Service& service, const Context& context, api::DeleteDeliveryStreamInput input) {
  CO_TRY(const std::shared_ptr<LiveStream> stream,
         resolve_stream(service, context, input.delivery_stream_name));
  auto turn = co_await service.turns.enter(turn_key(stream->place(), stream->name()));
  if (stream->status() == StreamStatus::kDeleting) co_return api::DeleteDeliveryStreamOutput{};
  StreamConfig config = *stream->config();
  config.deleting = true;
  storage::Batch batch;
  put_stream(batch, config);
  stream->set_status(StreamStatus::kDeleting);
  {
    const std::scoped_lock lock(stream->direct.mutex);
    stream->direct.closed = true;
  }
  const storage::Commit commit = service.deps.store.submit(std::move(batch));
  turn.leave();
  CO_TRY_VOID(co_await commit.durable());
  service.gate.spawn(service.deps.runtime.next_loop(), finish_deletion(service, stream));
  co_return api::DeleteDeliveryStreamOutput{};
}

}  // namespace penstock::firehose
