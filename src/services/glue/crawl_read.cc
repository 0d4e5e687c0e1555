// Listing in pages and reading the first part of each object, one after the other: a crawl is a
// background affair and leaves S3 to those who wait for it.
#include "services/glue/crawl_read.h"

#include <fmt/core.h>

#include <algorithm>

#include "async/executor.h"
#include "base/limits.h"
#include "services/glue/parquet_schema.h"
#include "services/glue/pattern.h"

namespace penstock::glue {
namespace {

using protocol::ApiResult;
using protocol::Reply;

// One page; appends what is data and not excluded. Returns the token of the next page.
Reply<std::optional<std::string>> list_page(CrawlReader& reader, std::string bucket,
                                            std::string prefix, std::optional<std::string> token,
                                            std::vector<ListedObject>& objects) {
  s3::api::ListObjectsV2Request request;
  request.bucket = std::move(bucket);
  request.prefix = std::move(prefix);
  request.continuation_token = std::move(token);
  CO_TRY(s3::api::ListObjectsV2Output page,
         co_await reader.s3.list_objects_v2(reader.context, std::move(request)));
  if (page.contents) {
    for (s3::api::Object& object : *page.contents) {
      const auto size =
          static_cast<std::uint64_t>(std::max<std::int64_t>(0, object.size.value_or(0)));
      objects.push_back({std::move(object.key).value_or(""), size});
    }
  }
  std::optional<std::string> next;
  if (page.is_truncated.value_or(false)) next = std::move(page.next_continuation_token);
  co_return next;
}

Reply<void> list_prefix(CrawlReader& reader, std::string bucket, std::string prefix,
                        std::vector<ListedObject>& objects) {
  std::optional<std::string> token;
  do {
    if (reader.run->stop_requested) break;
    CO_TRY(token, co_await list_page(reader, bucket, prefix, token, objects));
    if (objects.size() > limits::kGlueCrawlObjects) {
      co_return protocol::refuse("InvalidInputException",
                                 fmt::format("More than {} objects below s3://{}/{}.",
                                             limits::kGlueCrawlObjects, bucket, prefix));
    }
  } while (token);
  co_return ApiResult<void>();
}

// Bytes [first, first + length) of an object; fewer when it ends before. nullopt when it is gone.
Reply<std::optional<std::string>> read_range(CrawlReader& reader, std::string bucket,
                                             std::string key, std::uint64_t first,
                                             std::uint64_t length) {
  s3::api::GetObjectRequest request;
  request.bucket = std::move(bucket);
  request.key = std::move(key);
  request.range = fmt::format("bytes={}-{}", first, first + length - 1);
  auto object = co_await reader.s3.get_object(reader.context, std::move(request));
  if (!object) {
    if (object.error().code == "NoSuchKey" || object.error().status == 416) {
      co_return std::optional<std::string>();
    }
    co_return std::unexpected(std::move(object).error());
  }
  CO_TRY(std::string bytes, co_await object->body.collect(length + 1));
  co_return std::optional<std::string>(std::move(bytes));
}

Reply<std::optional<Classified>> classify_footer(CrawlReader& reader, std::string bucket,
                                                 ListedObject object) {
  Classified unknown;
  unknown.note = "not a Parquet file after all";
  if (object.size < 3 * kParquetTailBytes) co_return unknown;
  CO_TRY(const auto tail, co_await read_range(reader, bucket, object.key,
                                              object.size - kParquetTailBytes, kParquetTailBytes));
  if (!tail) co_return std::optional<Classified>();
  const std::optional<std::uint32_t> length = parquet_footer_length(*tail);
  if (!length || *length + kParquetTailBytes > object.size || *length > limits::kGlueFooterBytes ||
      *length == 0) {
    co_return unknown;
  }
  CO_TRY(const auto footer,
         co_await read_range(reader, bucket, object.key, object.size - kParquetTailBytes - *length,
                             *length));
  if (!footer) co_return std::optional<Classified>();
  co_return std::optional<Classified>(classify_parquet(*footer));
}

Reply<std::optional<Classified>> classify_object(CrawlReader& reader, std::string bucket,
                                                 ListedObject object) {
  const std::uint64_t length = std::min<std::uint64_t>(object.size, limits::kGlueSampleBytes);
  CO_TRY(const auto head, co_await read_range(reader, bucket, object.key, 0, length));
  if (!head) co_return std::optional<Classified>();
  if (needs_footer(*head)) co_return co_await classify_footer(reader, std::move(bucket), object);
  const std::vector<CustomClassifier>& classifiers = reader.classifiers;
  Classified result = co_await run_blocking(
      reader.runtime, [&] { return classify(*head, object.size, classifiers); });
  co_return std::optional<Classified>(std::move(result));
}

// Records of the whole object: those of the sample, and as many per byte in the rest.
std::uint64_t records_of(const Classified& classified, std::uint64_t size) {
  const FileSchema& schema = classified.schema;
  if (schema.exact_records || schema.records == 0 || classified.inflated == 0)
    return schema.records;
  const double share =
      static_cast<double>(schema.record_bytes) / static_cast<double>(classified.inflated);
  const double covered = static_cast<double>(classified.sampled) * share;
  if (covered <= 0 || covered >= static_cast<double>(size)) return schema.records;
  // Blanks behind the last record are no reason to estimate.
  if (classified.sampled >= size && share > 0.99) return schema.records;
  return static_cast<std::uint64_t>(static_cast<double>(schema.records) *
                                    static_cast<double>(size) / covered);
}

std::string_view folder_of(std::string_view key) {
  const std::size_t slash = key.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : key.substr(0, slash + 1);
}

}  // namespace

Reply<Listing> list_target(CrawlReader& reader, S3Location location,
                           std::vector<std::string> exclusions) {
  Listing listing;
  std::vector<ListedObject> found;
  listing.include = location.prefix.empty() ? "" : location.prefix + "/";
  CO_TRY_VOID(co_await list_prefix(reader, location.bucket, listing.include, found));
  if (found.empty() && !location.prefix.empty()) {
    // The path may be that of one object; it is then the first key with this prefix.
    std::vector<ListedObject> first_page;
    CO_TRY(const auto more,
           co_await list_page(reader, location.bucket, location.prefix, {}, first_page));
    static_cast<void>(more);
    if (!first_page.empty() && first_page[0].key == location.prefix) {
      listing.include = location.prefix;
      listing.is_object = true;
      found.push_back(std::move(first_page[0]));
    }
  }
  std::vector<Pattern> patterns;
  for (const std::string& exclusion : exclusions) {
    Result<Pattern> pattern = Pattern::glob(exclusion);
    if (!pattern) co_return std::unexpected(pattern.error());
    patterns.push_back(std::move(*pattern));
  }
  for (ListedObject& object : found) {
    if (!is_data_object(object.key, object.size)) continue;
    const std::string_view relative =
        listing.is_object ? std::string_view(object.key)
                          : std::string_view(object.key).substr(listing.include.size());
    const bool excluded = std::ranges::any_of(
        patterns, [relative](const Pattern& pattern) { return pattern.matches(relative); });
    if (!excluded) listing.objects.push_back(std::move(object));
  }
  co_return listing;
}

Reply<std::vector<FoundObject>> classify_objects(CrawlReader& reader, std::string bucket,
                                                 std::vector<ListedObject> objects,
                                                 std::optional<std::int32_t> sample_size) {
  std::vector<FoundObject> found;
  found.reserve(objects.size());
  std::string folder;
  std::int32_t sampled = 0;
  for (ListedObject& object : objects) {
    if (reader.run->stop_requested) break;
    if (folder_of(object.key) != folder) {
      folder = folder_of(object.key);
      sampled = 0;
    }
    FoundObject entry{object.key, object.size, std::nullopt, 0};
    if (!sample_size || sampled < *sample_size) {
      ++sampled;
      CO_TRY(auto classified, co_await classify_object(reader, bucket, object));
      if (!classified) continue;
      if (!classified->note.empty() && reader.notes.size() < limits::kGlueCrawlNotes) {
        reader.notes.push_back(
            fmt::format("WARN : s3://{}/{}: {}", bucket, object.key, classified->note));
      }
      entry.records = records_of(*classified, object.size);
      entry.schema = std::move(classified->schema);
    }
    found.push_back(std::move(entry));
  }
  co_return found;
}

}  // namespace penstock::glue
