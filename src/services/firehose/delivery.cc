// Settling a batch: its objects, its checkpoint and its ledger entry.
//
// Records that failed go into an error object first, and the plan then says which they are; only
// after that the body is put, together with the checkpoint. So whatever a second transform after a
// crash makes of the rest, each record ends in exactly one place.
#include <fmt/format.h>

#include <algorithm>

#include "base/crash_points.h"
#include "base/log.h"
#include "gen/s3/shapes.h"
#include "services/firehose/errors.h"
#include "services/firehose/firehose.h"
#include "services/firehose/kinesis_source.h"
#include "services/firehose/lane.h"
#include "services/firehose/resolve.h"

namespace penstock::firehose {
namespace {

using protocol::ApiResult;
using protocol::Reply;

// What the delivery log says about a refusal of S3.
DeliveryError delivery_error(const protocol::ApiError& error, const Settings& settings) {
  if (error.code == "NoSuchBucket") {
    return {"S3.NoSuchBucket",
            "The specified S3 bucket does not exist. Create the bucket or use a different bucket "
            "that does exist.",
            {}};
  }
  if (error.code == "AccessDenied") {
    return {"S3.AccessDenied",
            "Access was denied. Ensure that the trust policy for the provided IAM role allows "
            "Kinesis Data Firehose to assume the role, and the access policy allows access to the "
            "S3 bucket.",
            {}};
  }
  return {"S3.InternalError",
          fmt::format("Delivery to {} failed: {}: {}", settings.bucket, error.code, error.message),
          {}};
}

// A further error object of the same batch, after a redo, has a name of its own.
std::string error_key_of(const Plan& plan) {
  if (plan.errors.empty()) return plan.error_key;
  return fmt::format("{}-{}", plan.error_key, plan.errors.size());
}

struct ErrorBody {
  std::string bytes;
  std::vector<Mark> marks;  // Of its lines.
};

ErrorBody error_body(const Work& work) {
  ErrorBody body;
  const std::string arn =
      work.settings->processing.lambda ? qualified_arn(work.settings->processing.lambda->arn) : "";
  for (const FailedRecord& failed : work.outcome.failed) {
    const std::size_t begin = body.bytes.size();
    append_error_line(body.bytes, {&(*work.records)[failed.position], &failed.failure,
                                   failed.attempts, failed.ended_millis, arn});
    body.marks.push_back(mark_of(std::string_view(body.bytes).substr(begin)));
  }
  return body;
}

SettledErrors settled_errors(const Work& work, std::string key, ErrorBody& body) {
  SettledErrors settled{std::move(key), body.bytes.size(), {}, std::move(body.marks)};
  for (const FailedRecord& failed : work.outcome.failed) {
    settled.indices.push_back((*work.records)[failed.position].index);
  }
  return settled;
}

// Where each record of the batch ended, by its index. Those that nothing else tells of are lost.
std::vector<RecordFate> fates_of(const Work& work) {
  std::vector<RecordFate> fates(work.plan.records);
  for (std::size_t i = 0; i < work.outcome.fates.size(); ++i) {
    const std::uint32_t index = (*work.records)[i].index;
    if (index < fates.size()) fates[index] = work.outcome.fates[i];
  }
  for (std::size_t object = 0; object < work.plan.errors.size(); ++object) {
    const SettledErrors& errors = work.plan.errors[object];
    for (std::size_t i = 0; i < errors.indices.size(); ++i) {
      if (errors.indices[i] >= fates.size()) continue;
      fates[errors.indices[i]] = {Fate::kFailed, static_cast<std::uint16_t>(object),
                                  i < errors.marks.size() ? errors.marks[i] : Mark{}};
    }
  }
  return fates;
}

}  // namespace

Task<bool> Lane::settle(Work& work, std::stop_token stop) {
  LedgerEntry entry = ledger_entry(work);
  const bool has_body = !work.outcome.body.empty();
  if (!work.outcome.failed.empty()) {
    if (!co_await put_errors(work, entry, !has_body, stop)) co_return false;
    if (!has_body) co_return true;
  }
  if (has_body) co_return co_await put_body(work, entry, stop);

  // Everything was dropped, or is in error objects already.
  Position after;
  storage::Batch batch = checkpoint(work, entry, after);
  const Status committed = co_await service_.deps.store.commit(std::move(batch));
  if (!committed) {
    log::error("firehose", "a checkpoint could not be written",
               {{"stream", stream_->arn()}, {"error", committed.error().message}});
    co_return false;
  }
  position_ = std::move(after);
  source_->settled(work.plan.bytes);
  co_return true;
}

Task<bool> Lane::put_errors(Work& work, LedgerEntry& entry, bool last, std::stop_token stop) {
  const Work* const batch_work = &work;
  ErrorBody body = co_await run_blocking(service_.deps.runtime,
                                         [batch_work] { return error_body(*batch_work); });
  const std::string key = error_key_of(work.plan);
  work.plan.errors.push_back(settled_errors(work, key, body));
  entry.errors.push_back({key, work.outcome.failed.size(), body.bytes.size()});
  entry.failed += work.outcome.failed.size();
  Position after;
  storage::Batch extra;
  if (last) {
    extra = checkpoint(work, entry, after);
  } else {
    put_plan(extra, stream_->id(), name_, work.plan);
  }
  if (!co_await put_object(work, key, std::move(body.bytes), "", std::move(extra), stop)) {
    co_return false;
  }
  if (last) {
    position_ = std::move(after);
    source_->settled(work.plan.bytes);
  }
  co_return true;
}

Task<bool> Lane::put_body(Work& work, LedgerEntry& entry, std::stop_token stop) {
  const Compression compression = work.settings->compression;
  entry.content_bytes = work.outcome.body.size();
  const std::string name = service_.deps.random.uuid();
  const std::string* const file = &name;
  std::string* const plain = &work.outcome.body;
  const Timestamp now = service_.deps.clock.now();
  std::string packed = co_await run_blocking(
      service_.deps.runtime, [=] { return compress(compression, std::move(*plain), *file, now); });
  entry.key = work.plan.key;
  entry.object_bytes = packed.size();
  Position after;
  storage::Batch extra = checkpoint(work, entry, after);
  if (!co_await put_object(work, work.plan.key, std::move(packed), content_encoding_of(compression),
                           std::move(extra), stop)) {
    co_return false;
  }
  position_ = std::move(after);
  source_->settled(work.plan.bytes);
  co_return true;
}

// Tries until it works: AWS gives up after 24 hours and loses the data, here it stays.
Task<bool> Lane::put_object(const Work& work, std::string key, std::string body,
                            std::string_view encoding, storage::Batch extra, std::stop_token stop) {
  for (int failures = 1;; ++failures) {
    crash_point("firehose.before_put");
    const ApiResult<void> put = co_await try_put(work, key, body, encoding, extra);
    if (put) {
      crash_point("firehose.after_put");
      co_return true;
    }
    ++stream_->counters.failed_puts;
    const DeliveryError error = delivery_error(put.error(), *work.settings);
    report(service_, *stream_, *work.settings, error);
    if (failures == 1) {
      log::warning("firehose", "an object could not be delivered",
                   {{"stream", stream_->arn()}, {"key", key}, {"error", put.error().message}});
    }
    co_await pause(failures, stop);
    if (stop.stop_requested()) co_return false;
  }
}

Reply<void> Lane::try_put(const Work& work, std::string key, std::string body,
                          std::string_view encoding, storage::Batch extra) {
  // A role that may be assumed when the stream was made may be gone by now.
  if (const ApiResult<void> role = co_await check_role(service_, work.settings->role_arn); !role) {
    co_return protocol::refuse("AccessDenied", role.error().message, 403);
  }
  s3::api::PutObjectRequest input;
  input.bucket = work.plan.bucket;
  input.key = std::move(key);
  input.content_length = static_cast<std::int64_t>(body.size());
  input.content_type = "application/octet-stream";
  if (!encoding.empty()) input.content_encoding = std::string(encoding);
  input.body = net::Body(std::move(body));
  protocol::Context context = role_context(service_, stream_->place(), work.settings->role_arn);
  if (service_.deps.put_with) {
    CO_TRY_VOID(
        co_await service_.deps.put_with(std::move(context), std::move(input), std::move(extra)));
    co_return ApiResult<void>();
  }
  CO_TRY_VOID(co_await service_.deps.s3.put_object(std::move(context), std::move(input)));
  CO_TRY_VOID(co_await service_.deps.store.commit(std::move(extra)));
  co_return ApiResult<void>();
}

LedgerEntry Lane::ledger_entry(const Work& work) const {
  const Plan& plan = work.plan;
  LedgerEntry entry;
  entry.number = stream_->next_ledger_number();
  entry.shard = name_;
  entry.from = plan.from;
  entry.to = plan.to;
  entry.records = plan.records;
  entry.bytes = plan.bytes;
  entry.delivered = work.outcome.delivered;
  entry.dropped = work.outcome.dropped;
  entry.lost = work.lost;
  entry.bucket = plan.bucket;
  entry.compression = work.settings->compression;
  entry.oldest_millis = plan.oldest_millis;
  entry.newest_millis = plan.newest_millis;
  for (const SettledErrors& errors : plan.errors) {
    entry.errors.push_back({errors.key, errors.indices.size(), errors.bytes});
    entry.failed += errors.indices.size();
  }
  return entry;
}

storage::Batch Lane::checkpoint(const Work& work, const LedgerEntry& entry, Position& after) {
  after = position_;
  after.after = work.plan.to;
  after.next_plan = work.plan.number + 1;
  after.newest_millis = std::max(after.newest_millis, work.plan.newest_millis);
  Totals& totals = after.totals;
  totals.records += entry.records;
  totals.bytes += entry.bytes;
  totals.delivered += entry.delivered;
  totals.dropped += entry.dropped;
  totals.failed += entry.failed;
  totals.lost += entry.lost;
  totals.objects += (entry.key.empty() ? 0 : 1) + entry.errors.size();
  totals.object_bytes += entry.object_bytes;
  for (const LedgerEntry::ErrorObject& object : entry.errors) totals.object_bytes += object.bytes;

  LedgerEntry stored = entry;
  stored.settled_millis = service_.deps.clock.now().millis();
  stored.fates = fates_of(work);
  storage::Batch batch;
  put_position(batch, stream_->id(), name_, after);
  erase_plan(batch, stream_->id(), name_, work.plan.number);
  put_ledger_entry(batch, stream_->id(), stored);
  source_->settle(batch, work.plan.from, work.plan.to);
  return batch;
}

}  // namespace penstock::firehose
