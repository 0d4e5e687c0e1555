// ListObjects (1 and 2) and ListObjectVersions: three faces of one page.
#include <algorithm>

#include "base/limits.h"
#include "services/s3/attributes.h"
#include "services/s3/errors.h"
#include "services/s3/listing.h"
#include "services/s3/operations.h"
#include "services/s3/resolve.h"
#include "services/s3/s3.h"

namespace penstock::s3 {
namespace {

using protocol::ApiResult;
using protocol::Reply;

struct ListedObject {
  std::string key;
  ObjectSummary summary;
};

struct Page {
  std::vector<ListedObject> objects;
  std::vector<std::string> common_prefixes;
  bool truncated = false;
  std::string last_entry;
};

// Blocks.
Result<Page> read_page(const ObjectStore& objects, std::uint64_t bucket, ListQuery query) {
  ListPlan plan(std::move(query));
  Page page;
  while (plan.next_seek()) {
    const std::string from = *plan.next_seek();
    bool ended = true;
    Status failure;
    TRY_VOID(objects.scan_objects(bucket, from, [&](std::string key, std::string_view record) {
      if (plan.offer(key) != ListPlan::Step::kTake) {
        ended = false;
        return storage::Next::kStop;
      }
      auto summary = decode_object_summary(record);
      if (!summary) {
        failure = std::unexpected(std::move(summary).error());
        return storage::Next::kStop;
      }
      page.objects.push_back({std::move(key), *std::move(summary)});
      return storage::Next::kContinue;
    }));
    TRY_VOID(std::move(failure));
    if (ended) plan.no_more_keys();
  }
  page.common_prefixes = plan.common_prefixes();
  page.truncated = plan.truncated();
  page.last_entry = plan.last_entry();
  return page;
}

Task<Result<Page>> page_of(Service& service, BucketRef bucket, ListQuery query) {
  return run_blocking(service.deps.runtime,
                      [&objects = service.objects, bucket = std::move(bucket),
                       query = std::move(query)] { return read_page(objects, bucket->id, query); });
}

// How names are shown: as they are, or URL-encoded when the client asked for that.
class Shown {
 public:
  static ApiResult<Shown> from(const std::optional<std::string>& encoding_type) {
    if (encoding_type && *encoding_type != "url") {
      return std::unexpected(invalid_argument("Invalid Encoding Method specified in Request",
                                              "encoding-type", *encoding_type));
    }
    return Shown(encoding_type.has_value());
  }
  std::string operator()(const std::string& name) const {
    return url_ ? url_encode_listed(name) : name;
  }
  std::optional<std::string> operator()(const std::optional<std::string>& name) const {
    if (!name) return std::nullopt;
    return (*this)(*name);
  }

 private:
  explicit Shown(bool url) : url_(url) {}
  bool url_;
};

ApiResult<std::int32_t> checked_max_keys(const std::optional<std::int32_t>& max_keys) {
  if (max_keys && *max_keys < 0) {
    return std::unexpected(
        invalid_argument("Argument maxKeys must be an integer between 0 and 2147483647", "maxKeys",
                         std::to_string(*max_keys)));
  }
  return std::min(max_keys.value_or(limits::kS3PageMax), limits::kS3PageMax);
}

template <typename Entry>
void fill(Entry& entry, const ListedObject& object, const Shown& shown) {
  const ObjectSummary& summary = object.summary;
  entry.key = shown(object.key);
  entry.last_modified = summary.modified;
  entry.e_tag = quoted(summary.etag);
  entry.checksum_algorithm = {std::string(to_string(summary.checksum.algorithm))};
  entry.checksum_type = std::string(to_string(summary.checksum.type));
  entry.size = static_cast<std::int64_t>(summary.bytes);
  entry.storage_class = summary.storage_class;
}

// What all three answers have in common.
template <typename Output, typename Input>
void fill_frame(Output& output, const Input& input, const Page& page, std::int32_t max_keys,
                const Shown& shown) {
  output.name = input.bucket;
  output.prefix = shown(input.prefix.value_or(""));
  output.delimiter = shown(input.delimiter);
  output.max_keys = max_keys;
  output.encoding_type = input.encoding_type;
  output.is_truncated = page.truncated;
  if (page.common_prefixes.empty()) return;
  auto& prefixes = output.common_prefixes.emplace();
  for (const std::string& prefix : page.common_prefixes)
    prefixes.emplace_back().prefix = shown(prefix);
}

template <typename Input>
ListQuery query_of(const Input& input, std::string after, std::int32_t max_keys) {
  return {input.prefix.value_or(""), input.delimiter.value_or(""), std::move(after),
          static_cast<std::size_t>(max_keys)};
}

}  // namespace

Reply<api::ListObjectsOutput> list_objects(Service& service, const protocol::Context& context,
                                           api::ListObjectsRequest input) {
  CO_TRY(BucketRef bucket,
         find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  CO_TRY(const Shown shown, Shown::from(input.encoding_type));
  CO_TRY(const std::int32_t max_keys, checked_max_keys(input.max_keys));
  CO_TRY(Page page,
         co_await page_of(service, bucket, query_of(input, input.marker.value_or(""), max_keys)));
  api::ListObjectsOutput output;
  fill_frame(output, input, page, max_keys, shown);
  output.marker = shown(input.marker.value_or(""));
  // Without a delimiter the client goes on from the last key it saw.
  if (page.truncated && input.delimiter) output.next_marker = shown(page.last_entry);
  if (!page.objects.empty()) output.contents.emplace();
  for (const ListedObject& object : page.objects) {
    api::Object& entry = output.contents->emplace_back();
    fill(entry, object, shown);
    entry.owner = owner_of<api::Owner>(bucket->owner);
  }
  co_return output;
}

Reply<api::ListObjectsV2Output> list_objects_v2(Service& service, const protocol::Context& context,
                                                api::ListObjectsV2Request input) {
  CO_TRY(BucketRef bucket,
         find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  CO_TRY(const Shown shown, Shown::from(input.encoding_type));
  CO_TRY(const std::int32_t max_keys, checked_max_keys(input.max_keys));
  std::string after = input.start_after.value_or("");
  if (input.continuation_token) {
    std::optional<std::string> last = open_token(bucket->name, *input.continuation_token);
    if (!last) {
      co_return std::unexpected(invalid_argument("The continuation token provided is incorrect",
                                                 "continuation-token", *input.continuation_token));
    }
    after = *std::move(last);
  }
  CO_TRY(Page page, co_await page_of(service, bucket, query_of(input, std::move(after), max_keys)));
  api::ListObjectsV2Output output;
  fill_frame(output, input, page, max_keys, shown);
  output.key_count = static_cast<std::int32_t>(page.objects.size() + page.common_prefixes.size());
  output.continuation_token = input.continuation_token;
  output.start_after = shown(input.start_after);
  if (page.truncated) output.next_continuation_token = make_token(bucket->name, page.last_entry);
  if (!page.objects.empty()) output.contents.emplace();
  for (const ListedObject& object : page.objects) {
    api::Object& entry = output.contents->emplace_back();
    fill(entry, object, shown);
    if (input.fetch_owner.value_or(false)) entry.owner = owner_of<api::Owner>(bucket->owner);
  }
  co_return output;
}

Reply<api::ListObjectVersionsOutput> list_object_versions(Service& service,
                                                          const protocol::Context& context,
                                                          api::ListObjectVersionsRequest input) {
  CO_TRY(BucketRef bucket,
         find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  CO_TRY(const Shown shown, Shown::from(input.encoding_type));
  CO_TRY(const std::int32_t max_keys, checked_max_keys(input.max_keys));
  const bool has_key_marker = input.key_marker && !input.key_marker->empty();
  if (input.version_id_marker && !input.version_id_marker->empty() && !has_key_marker) {
    co_return std::unexpected(
        invalid_argument("A version-id marker cannot be specified without a key marker.",
                         "version-id-marker", *input.version_id_marker));
  }
  // Each key has the one version "null", so a version marker adds nothing to the key marker.
  CO_TRY(Page page, co_await page_of(service, bucket,
                                     query_of(input, input.key_marker.value_or(""), max_keys)));
  api::ListObjectVersionsOutput output;
  fill_frame(output, input, page, max_keys, shown);
  output.key_marker = shown(input.key_marker.value_or(""));
  output.version_id_marker = input.version_id_marker.value_or("");
  if (page.truncated) {
    output.next_key_marker = shown(page.last_entry);
    const bool last_is_key = !page.objects.empty() && page.objects.back().key == page.last_entry;
    if (last_is_key) output.next_version_id_marker = "null";
  }
  if (!page.objects.empty()) output.versions.emplace();
  for (const ListedObject& object : page.objects) {
    api::ObjectVersion& entry = output.versions->emplace_back();
    fill(entry, object, shown);
    entry.version_id = "null";
    entry.is_latest = true;
    entry.owner = owner_of<api::Owner>(bucket->owner);
  }
  co_return output;
}

}  // namespace penstock::s3
