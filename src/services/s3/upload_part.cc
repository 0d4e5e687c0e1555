// UploadPart and UploadPartCopy. A part that is sent again takes the place of the one before.
#include "base/bytes.h"
#include "base/limits.h"
#include "services/s3/attributes.h"
#include "services/s3/content.h"
#include "services/s3/copy_source.h"
#include "services/s3/errors.h"
#include "services/s3/intake.h"
#include "services/s3/multipart.h"
#include "services/s3/operations.h"
#include "services/s3/refusals.h"
#include "services/s3/resolve.h"
#include "services/s3/s3.h"
#include "services/s3/uploads.h"
#include "services/s3/write.h"

namespace penstock::s3 {
namespace {

using protocol::ApiResult;
using protocol::Reply;

ApiResult<void> check_part_number(std::int32_t number) {
  if (number >= 1 && number <= limits::kS3PartNumberMax) return {};
  ApiError error = invalid_part_number();
  error.members.push_back(protocol::text_member("ArgumentName", "partNumber"));
  error.members.push_back(protocol::text_member("ArgumentValue", std::to_string(number)));
  return std::unexpected(std::move(error));
}

ApiResult<UploadRecord> find_upload(Service& service, const Bucket& bucket, const std::string& key,
                                    const std::string& upload_id) {
  auto upload = service.objects.upload(bucket.id, key, upload_id);
  if (!upload) return std::unexpected(ApiError(upload.error()));
  if (!*upload) return std::unexpected(no_such_upload(upload_id));
  return **std::move(upload);
}

struct PartPlace {
  BucketRef bucket;
  std::string key;
  std::string upload_id;
  std::int32_t number = 0;
};

// Puts the part in its place, if the upload is still there.
Reply<Timestamp> write_part(Service& service, PartPlace place, PartRecord record, Intake intake) {
  Change change;
  for (NewPiece& piece : intake.pieces) {
    record.pieces.push_back(piece.piece);
    change.add_piece(std::move(piece));
  }
  record.bytes = intake.bytes;
  record.md5 = intake.md5;
  auto turn = co_await service.upload_turns.enter(upload_turn_key(place.upload_id));
  CO_TRY(const std::optional<UploadRecord> upload,
         service.objects.pending_upload(place.bucket->id, place.key, place.upload_id));
  if (!upload) co_return std::unexpected(no_such_upload(place.upload_id));
  CO_TRY(const std::optional<PartRecord> before,
         service.objects.pending_part(place.upload_id, place.number));
  if (before) change.drop_pieces(before->pieces);
  record.modified = service.deps.clock.now();
  change.put_part(place.upload_id, place.number, record);
  CO_TRY(Submitted submitted, submit_change(service, place.bucket, std::move(change)));
  intake.new_files.keep();
  turn.leave();
  CO_TRY_VOID(co_await settle(service, std::move(submitted)));
  co_return record.modified;
}

}  // namespace

Reply<api::UploadPartOutput> upload_part(Service& service, const protocol::Context& context,
                                         api::UploadPartRequest input) {
  CO_TRY(const BucketRef bucket,
         find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  CO_TRY_VOID(check_key(input.key));
  CO_TRY_VOID(refuse_unsupported(input));
  CO_TRY_VOID(check_part_number(input.part_number));
  CO_TRY(const Promise promise, promise_of(input));
  CO_TRY(const UploadRecord upload, find_upload(service, *bucket, input.key, input.upload_id));
  IntakeOptions options;
  options.content_length = input.content_length;
  options.bytes_max = limits::kS3PutBytesMax;
  options.algorithm = upload.checksum.algorithm;
  CO_TRY(options.other_algorithm, part_checksum(upload.checksum, promise.checksum));
  CO_TRY(Intake intake, co_await take_in(service, std::move(input.body), options));
  PartRecord record;
  record.checksum = {options.algorithm, ChecksumType::kFullObject, intake.checksum_raw, 0};
  if (options.other_algorithm) {
    record.other_checksum =
        Checksum{*options.other_algorithm, ChecksumType::kFullObject, intake.other_raw, 0};
  }
  const Checksum& shown = record.other_checksum ? *record.other_checksum : record.checksum;
  CO_TRY_VOID(verify_promise(context, promise, intake, shown.raw));

  api::UploadPartOutput output;
  output.e_tag = quoted(to_hex(intake.md5));
  output.server_side_encryption = kEncryption;
  if (promise.checksum || upload.checksum.chosen) set_checksum(output, shown);
  CO_TRY_VOID(co_await write_part(service, {bucket, input.key, input.upload_id, input.part_number},
                                  std::move(record), std::move(intake)));
  co_return output;
}

Reply<api::UploadPartCopyOutput> upload_part_copy(Service& service,
                                                  const protocol::Context& context,
                                                  api::UploadPartCopyRequest input) {
  CO_TRY(const BucketRef bucket,
         find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  CO_TRY_VOID(check_key(input.key));
  CO_TRY_VOID(refuse_unsupported(input));
  CO_TRY_VOID(check_part_number(input.part_number));
  CO_TRY(const CopySource source, parse_copy_source(input.copy_source));
  CO_TRY(const UploadRecord upload, find_upload(service, *bucket, input.key, input.upload_id));
  CO_TRY(const BucketRef source_bucket,
         find_bucket(service, context, source.bucket, input.expected_source_bucket_owner));
  CO_TRY_VOID(check_version(source.version_id, source.key));
  CO_TRY(std::optional<OpenObject> object,
         open_object(service, source_bucket->id, source.key, true));
  if (!object) co_return std::unexpected(no_such_key(source.key));
  const ObjectSummary from = object->record.summary;
  CO_TRY_VOID(check_copy_source(copy_source_conditions_of(input), validators_of(from)));
  ByteRange range{0, from.bytes};
  if (input.copy_source_range) {
    CO_TRY(range, copy_source_range(*input.copy_source_range, from.bytes));
  }
  if (range.bytes > limits::kS3PutBytesMax) {
    co_return std::unexpected(entity_too_large(limits::kS3PutBytesMax, range.bytes));
  }
  IntakeOptions options;
  options.bytes_max = limits::kS3PutBytesMax;
  options.algorithm = upload.checksum.algorithm;
  CO_TRY(net::Body body, co_await content_of(service, *std::move(object), range));
  CO_TRY(Intake intake, co_await take_in(service, std::move(body), options));
  PartRecord record;
  record.checksum = {options.algorithm, ChecksumType::kFullObject, intake.checksum_raw, 0};

  api::UploadPartCopyOutput output;
  output.server_side_encryption = kEncryption;
  api::CopyPartResult& result = output.copy_part_result.emplace();
  result.e_tag = quoted(to_hex(intake.md5));
  if (upload.checksum.chosen) set_checksum(result, record.checksum);
  CO_TRY(result.last_modified,
         co_await write_part(service, {bucket, input.key, input.upload_id, input.part_number},
                             std::move(record), std::move(intake)));
  co_return output;
}

}  // namespace penstock::s3
