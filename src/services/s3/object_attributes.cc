// GetObjectAttributes and GetObjectAcl: what is known of an object besides its bytes.
#include <algorithm>

#include "base/limits.h"
#include "services/s3/attributes.h"
#include "services/s3/content.h"
#include "services/s3/errors.h"
#include "services/s3/operations.h"
#include "services/s3/refusals.h"
#include "services/s3/resolve.h"
#include "services/s3/s3.h"

namespace penstock::s3 {
namespace {

using protocol::Reply;

api::GetObjectAttributesParts parts_page(const ObjectRecord& record, std::int32_t after,
                                         std::int32_t max_parts) {
  api::GetObjectAttributesParts page;
  page.total_parts_count = static_cast<std::int32_t>(record.parts.size());
  // Part by part only where the client chose a checksum; CRC64NVME is what S3 adds by itself.
  const Checksum& checksum = record.summary.checksum;
  if (checksum.type != ChecksumType::kComposite &&
      checksum.algorithm == ChecksumAlgorithm::kCrc64Nvme) {
    return page;
  }
  page.part_number_marker = after;
  page.max_parts = max_parts;
  page.is_truncated = false;
  page.next_part_number_marker = after;
  auto& parts = page.parts.emplace();
  for (const PartSummary& part : record.parts) {
    if (part.number <= after) continue;
    if (parts.size() == static_cast<std::size_t>(max_parts)) {
      page.is_truncated = true;
      break;
    }
    api::ObjectPart& shown = parts.emplace_back();
    shown.part_number = part.number;
    shown.size = static_cast<std::int64_t>(part.bytes);
    set_checksum(shown, checksum.algorithm, base64_encode(part.checksum_raw));
    page.next_part_number_marker = part.number;
  }
  return page;
}

}  // namespace

Reply<api::GetObjectAttributesOutput> get_object_attributes(Service& service,
                                                            const protocol::Context& context,
                                                            api::GetObjectAttributesRequest input) {
  CO_TRY(const BucketRef bucket,
         find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  CO_TRY_VOID(check_key(input.key));
  CO_TRY_VOID(refuse_unsupported(input));
  CO_TRY_VOID(check_version(input.version_id, input.key));
  const std::int32_t max_parts =
      std::min(input.max_parts.value_or(limits::kS3PageMax), limits::kS3PageMax);
  if (max_parts < 0) {
    co_return std::unexpected(
        invalid_argument("Argument max-parts must be an integer between 0 and 2147483647",
                         "max-parts", std::to_string(max_parts)));
  }
  CO_TRY(const std::optional<OpenObject> object,
         open_object(service, bucket->id, input.key, false));
  if (!object) co_return std::unexpected(no_such_key(input.key));
  const ObjectRecord& record = object->record;
  const ObjectSummary& summary = record.summary;

  api::GetObjectAttributesOutput output;
  output.last_modified = summary.modified;
  for (const std::string& wanted : input.object_attributes) {
    if (wanted == "ETag") {
      output.e_tag = summary.etag;  // Without quotes, here only.
    } else if (wanted == "Checksum") {
      set_checksum(output.checksum.emplace(), summary.checksum);
    } else if (wanted == "ObjectParts") {
      if (record.parts.empty()) continue;
      output.object_parts = parts_page(record, input.part_number_marker.value_or(0), max_parts);
    } else if (wanted == "StorageClass") {
      output.storage_class = summary.storage_class;
    } else if (wanted == "ObjectSize") {
      output.object_size = static_cast<std::int64_t>(summary.bytes);
    } else {
      co_return std::unexpected(
          invalid_argument("Invalid attribute name specified.", "x-amz-object-attributes", wanted));
    }
  }
  co_return output;
}

Reply<api::GetObjectAclOutput> get_object_acl(Service& service, const protocol::Context& context,
                                              api::GetObjectAclRequest input) {
  CO_TRY(const BucketRef bucket,
         find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  CO_TRY_VOID(check_key(input.key));
  CO_TRY_VOID(check_version(input.version_id, input.key));
  CO_TRY(const std::optional<OpenObject> object,
         open_object(service, bucket->id, input.key, false));
  if (!object) co_return std::unexpected(no_such_key(input.key));
  api::GetObjectAclOutput output;
  output.owner = owner_of<api::Owner>(bucket->owner);
  output.grants = {owner_grant<api::Grant>(bucket->owner)};
  co_return output;
}

}  // namespace penstock::s3
