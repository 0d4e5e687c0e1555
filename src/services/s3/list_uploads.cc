// ListMultipartUploads and ListParts.
#include <algorithm>

#include "base/limits.h"
#include "services/s3/attributes.h"
#include "services/s3/errors.h"
#include "services/s3/listing.h"
#include "services/s3/operations.h"
#include "services/s3/refusals.h"
#include "services/s3/resolve.h"
#include "services/s3/s3.h"

namespace penstock::s3 {
namespace {

using protocol::ApiResult;
using protocol::Reply;

ApiResult<std::int32_t> checked_page_size(const std::optional<std::int32_t>& asked,
                                          std::string_view name) {
  if (asked && *asked < 0) {
    return std::unexpected(invalid_argument(
        "Argument " + std::string(name) + " must be an integer between 0 and 2147483647", name,
        std::to_string(*asked)));
  }
  return std::min(asked.value_or(limits::kS3PageMax), limits::kS3PageMax);
}

struct UploadEntry {
  std::string key;
  std::string upload_id;
  UploadRecord record;
};

struct UploadQuery {
  std::string prefix, delimiter, key_marker, upload_id_marker;
  std::size_t max = 0;
};

struct UploadPage {
  std::vector<UploadEntry> uploads;
  std::vector<std::string> common_prefixes;
  bool truncated = false;
  std::string next_key, next_upload_id;
};

// Unlike objects, uploads of one key are many, and a page may end between them. Blocks.
Result<UploadPage> read_uploads(const ObjectStore& objects, std::uint64_t bucket,
                                UploadQuery query) {
  UploadPage page;
  if (query.max == 0) return page;
  const bool inside_key = !query.key_marker.empty() && !query.upload_id_marker.empty();
  std::string seek = std::max(query.prefix, query.key_marker);
  bool more = true;
  while (more) {
    more = false;
    TRY_VOID(objects.scan_uploads(
        bucket, seek, [&](std::string key, std::string upload_id, const UploadRecord& record) {
          if (!key.starts_with(query.prefix)) return storage::Next::kStop;
          if (key == query.key_marker && (!inside_key || upload_id <= query.upload_id_marker)) {
            return storage::Next::kContinue;
          }
          const std::size_t at = query.delimiter.empty()
                                     ? std::string::npos
                                     : key.find(query.delimiter, query.prefix.size());
          std::string prefix;
          if (at != std::string::npos) prefix = key.substr(0, at + query.delimiter.size());
          const bool seen =
              !prefix.empty() && !query.key_marker.empty() && prefix <= query.key_marker;
          if (!seen && page.uploads.size() + page.common_prefixes.size() == query.max) {
            page.truncated = true;
            return storage::Next::kStop;
          }
          if (prefix.empty()) {
            page.next_key = key;
            page.next_upload_id = upload_id;
            page.uploads.push_back({std::move(key), std::move(upload_id), record});
            return storage::Next::kContinue;
          }
          if (!seen) {
            page.next_key = prefix;
            page.next_upload_id.clear();
            page.common_prefixes.push_back(prefix);
          }
          seek = std::move(prefix);
          // All keys below the prefix are behind the greatest continuation of it in UTF-8.
          seek += '\xFF';
          more = true;
          return storage::Next::kStop;
        }));
  }
  return page;
}

}  // namespace

Reply<api::ListMultipartUploadsOutput> list_multipart_uploads(
    Service& service, const protocol::Context& context, api::ListMultipartUploadsRequest input) {
  CO_TRY(BucketRef bucket,
         find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  if (input.encoding_type && *input.encoding_type != "url") {
    co_return std::unexpected(invalid_argument("Invalid Encoding Method specified in Request",
                                               "encoding-type", *input.encoding_type));
  }
  CO_TRY(const std::int32_t max_uploads, checked_page_size(input.max_uploads, "max-uploads"));
  UploadQuery query{input.prefix.value_or(""), input.delimiter.value_or(""),
                    input.key_marker.value_or(""), input.upload_id_marker.value_or(""),
                    static_cast<std::size_t>(max_uploads)};
  CO_TRY(UploadPage page,
         co_await run_blocking(service.deps.runtime, [&objects = service.objects, bucket, query] {
           return read_uploads(objects, bucket->id, query);
         }));
  const bool url = input.encoding_type.has_value();
  const auto shown = [url](const std::string& name) {
    return url ? url_encode_listed(name) : name;
  };

  api::ListMultipartUploadsOutput output;
  output.bucket = input.bucket;
  output.key_marker = shown(query.key_marker);
  output.upload_id_marker = query.upload_id_marker;
  output.prefix = shown(query.prefix);
  if (input.delimiter) output.delimiter = shown(query.delimiter);
  output.encoding_type = input.encoding_type;
  output.max_uploads = max_uploads;
  output.is_truncated = page.truncated;
  output.next_key_marker = page.truncated ? shown(page.next_key) : "";
  output.next_upload_id_marker = page.truncated ? page.next_upload_id : "";
  if (!page.uploads.empty()) output.uploads.emplace();
  for (UploadEntry& upload : page.uploads) {
    api::MultipartUpload& entry = output.uploads->emplace_back();
    entry.upload_id = std::move(upload.upload_id);
    entry.key = shown(upload.key);
    entry.initiated = upload.record.initiated;
    entry.storage_class = upload.record.attributes.storage_class;
    entry.owner = owner_of<api::Owner>(bucket->owner);
    entry.initiator = owner_of<api::Initiator>(bucket->owner);
    if (upload.record.checksum.chosen) {
      entry.checksum_algorithm = std::string(to_string(upload.record.checksum.algorithm));
      entry.checksum_type = std::string(to_string(upload.record.checksum.type));
    }
  }
  if (!page.common_prefixes.empty()) output.common_prefixes.emplace();
  for (const std::string& prefix : page.common_prefixes) {
    output.common_prefixes->emplace_back().prefix = shown(prefix);
  }
  co_return output;
}

Reply<api::ListPartsOutput> list_parts(Service& service, const protocol::Context& context,
                                       api::ListPartsRequest input) {
  CO_TRY(BucketRef bucket,
         find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  CO_TRY_VOID(check_key(input.key));
  CO_TRY_VOID(refuse_unsupported(input));
  CO_TRY(const std::int32_t max_parts, checked_page_size(input.max_parts, "max-parts"));
  const std::int32_t marker = std::max(input.part_number_marker.value_or(0), 0);
  CO_TRY(const std::optional<UploadRecord> upload,
         service.objects.upload(bucket->id, input.key, input.upload_id));
  if (!upload) co_return std::unexpected(no_such_upload(input.upload_id));

  api::ListPartsOutput output;
  output.bucket = input.bucket;
  output.key = input.key;
  output.upload_id = input.upload_id;
  output.part_number_marker = marker;
  output.max_parts = max_parts;
  output.initiator = owner_of<api::Initiator>(bucket->owner);
  output.owner = owner_of<api::Owner>(bucket->owner);
  output.storage_class = upload->attributes.storage_class;
  if (upload->checksum.chosen) {
    output.checksum_algorithm = std::string(to_string(upload->checksum.algorithm));
    output.checksum_type = std::string(to_string(upload->checksum.type));
  }
  std::vector<api::Part> parts;
  bool truncated = false;
  const auto collect = [&](std::int32_t number, PartRecord record) {
    if (parts.size() == static_cast<std::size_t>(max_parts)) {
      truncated = max_parts > 0;
      return storage::Next::kStop;
    }
    api::Part& part = parts.emplace_back();
    part.part_number = number;
    part.last_modified = record.modified;
    part.e_tag = quoted(to_hex(record.md5));
    part.size = static_cast<std::int64_t>(record.bytes);
    if (upload->checksum.chosen || record.other_checksum) {
      set_checksum(part, record.other_checksum ? *record.other_checksum : record.checksum);
    }
    return storage::Next::kContinue;
  };
  const Status scanned = co_await run_blocking(service.deps.runtime, [&] {
    return service.objects.scan_parts(input.upload_id, marker, collect);
  });
  CO_TRY_VOID(scanned);
  output.is_truncated = truncated;
  output.next_part_number_marker = parts.empty() ? 0 : *parts.back().part_number;
  if (!parts.empty()) output.parts = std::move(parts);
  co_return output;
}

}  // namespace penstock::s3
