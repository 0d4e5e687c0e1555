// The one path by which objects change: turn, conditions, submit, leave the turn, durable, notify.
#include "services/s3/write.h"

#include "async/turns.h"
#include "services/s3/attributes.h"
#include "services/s3/errors.h"
#include "services/s3/s3.h"

namespace penstock::s3 {

using protocol::ApiResult;
using protocol::Reply;

ApiResult<Submitted> submit_change(Service& service, const BucketRef& bucket, Change change) {
  std::optional<Registry::Writing> writing = service.buckets.begin_write(bucket);
  if (!writing) {
    if (service.buckets.find(bucket->name) == nullptr) {
      return std::unexpected(no_such_bucket(bucket->name));
    }
    return std::unexpected(operation_aborted());
  }
  return Submitted{service.objects.submit(std::move(change.batch)), *std::move(writing),
                   std::move(change.unused_files)};
}

Reply<void> settle(Service& service, Submitted submitted) {
  CO_TRY_VOID(co_await submitted.commit.durable());
  service.reclaimer->dispose(std::move(submitted.unused_files));
  co_return ApiResult<void>();
}

std::uint64_t object_turn_key(const Bucket& bucket, std::string_view key) {
  return hash_bytes(key, bucket.id);
}

Reply<Timestamp> write_object(Service& service, ObjectWrite write) {
  auto turn = co_await service.object_turns.enter(object_turn_key(*write.bucket, write.key));
  CO_TRY(const std::optional<ObjectRecord> current,
         service.objects.pending_object(write.bucket->id, write.key));
  const ObjectRecord* const before = current ? &*current : nullptr;
  std::optional<Validators> validators;
  if (before != nullptr) validators = validators_of(before->summary);
  CO_TRY_VOID(check_write(write.conditions, validators ? &*validators : nullptr, write.key));
  if (write.admit) CO_TRY_VOID(write.admit(before));

  const Timestamp now = service.deps.clock.now();
  write.record.summary.modified = now;
  if (before != nullptr) write.change.drop_pieces(before->pieces);
  write.change.put_object(write.bucket->id, write.key, write.record);
  CO_TRY(Submitted submitted, submit_change(service, write.bucket, std::move(write.change)));
  // From here on the commit may become durable whatever happens to this request.
  write.new_files.keep();
  turn.leave();
  CO_TRY_VOID(co_await settle(service, std::move(submitted)));
  service.notifier.notify(write.bucket->name);
  co_return now;
}

Reply<std::optional<Submitted>> submit_delete(Service& service, BucketRef bucket, std::string key,
                                              std::optional<std::string> if_match) {
  auto turn = co_await service.object_turns.enter(object_turn_key(*bucket, key));
  CO_TRY(const std::optional<ObjectRecord> current,
         service.objects.pending_object(bucket->id, key));
  if (current && if_match && !etag_matches(*if_match, current->summary.etag)) {
    co_return std::unexpected(precondition_failed("If-Match"));
  }
  Change change;
  if (current) {
    change.drop_pieces(current->pieces);
  } else {
    // Gone, but perhaps not durably: then this answer must wait for the same thing.
    CO_TRY(const std::optional<ObjectRecord> durable, service.objects.object(bucket->id, key));
    if (!durable) co_return std::optional<Submitted>();
  }
  change.erase_object(bucket->id, key);
  CO_TRY(Submitted submitted, submit_change(service, bucket, std::move(change)));
  co_return std::optional<Submitted>(std::move(submitted));
}

}  // namespace penstock::s3
