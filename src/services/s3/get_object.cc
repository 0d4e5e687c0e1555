// GetObject and HeadObject: conditions, then what part of the object is meant, then its headers.
#include <algorithm>

#include "base/limits.h"
#include "services/s3/attributes.h"
#include "services/s3/content.h"
#include "services/s3/errors.h"
#include "services/s3/operations.h"
#include "services/s3/range.h"
#include "services/s3/refusals.h"
#include "services/s3/resolve.h"
#include "services/s3/s3.h"

namespace penstock::s3 {
namespace {

using protocol::ApiResult;
using protocol::Reply;

struct Wanted {
  ByteRange range;
  bool partial = false;  // Answered with 206 and Content-Range.
  const PartSummary* part = nullptr;
};

ApiResult<Wanted> wanted_part(const ObjectRecord& record, std::int32_t number) {
  if (number < 1 || number > limits::kS3PartNumberMax) {
    return std::unexpected(invalid_part_number());
  }
  const std::uint64_t bytes = record.summary.bytes;
  if (record.parts.empty()) {
    if (number != 1) return std::unexpected(invalid_part_number_requested(1, number));
    return Wanted{{0, bytes}, bytes > 0, nullptr};
  }
  std::uint64_t first = 0;
  for (const PartSummary& part : record.parts) {
    if (part.number == number) return Wanted{{first, part.bytes}, part.bytes > 0, &part};
    first += part.bytes;
  }
  return std::unexpected(
      invalid_part_number_requested(static_cast<std::int64_t>(record.parts.size()), number));
}

template <typename Input>
ApiResult<Wanted> wanted_of(const Input& input, const ObjectRecord& record) {
  if (input.part_number) {
    if (input.range) {
      return std::unexpected(
          invalid_request("Cannot specify both Range header and partNumber query parameter"));
    }
    return wanted_part(record, *input.part_number);
  }
  const std::uint64_t bytes = record.summary.bytes;
  if (!input.range) return Wanted{{0, bytes}};
  const RangeDecision decision = decide_range(*input.range, bytes);
  switch (decision.verdict) {
    case RangeVerdict::kWhole: return Wanted{{0, bytes}};
    case RangeVerdict::kPart: return Wanted{decision.range, true};
    case RangeVerdict::kUnsatisfiable: return std::unexpected(invalid_range(bytes, *input.range));
  }
  return Wanted{{0, bytes}};
}

void set_if(std::optional<std::string>& field, const std::string& kept) {
  if (!kept.empty()) field = kept;
}

// The kept headers, and what the query asks to be sent instead.
template <typename Output, typename Input>
void set_content_headers(Output& out, const Input& in, const ContentHeaders& kept) {
  set_if(out.cache_control, kept.cache_control);
  set_if(out.content_disposition, kept.content_disposition);
  set_if(out.content_encoding, kept.content_encoding);
  set_if(out.content_language, kept.content_language);
  set_if(out.expires, kept.expires);
  set_if(out.website_redirect_location, kept.website_redirect_location);
  out.content_type = kept.content_type.empty() ? "binary/octet-stream" : kept.content_type;
  if (in.response_cache_control) out.cache_control = in.response_cache_control;
  if (in.response_content_disposition) out.content_disposition = in.response_content_disposition;
  if (in.response_content_encoding) out.content_encoding = in.response_content_encoding;
  if (in.response_content_language) out.content_language = in.response_content_language;
  if (in.response_content_type) out.content_type = in.response_content_type;
  if (in.response_expires) out.expires = format_http_date(*in.response_expires);
}

template <typename Output, typename Input>
Output headers_of(const Input& input, const ObjectRecord& record, const Wanted& wanted) {
  Output out;
  const ObjectSummary& summary = record.summary;
  out.accept_ranges = "bytes";
  out.last_modified = summary.modified;
  out.content_length = static_cast<std::int64_t>(wanted.range.bytes);
  out.e_tag = quoted(summary.etag);
  out.server_side_encryption = kEncryption;
  set_content_headers(out, input, record.headers);
  if (wanted.partial) out.content_range = content_range(wanted.range, summary.bytes);
  if (summary.storage_class != "STANDARD") out.storage_class = summary.storage_class;
  if (!record.metadata.empty()) {
    auto& metadata = out.metadata.emplace();
    for (const auto& [name, value] : record.metadata) metadata[name] = value;
  }
  if (!record.tags.empty()) out.tag_count = static_cast<std::int32_t>(record.tags.size());
  if (input.part_number && !record.parts.empty()) {
    out.parts_count = static_cast<std::int32_t>(record.parts.size());
  }
  const bool whole = !wanted.partial || wanted.range.bytes == summary.bytes;
  if (input.checksum_mode && *input.checksum_mode == "ENABLED") {
    if (wanted.part != nullptr && !wanted.part->checksum_raw.empty()) {
      set_checksum(out, summary.checksum.algorithm, base64_encode(wanted.part->checksum_raw));
      out.checksum_type = std::string(to_string(summary.checksum.type));
    } else if (whole && (!input.range || !wanted.partial)) {
      set_checksum(out, summary.checksum);
    }
  }
  return out;
}

}  // namespace

Reply<api::GetObjectOutput> get_object(Service& service, const protocol::Context& context,
                                       api::GetObjectRequest input) {
  CO_TRY(const BucketRef bucket,
         find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  CO_TRY_VOID(check_key(input.key));
  CO_TRY_VOID(refuse_unsupported(input));
  CO_TRY_VOID(check_version(input.version_id, input.key));
  CO_TRY(std::optional<OpenObject> object, open_object(service, bucket->id, input.key, true));
  if (!object) co_return std::unexpected(no_such_key(input.key));
  CO_TRY_VOID(check_read(read_conditions_of(input), validators_of(object->record.summary)));
  CO_TRY(const Wanted wanted, wanted_of(input, object->record));
  auto output = headers_of<api::GetObjectOutput>(input, object->record, wanted);
  CO_TRY(output.body, co_await content_of(service, *std::move(object), wanted.range));
  co_return output;
}

Reply<api::HeadObjectOutput> head_object(Service& service, const protocol::Context& context,
                                         api::HeadObjectRequest input) {
  CO_TRY(const BucketRef bucket,
         find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  CO_TRY_VOID(check_key(input.key));
  CO_TRY_VOID(refuse_unsupported(input));
  CO_TRY_VOID(check_version(input.version_id, input.key));
  CO_TRY(const std::optional<OpenObject> object,
         open_object(service, bucket->id, input.key, false));
  if (!object) co_return std::unexpected(no_such_key(input.key));
  CO_TRY_VOID(check_read(read_conditions_of(input), validators_of(object->record.summary)));
  CO_TRY(const Wanted wanted, wanted_of(input, object->record));
  co_return headers_of<api::HeadObjectOutput>(input, object->record, wanted);
}

}  // namespace penstock::s3
