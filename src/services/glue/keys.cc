// Building the keys.
#include "services/glue/keys.h"

#include "storage/key.h"

namespace penstock::glue {
namespace {

using storage::KeyReader;
using storage::KeyWriter;

constexpr std::uint8_t kDatabase = 0x80, kTable = 0x81, kVersion = 0x82, kPartition = 0x83,
                       kClassifier = 0x84, kCrawler = 0x85, kCrawl = 0x86, kTags = 0x87;

KeyWriter in(std::uint8_t tag, const Place& place) {
  KeyWriter key(tag);
  key.text(place.account).text(place.region);
  return key;
}

}  // namespace

std::string database_key(const Place& place, std::string_view name) {
  return in(kDatabase, place).text(name).take();
}
std::string databases_prefix(const Place& place) { return in(kDatabase, place).take(); }

std::string table_key(std::string_view database_id, std::string_view name) {
  return KeyWriter(kTable).text(database_id).text(name).take();
}
std::string tables_prefix(std::string_view database_id) {
  return KeyWriter(kTable).text(database_id).take();
}

std::string version_key(std::string_view table_id, std::uint64_t version) {
  return KeyWriter(kVersion).text(table_id).u64_desc(version).take();
}
std::string versions_prefix(std::string_view table_id) {
  return KeyWriter(kVersion).text(table_id).take();
}

std::string partition_key(std::string_view table_id, const std::vector<std::string>& values) {
  KeyWriter key(kPartition);
  key.text(table_id);
  for (const std::string& value : values) key.text(value);
  return key.take();
}
std::string partitions_prefix(std::string_view table_id) {
  return KeyWriter(kPartition).text(table_id).take();
}

std::string classifier_key(const Place& place, std::string_view name) {
  return in(kClassifier, place).text(name).take();
}
std::string classifiers_prefix(const Place& place) { return in(kClassifier, place).take(); }

std::string crawler_key(const Place& place, std::string_view name) {
  return in(kCrawler, place).text(name).take();
}
std::string crawlers_prefix(const Place& place) { return in(kCrawler, place).take(); }
std::string all_crawlers_prefix() { return KeyWriter(kCrawler).take(); }

std::string crawl_key(const Place& place, std::string_view crawler, Timestamp start,
                      std::string_view id) {
  return in(kCrawl, place)
      .text(crawler)
      .u64_desc(static_cast<std::uint64_t>(start.micros))
      .text(id)
      .take();
}
std::string crawls_prefix(const Place& place, std::string_view crawler) {
  return in(kCrawl, place).text(crawler).take();
}

std::string tags_key(const Place& place, std::string_view arn) {
  return in(kTags, place).text(arn).take();
}

std::optional<Place> place_of_crawler(std::string_view key) {
  KeyReader reader(key);
  if (!reader.tag(kCrawler)) return std::nullopt;
  auto account = reader.text();
  auto region = reader.text();
  if (!account || !region) return std::nullopt;
  return Place{std::move(*account), std::move(*region)};
}

}  // namespace penstock::glue
