// CreateMultipartUpload and AbortMultipartUpload: the beginning and the unhappy end of an upload.
#include "services/s3/uploads.h"

#include <fmt/format.h>

#include "services/s3/attributes.h"
#include "services/s3/errors.h"
#include "services/s3/operations.h"
#include "services/s3/refusals.h"
#include "services/s3/resolve.h"
#include "services/s3/s3.h"
#include "services/s3/write.h"

namespace penstock::s3 {

using protocol::ApiResult;
using protocol::Reply;

namespace {

// Sorts by time, so that uploads of one key are listed in order of their beginning.
std::string make_upload_id(Service& service, Timestamp now) {
  constexpr std::string_view kAlphabet =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  return fmt::format("{:014x}.{}", now.micros, service.deps.random.token(49, kAlphabet));
}

}  // namespace

std::uint64_t upload_turn_key(std::string_view upload_id) { return hash_bytes(upload_id); }

Task<Result<std::vector<std::pair<std::int32_t, PartRecord>>>> all_parts(Service& service,
                                                                         std::string upload_id) {
  using Parts = std::vector<std::pair<std::int32_t, PartRecord>>;
  return run_blocking(
      service.deps.runtime,
      [&objects = service.objects, id = std::move(upload_id)]() -> Result<Parts> {
        Parts parts;
        TRY_VOID(objects.scan_parts(id, 0, [&parts](std::int32_t number, PartRecord part) {
          parts.emplace_back(number, std::move(part));
          return storage::Next::kContinue;
        }));
        return parts;
      });
}

Reply<api::CreateMultipartUploadOutput> create_multipart_upload(
    Service& service, const protocol::Context& context, api::CreateMultipartUploadRequest input) {
  CO_TRY(const BucketRef bucket,
         find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  CO_TRY_VOID(check_key(input.key));
  CO_TRY_VOID(refuse_unsupported(input));
  UploadRecord record;
  CO_TRY(record.attributes, attributes_of(input));
  CO_TRY(record.checksum, multipart_checksum(input.checksum_algorithm, input.checksum_type));
  record.initiated = service.deps.clock.now();
  record.initiator = context.principal_arn;
  CO_TRY(const std::optional<ObjectRecord> present, service.objects.object(bucket->id, input.key));
  record.key_existed = present.has_value();

  api::CreateMultipartUploadOutput output;
  output.bucket = input.bucket;
  output.key = input.key;
  output.upload_id = make_upload_id(service, record.initiated);
  output.server_side_encryption = kEncryption;
  if (record.checksum.chosen) {
    output.checksum_algorithm = std::string(to_string(record.checksum.algorithm));
    output.checksum_type = std::string(to_string(record.checksum.type));
  }
  // No turn: nobody else knows the id yet.
  Change change;
  change.put_upload(bucket->id, input.key, *output.upload_id, record);
  CO_TRY(Submitted submitted, submit_change(service, bucket, std::move(change)));
  CO_TRY_VOID(co_await settle(service, std::move(submitted)));
  co_return output;
}

Reply<api::AbortMultipartUploadOutput> abort_multipart_upload(
    Service& service, const protocol::Context& context, api::AbortMultipartUploadRequest input) {
  CO_TRY(const BucketRef bucket,
         find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  CO_TRY_VOID(check_key(input.key));
  if (input.if_match_initiated_time) {
    co_return std::unexpected(header_not_implemented("x-amz-if-match-initiated-time"));
  }
  auto turn = co_await service.upload_turns.enter(upload_turn_key(input.upload_id));
  CO_TRY(const std::optional<UploadRecord> upload,
         service.objects.pending_upload(bucket->id, input.key, input.upload_id));
  if (!upload) co_return std::unexpected(no_such_upload(input.upload_id));
  // Parts are found by a scan, which sees only what is durable. The turn is held across two syncs
  // here, so that no part can be submitted between the barrier and the end of the upload.
  CO_TRY_VOID(co_await upload_barrier(service, bucket, input.key, input.upload_id, *upload));
  CO_TRY(const auto parts, co_await all_parts(service, input.upload_id));
  Change change;
  change.erase_upload(bucket->id, input.key, input.upload_id);
  for (const auto& [number, part] : parts) {
    change.erase_part(input.upload_id, number);
    change.drop_pieces(part.pieces);
  }
  CO_TRY(Submitted submitted, submit_change(service, bucket, std::move(change)));
  turn.leave();
  CO_TRY_VOID(co_await settle(service, std::move(submitted)));
  co_return api::AbortMultipartUploadOutput{};
}

Reply<void> upload_barrier(Service& service, BucketRef bucket, std::string key,
                           std::string upload_id, UploadRecord upload) {
  Change barrier;
  barrier.put_upload(bucket->id, key, upload_id, upload);
  CO_TRY(Submitted submitted, submit_change(service, bucket, std::move(barrier)));
  co_return co_await settle(service, std::move(submitted));
}

}  // namespace penstock::s3
