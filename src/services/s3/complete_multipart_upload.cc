// CompleteMultipartUpload: the parts become an object without their bytes being touched.
#include <algorithm>
#include <map>
#include <set>

#include "base/bytes.h"
#include "services/s3/attributes.h"
#include "services/s3/errors.h"
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

ApiResult<Completion> completion_of(const api::CompleteMultipartUploadRequest& input) {
  Completion completion;
  completion.checksums = checksum_headers_of(input);
  completion.checksum_type = input.checksum_type;
  completion.object_bytes = input.mpu_object_size;
  if (!input.multipart_upload || !input.multipart_upload->parts) return completion;
  for (const api::CompletedPart& part : *input.multipart_upload->parts) {
    if (!part.part_number || !part.e_tag) return std::unexpected(malformed_xml());
    if (part.checksum_sha512 || part.checksum_md5 || part.checksum_xxhash64 ||
        part.checksum_xxhash3 || part.checksum_xxhash128) {
      return std::unexpected(unsupported_checksum_algorithm());
    }
    completion.parts.push_back({*part.part_number, *part.e_tag, checksum_headers_of(part)});
  }
  return completion;
}

// Conditions that a plain PutObject does not know: what happened at the key while the upload went
// on.
ApiResult<void> check_meanwhile(const WriteConditions& conditions, const UploadRecord& upload,
                                const ObjectRecord* current, const std::string& key) {
  if (conditions.if_none_match && current == nullptr && upload.key_existed) {
    return std::unexpected(conditional_request_conflict("If-None-Match", key));
  }
  if (conditions.if_match && current != nullptr && current->summary.modified > upload.initiated) {
    return std::unexpected(conditional_request_conflict("If-Match", key));
  }
  return {};
}

api::CompleteMultipartUploadOutput output_of(const protocol::Context& context,
                                             const std::string& bucket, const std::string& key,
                                             const ObjectSummary& summary) {
  api::CompleteMultipartUploadOutput output;
  output.location = context.endpoint() + "/" + bucket + "/" + percent_encode(key, true);
  output.bucket = bucket;
  output.key = key;
  output.e_tag = quoted(summary.etag);
  output.server_side_encryption = kEncryption;
  set_checksum(output, summary.checksum);
  return output;
}

}  // namespace

Reply<api::CompleteMultipartUploadOutput> complete_multipart_upload(
    Service& service, const protocol::Context& context, api::CompleteMultipartUploadRequest input) {
  CO_TRY(BucketRef bucket,
         find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  CO_TRY_VOID(check_key(input.key));
  CO_TRY_VOID(refuse_unsupported(input));
  const WriteConditions conditions{input.if_match, input.if_none_match};
  CO_TRY_VOID(check_write_form(conditions));
  CO_TRY(const Completion completion, completion_of(input));

  // The turn is held to the end: a part must not arrive in between, and a second completion waits
  // for the outcome of the first.
  auto turn = co_await service.upload_turns.enter(upload_turn_key(input.upload_id));
  CO_TRY(const std::optional<UploadRecord> upload,
         service.objects.pending_upload(bucket->id, input.key, input.upload_id));
  if (!upload) {
    // A client that lost the answer asks again.
    CO_TRY(const std::optional<ObjectRecord> done, service.objects.object(bucket->id, input.key));
    if (!done || done->upload_id != input.upload_id) {
      co_return std::unexpected(no_such_upload(input.upload_id));
    }
    co_return output_of(context, input.bucket, input.key, done->summary);
  }
  CO_TRY_VOID(co_await upload_barrier(service, bucket, input.key, input.upload_id, *upload));
  CO_TRY(auto parts, co_await all_parts(service, input.upload_id));
  const auto find_part = [&parts](std::int32_t number) -> const PartRecord* {
    const auto found =
        std::ranges::lower_bound(parts, number, {}, [](const auto& p) { return p.first; });
    return found != parts.end() && found->first == number ? &found->second : nullptr;
  };
  CO_TRY(PlannedObject planned,
         plan_completion(input.upload_id, upload->checksum, completion, find_part));

  ObjectWrite write{.bucket = bucket,
                    .key = input.key,
                    .conditions = conditions,
                    .new_files = NewFiles(service.reclaimer)};
  std::set<std::int32_t> used;
  for (const PartSummary& part : planned.parts) used.insert(part.number);
  write.change.erase_upload(bucket->id, input.key, input.upload_id);
  for (const auto& [number, part] : parts) {
    write.change.erase_part(input.upload_id, number);
    if (!used.contains(number)) write.change.drop_pieces(part.pieces);
  }
  write.admit = [&conditions, &upload, &input](const ObjectRecord* current) {
    return check_meanwhile(conditions, *upload, current, input.key);
  };
  ObjectRecord& record = write.record;
  record.summary = {.bytes = planned.bytes,
                    .etag = std::move(planned.etag),
                    .storage_class = upload->attributes.storage_class,
                    .checksum = std::move(planned.checksum)};
  record.headers = upload->attributes.headers;
  record.metadata = upload->attributes.metadata;
  record.tags = upload->attributes.tags;
  record.pieces = std::move(planned.pieces);
  record.parts = std::move(planned.parts);
  record.upload_id = input.upload_id;
  auto output = output_of(context, input.bucket, input.key, record.summary);
  CO_TRY_VOID(co_await write_object(service, std::move(write)));
  co_return output;
}

}  // namespace penstock::s3
