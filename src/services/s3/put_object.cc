// PutObject: one object from one request, whole or not at all.
#include "base/bytes.h"
#include "base/limits.h"
#include "services/s3/attributes.h"
#include "services/s3/errors.h"
#include "services/s3/intake.h"
#include "services/s3/operations.h"
#include "services/s3/refusals.h"
#include "services/s3/resolve.h"
#include "services/s3/s3.h"
#include "services/s3/write.h"

namespace penstock::s3 {

using protocol::Reply;

Reply<api::PutObjectOutput> put_with(Service& service, const protocol::Context& context,
                                     api::PutObjectRequest input, storage::Batch extra) {
  CO_TRY(BucketRef bucket,
         find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  CO_TRY_VOID(check_key(input.key));
  CO_TRY_VOID(refuse_unsupported(input));
  const WriteConditions conditions{input.if_match, input.if_none_match};
  CO_TRY_VOID(check_write_form(conditions));
  CO_TRY(ObjectAttributes attributes, attributes_of(input));
  CO_TRY(const Promise promise, promise_of(input));

  IntakeOptions options;
  options.content_length = input.content_length;
  options.bytes_max = limits::kS3PutBytesMax;
  if (promise.checksum) options.algorithm = promise.checksum->algorithm;
  CO_TRY(Intake intake, co_await take_in(service, std::move(input.body), options));
  CO_TRY_VOID(verify_promise(context, promise, intake, intake.checksum_raw));

  ObjectWrite write{.bucket = std::move(bucket),
                    .key = std::move(input.key),
                    .conditions = conditions,
                    .new_files = std::move(intake.new_files)};
  ObjectRecord& record = write.record;
  record.summary = {.bytes = intake.bytes,
                    .etag = to_hex(intake.md5),
                    .storage_class = std::move(attributes.storage_class),
                    .checksum = {options.algorithm, ChecksumType::kFullObject,
                                 std::move(intake.checksum_raw), 0}};
  record.headers = std::move(attributes.headers);
  record.metadata = std::move(attributes.metadata);
  record.tags = std::move(attributes.tags);
  write.change.batch = std::move(extra);
  for (NewPiece& piece : intake.pieces) {
    record.pieces.push_back(piece.piece);
    write.change.add_piece(std::move(piece));
  }

  api::PutObjectOutput output;
  output.e_tag = quoted(record.summary.etag);
  output.server_side_encryption = kEncryption;
  set_checksum(output, record.summary.checksum);
  CO_TRY_VOID(co_await write_object(service, std::move(write)));
  co_return output;
}

Reply<api::PutObjectOutput> put_object(Service& service, const protocol::Context& context,
                                       api::PutObjectRequest input) {
  return put_with(service, context, std::move(input), {});
}

}  // namespace penstock::s3
