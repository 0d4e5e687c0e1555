// CopyObject: a new object from the bytes of another. Bytes are copied: objects never share files.
#include "base/bytes.h"
#include "base/limits.h"
#include "services/s3/attributes.h"
#include "services/s3/content.h"
#include "services/s3/copy_source.h"
#include "services/s3/errors.h"
#include "services/s3/intake.h"
#include "services/s3/operations.h"
#include "services/s3/refusals.h"
#include "services/s3/resolve.h"
#include "services/s3/s3.h"
#include "services/s3/write.h"

namespace penstock::s3 {
namespace {

using protocol::ApiResult;
using protocol::Reply;

ApiResult<bool> replaces(const std::optional<std::string>& directive, std::string_view header) {
  if (!directive || *directive == "COPY") return false;
  if (*directive == "REPLACE") return true;
  return std::unexpected(invalid_argument(header == "x-amz-tagging-directive"
                                              ? "Unknown tagging directive."
                                              : "Unknown metadata directive.",
                                          header, *directive));
}

struct Directives {
  bool metadata = false;
  bool tags = false;
};

// A copy onto itself must change something.
bool changes_something(const api::CopyObjectRequest& input, const Directives& replace,
                       const ObjectSummary& source) {
  return replace.metadata || input.website_redirect_location || input.server_side_encryption ||
         (input.storage_class && *input.storage_class != source.storage_class);
}

ObjectAttributes merged(const ObjectRecord& source, ObjectAttributes requested,
                        Directives replace) {
  if (!replace.metadata) {
    // The redirect belongs to the place, not to the content: it is never copied.
    std::string redirect = std::move(requested.headers.website_redirect_location);
    requested.headers = source.headers;
    requested.headers.website_redirect_location = std::move(redirect);
    requested.metadata = source.metadata;
  }
  if (!replace.tags) requested.tags = source.tags;
  return requested;
}

}  // namespace

Reply<api::CopyObjectOutput> copy_object(Service& service, const protocol::Context& context,
                                         api::CopyObjectRequest input) {
  CO_TRY(BucketRef bucket,
         find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  CO_TRY_VOID(check_key(input.key));
  CO_TRY_VOID(refuse_unsupported(input));
  const WriteConditions conditions{input.if_match, input.if_none_match};
  CO_TRY_VOID(check_write_form(conditions));
  CO_TRY(const CopySource source, parse_copy_source(input.copy_source));
  CO_TRY(const bool replace_metadata,
         replaces(input.metadata_directive, "x-amz-metadata-directive"));
  CO_TRY(const bool replace_tags, replaces(input.tagging_directive, "x-amz-tagging-directive"));
  const Directives replace{replace_metadata, replace_tags};
  CO_TRY(ObjectAttributes requested, attributes_of(input));
  CO_TRY(const std::optional<DeclaredChecksum> declared,
         declared_checksum({.sdk_algorithm = input.checksum_algorithm}));

  CO_TRY(const BucketRef source_bucket,
         find_bucket(service, context, source.bucket, input.expected_source_bucket_owner));
  CO_TRY_VOID(check_version(source.version_id, source.key));
  CO_TRY(std::optional<OpenObject> object,
         open_object(service, source_bucket->id, source.key, true));
  if (!object) co_return std::unexpected(no_such_key(source.key));
  const ObjectSummary from = object->record.summary;
  CO_TRY_VOID(check_copy_source(copy_source_conditions_of(input), validators_of(from)));
  if (from.bytes > limits::kS3PutBytesMax) {
    co_return std::unexpected(invalid_request(
        "The specified copy source is larger than the maximum allowable size for a copy source: "
        "5368709120"));
  }
  if (source_bucket->id == bucket->id && source.key == input.key &&
      !changes_something(input, replace, from)) {
    co_return std::unexpected(invalid_request(
        "This copy request is illegal because it is trying to copy an object to itself without "
        "changing the object's metadata, storage class, website redirect location or encryption "
        "attributes."));
  }

  ObjectAttributes attributes = merged(object->record, std::move(requested), replace);
  IntakeOptions options;
  options.bytes_max = limits::kS3PutBytesMax;
  options.algorithm = declared ? declared->algorithm : from.checksum.algorithm;
  CO_TRY(net::Body body, co_await content_of(service, *std::move(object), {0, from.bytes}));
  CO_TRY(Intake intake, co_await take_in(service, std::move(body), options));

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
  for (NewPiece& piece : intake.pieces) {
    record.pieces.push_back(piece.piece);
    write.change.add_piece(std::move(piece));
  }

  api::CopyObjectOutput output;
  output.server_side_encryption = kEncryption;
  api::CopyObjectResult& result = output.copy_object_result.emplace();
  result.e_tag = quoted(record.summary.etag);
  set_checksum(result, record.summary.checksum);
  CO_TRY(result.last_modified, co_await write_object(service, std::move(write)));
  co_return output;
}

}  // namespace penstock::s3
