// Values are a version byte, the identity and the AWS shape as JSON: a catalog holds whatever users
// put into it, so its stored form follows the model by itself.
#include "services/glue/store.h"

#include <utility>

#include "base/bytes.h"
#include "gen/glue/model.h"
#include "protocol/json_codec.h"
#include "storage/key.h"

namespace penstock::glue {
namespace {

using storage::Batch;
using storage::Family;
using storage::Next;
using storage::Store;
using storage::ValueReader;
using storage::ValueWriter;

constexpr std::uint8_t kFormat = 1;

std::unexpected<Error> corrupt() { return fail(ErrorKind::kCorrupt, "a stored Glue object"); }

std::string json_of(const protocol::Shape& shape, const void* value) {
  std::string json;
  protocol::encode_json(shape, value, json);
  return json;
}

template <typename T>
std::string encode(std::string_view id, const T& value) {
  return ValueWriter(kFormat).text(id).raw(json_of(T::shape(), &value)).take();
}

Status decode_shape(const protocol::Shape& shape, std::string_view json, void* value) {
  protocol::Missing missing;
  const auto decoded =
      protocol::decode_json(kServiceInfo, shape, std::string(json), value, missing);
  if (!decoded || !missing.paths.empty()) return corrupt();
  return {};
}

template <typename T>
Status decode(std::string_view bytes, std::string* id, T& value) {
  ValueReader reader(bytes);
  if (reader.version() != kFormat) return corrupt();
  const std::string_view stored_id = reader.text();
  if (!reader.ok()) return corrupt();
  if (id != nullptr) *id = stored_id;
  return decode_shape(T::shape(), reader.raw(), &value);
}

Status decode(std::string_view bytes, StoredDatabase& out) {
  return decode(bytes, &out.id, out.database);
}
Status decode(std::string_view bytes, StoredTable& out) {
  return decode(bytes, &out.id, out.table);
}
Status decode(std::string_view bytes, api::Table& out) { return decode(bytes, nullptr, out); }
Status decode(std::string_view bytes, api::Partition& out) { return decode(bytes, nullptr, out); }
Status decode(std::string_view bytes, api::Classifier& out) { return decode(bytes, nullptr, out); }
Status decode(std::string_view bytes, api::Crawler& out) { return decode(bytes, nullptr, out); }

Status decode(std::string_view bytes, StoredCrawl& out) {
  ValueReader reader(bytes);
  if (reader.version() != kFormat) return corrupt();
  const Timestamp start{reader.i64()};
  out.tables_created = static_cast<std::uint32_t>(reader.u64());
  out.tables_updated = static_cast<std::uint32_t>(reader.u64());
  out.tables_deleted = static_cast<std::uint32_t>(reader.u64());
  if (!reader.ok()) return corrupt();
  TRY_VOID(decode_shape(api::CrawlerHistory::shape(), reader.raw(), &out.history));
  out.history.start_time = start;
  return {};
}

template <typename T>
Result<std::optional<T>> decode_found(const Result<std::optional<std::string>>& bytes) {
  if (!bytes) return std::unexpected(bytes.error());
  if (!*bytes) return std::optional<T>();
  T value;
  TRY_VOID(decode(**bytes, value));
  return std::optional<T>(std::move(value));
}

// One page of the entries below `prefix`. The token is the part of the last key behind the prefix.
template <typename T>
Result<Page<T>> scan_page(const Store& store, const std::string& prefix, const PageRequest& request,
                          const std::function<bool(const T&)>& accepts) {
  std::string begin = prefix;
  if (request.token) {
    const std::optional<std::string> suffix = base64_decode(*request.token);
    if (!suffix || suffix->empty()) return fail(ErrorKind::kInvalid, "Invalid NextToken.");
    begin += *suffix + '\0';
  }
  Page<T> page;
  std::string last;
  Status status;
  const Status scanned = store.scan(Family::kMeta, begin, storage::prefix_end(prefix),
                                    [&](std::string_view key, std::string_view bytes) {
                                      T value;
                                      status = decode(bytes, value);
                                      if (!status) return Next::kStop;
                                      if (accepts && !accepts(value)) return Next::kContinue;
                                      if (page.items.size() == request.items_max) {
                                        page.next_token = base64_encode(last.substr(prefix.size()));
                                        return Next::kStop;
                                      }
                                      page.items.push_back(std::move(value));
                                      last = key;
                                      return Next::kContinue;
                                    });
  TRY_VOID(scanned);
  TRY_VOID(status);
  return page;
}

void erase_prefix(Batch& batch, const std::string& prefix) {
  batch.erase_range(Family::kMeta, prefix, storage::prefix_end(prefix));
}

}  // namespace

Result<std::optional<std::string>> Catalog::read(const std::string& key, View view) const {
  return view == View::kLatest ? store_->latest(Family::kMeta, key)
                               : store_->get(Family::kMeta, key);
}

Result<std::optional<StoredDatabase>> Catalog::find_database(const std::string& name,
                                                             View view) const {
  return decode_found<StoredDatabase>(read(database_key(place_, to_lower(name)), view));
}
Result<std::optional<StoredTable>> Catalog::find_table(const StoredDatabase& database,
                                                       const std::string& name, View view) const {
  return decode_found<StoredTable>(read(table_key(database.id, to_lower(name)), view));
}
Result<std::optional<api::Table>> Catalog::find_version(const StoredTable& table,
                                                        std::uint64_t version) const {
  return decode_found<api::Table>(read(version_key(table.id, version), View::kDurable));
}
Result<std::optional<api::Partition>> Catalog::find_partition(
    const StoredTable& table, const std::vector<std::string>& values, View view) const {
  return decode_found<api::Partition>(read(partition_key(table.id, values), view));
}
Result<std::optional<api::Classifier>> Catalog::find_classifier(const std::string& name,
                                                                View view) const {
  return decode_found<api::Classifier>(read(classifier_key(place_, name), view));
}
Result<std::optional<api::Crawler>> Catalog::find_crawler(const std::string& name,
                                                          View view) const {
  return decode_found<api::Crawler>(read(crawler_key(place_, name), view));
}

Result<std::optional<Tags>> Catalog::find_tags(const std::string& arn, View view) const {
  TRY(const std::optional<std::string> bytes, read(tags_key(place_, arn), view));
  if (!bytes) return std::optional<Tags>();
  ValueReader reader(*bytes);
  if (reader.version() != kFormat) return corrupt();
  Tags tags;
  for (std::uint64_t count = reader.u64(); count > 0 && reader.ok(); --count) {
    std::string key(reader.text());
    tags[std::move(key)] = reader.text();
  }
  if (!reader.done()) return corrupt();
  return std::optional<Tags>(std::move(tags));
}

Result<Page<StoredDatabase>> Catalog::list_databases(PageRequest request) const {
  return scan_page<StoredDatabase>(*store_, databases_prefix(place_), request, {});
}
Result<Page<StoredTable>> Catalog::list_tables(
    const StoredDatabase& database, PageRequest request,
    const std::function<bool(const std::string&)>& accepts) const {
  return scan_page<StoredTable>(
      *store_, tables_prefix(database.id), request,
      [&accepts](const StoredTable& table) { return !accepts || accepts(table.table.name); });
}
Result<Page<api::Table>> Catalog::list_versions(const StoredTable& table,
                                                PageRequest request) const {
  return scan_page<api::Table>(*store_, versions_prefix(table.id), request, {});
}
Result<Page<api::Partition>> Catalog::list_partitions(
    const StoredTable& table, PageRequest request,
    const std::function<bool(const std::vector<std::string>&)>& accepts) const {
  return scan_page<api::Partition>(*store_, partitions_prefix(table.id), request,
                                   [&accepts](const api::Partition& partition) {
                                     return !accepts || accepts(partition.values.value());
                                   });
}
Result<Page<api::Classifier>> Catalog::list_classifiers(PageRequest request) const {
  return scan_page<api::Classifier>(*store_, classifiers_prefix(place_), request, {});
}
Result<Page<api::Crawler>> Catalog::list_crawlers(PageRequest request) const {
  return scan_page<api::Crawler>(*store_, crawlers_prefix(place_), request, {});
}
Result<Page<StoredCrawl>> Catalog::list_crawls(
    const std::string& crawler, PageRequest request,
    const std::function<bool(const StoredCrawl&)>& accepts) const {
  return scan_page<StoredCrawl>(*store_, crawls_prefix(place_, crawler), request, accepts);
}

void Catalog::put_database(Batch& batch, const StoredDatabase& database) const {
  batch.put(Family::kMeta, database_key(place_, database.database.name),
            encode(database.id, database.database));
}
void Catalog::erase_database(Batch& batch, const StoredDatabase& database) const {
  batch.erase(Family::kMeta, database_key(place_, database.database.name));
  erase_prefix(batch, tables_prefix(database.id));
}
void Catalog::put_table(Batch& batch, const StoredDatabase& database,
                        const StoredTable& table) const {
  batch.put(Family::kMeta, table_key(database.id, table.table.name), encode(table.id, table.table));
}
void Catalog::put_version(Batch& batch, const StoredTable& table, std::uint64_t version) const {
  batch.put(Family::kMeta, version_key(table.id, version), encode(table.id, table.table));
}
void Catalog::erase_table(Batch& batch, const StoredDatabase& database,
                          const StoredTable& table) const {
  batch.erase(Family::kMeta, table_key(database.id, table.table.name));
  erase_prefix(batch, versions_prefix(table.id));
  erase_prefix(batch, partitions_prefix(table.id));
}
void Catalog::put_partition(Batch& batch, const StoredTable& table,
                            const api::Partition& partition) const {
  batch.put(Family::kMeta, partition_key(table.id, partition.values.value()),
            encode("", partition));
}
void Catalog::erase_partition(Batch& batch, const StoredTable& table,
                              const std::vector<std::string>& values) const {
  batch.erase(Family::kMeta, partition_key(table.id, values));
}
void Catalog::put_classifier(Batch& batch, const std::string& name,
                             const api::Classifier& value) const {
  batch.put(Family::kMeta, classifier_key(place_, name), encode("", value));
}
void Catalog::erase_classifier(Batch& batch, const std::string& name) const {
  batch.erase(Family::kMeta, classifier_key(place_, name));
}
void Catalog::put_crawler(Batch& batch, const api::Crawler& crawler) const {
  batch.put(Family::kMeta, crawler_key(place_, crawler.name.value()), encode("", crawler));
}
void Catalog::erase_crawler(Batch& batch, const std::string& name) const {
  batch.erase(Family::kMeta, crawler_key(place_, name));
  erase_prefix(batch, crawls_prefix(place_, name));
}
void Catalog::put_crawl(Batch& batch, const std::string& crawler, const StoredCrawl& crawl) const {
  // Times are stored in full: the key is made from them again when the crawl is forgotten.
  ValueWriter value(kFormat);
  value.i64(crawl.history.start_time.value_or(Timestamp{}).micros);
  value.u64(crawl.tables_created).u64(crawl.tables_updated).u64(crawl.tables_deleted);
  value.raw(json_of(api::CrawlerHistory::shape(), &crawl.history));
  batch.put(Family::kMeta,
            crawl_key(place_, crawler, crawl.history.start_time.value_or(Timestamp{}),
                      crawl.history.crawl_id.value_or("")),
            value.take());
}
void Catalog::erase_crawl(Batch& batch, const std::string& crawler,
                          const StoredCrawl& crawl) const {
  batch.erase(Family::kMeta,
              crawl_key(place_, crawler, crawl.history.start_time.value_or(Timestamp{}),
                        crawl.history.crawl_id.value_or("")));
}
void Catalog::put_tags(Batch& batch, const std::string& arn, const Tags& tags) const {
  ValueWriter value(kFormat);
  value.u64(tags.size());
  for (const auto& [key, text] : tags) value.text(key).text(text);
  batch.put(Family::kMeta, tags_key(place_, arn), value.take());
}
void Catalog::erase_tags(Batch& batch, const std::string& arn) const {
  batch.erase(Family::kMeta, tags_key(place_, arn));
}

Result<std::vector<PlacedCrawler>> load_all_crawlers(const Store& store) {
  std::vector<PlacedCrawler> crawlers;
  Status status;
  const std::string prefix = all_crawlers_prefix();
  TRY_VOID(store.scan(Family::kMeta, prefix, storage::prefix_end(prefix),
                      [&](std::string_view key, std::string_view bytes) {
                        std::optional<Place> place = place_of_crawler(key);
                        PlacedCrawler& found = crawlers.emplace_back();
                        status = decode(bytes, found.crawler);
                        if (!place && status) status = corrupt();
                        if (!status) return Next::kStop;
                        found.place = std::move(*place);
                        return Next::kContinue;
                      }));
  TRY_VOID(status);
  return crawlers;
}

}  // namespace penstock::glue
