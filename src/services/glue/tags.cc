// TagResource, UntagResource, GetTags: for databases, tables and crawlers.
#include "base/bytes.h"
#include "services/glue/operations.h"
#include "services/glue/resolve.h"

namespace penstock::glue {
namespace {

using protocol::ApiResult;

constexpr std::size_t kTagsMax = 50;

// The resource of an ARN must exist. Returns the ARN as tags are kept under it.
ApiResult<std::string> require_resource(const Catalog& catalog, const std::string& arn, View view) {
  const Place& place = catalog.place();
  const std::string prefix = "arn:aws:glue:" + place.region + ":" + place.account + ":";
  if (!arn.starts_with(prefix)) {
    return std::unexpected(not_found("Resource " + arn + " not found."));
  }
  const std::string resource = arn.substr(prefix.size());
  const std::size_t slash = resource.find('/');
  const std::string kind = resource.substr(0, slash);
  const std::string name = slash == std::string::npos ? "" : resource.substr(slash + 1);
  if (kind == "database") {
    TRY(const StoredDatabase database, require_database(catalog, name, view));
    return database_arn(place, database.database.name);
  }
  if (kind == "table") {
    const std::size_t between = name.find('/');
    if (between == std::string::npos) return std::unexpected(table_not_found(name));
    TRY(const TableInDatabase found,
        require_table(catalog, name.substr(0, between), name.substr(between + 1), view));
    return table_arn(place, found.database.database.name, found.table.table.name);
  }
  if (kind == "crawler") {
    TRY(const auto crawler, catalog.find_crawler(name, view));
    if (!crawler) return std::unexpected(crawler_not_found(name));
    return arn;
  }
  return std::unexpected(unsupported("Tagging a resource of type " + kind));
}

}  // namespace

protocol::Reply<api::TagResourceResponse> tag_resource(Service& service,
                                                       const protocol::Context& context,
                                                       api::TagResourceRequest input) {
  const Catalog catalog = service.catalog(context);
  auto turn = co_await service.enter(catalog.place());
  CO_TRY(const std::string arn, require_resource(catalog, input.resource_arn, View::kLatest));
  CO_TRY(auto stored, catalog.find_tags(arn, View::kLatest));
  Tags tags = std::move(stored).value_or(Tags());
  for (auto& [key, value] : input.tags_to_add) tags[key] = std::move(value);
  if (tags.size() > kTagsMax) {
    co_return std::unexpected(invalid_input("A resource can have at most 50 tags."));
  }
  storage::Batch batch;
  catalog.put_tags(batch, arn, tags);
  const storage::Commit commit = service.deps.store.submit(std::move(batch));
  turn.leave();
  CO_TRY_VOID(co_await commit.durable());
  co_return api::TagResourceResponse{};
}

protocol::Reply<api::UntagResourceResponse> untag_resource(Service& service,
                                                           const protocol::Context& context,
                                                           api::UntagResourceRequest input) {
  const Catalog catalog = service.catalog(context);
  auto turn = co_await service.enter(catalog.place());
  CO_TRY(const std::string arn, require_resource(catalog, input.resource_arn, View::kLatest));
  CO_TRY(auto stored, catalog.find_tags(arn, View::kLatest));
  Tags tags = std::move(stored).value_or(Tags());
  for (const std::string& key : input.tags_to_remove) tags.erase(key);
  storage::Batch batch;
  catalog.put_tags(batch, arn, tags);
  const storage::Commit commit = service.deps.store.submit(std::move(batch));
  turn.leave();
  CO_TRY_VOID(co_await commit.durable());
  co_return api::UntagResourceResponse{};
}

protocol::Reply<api::GetTagsResponse> get_tags(Service& service, const protocol::Context& context,
                                               api::GetTagsRequest input) {
  const Catalog catalog = service.catalog(context);
  CO_TRY(const std::string arn, require_resource(catalog, input.resource_arn, View::kDurable));
  CO_TRY(auto stored, catalog.find_tags(arn, View::kDurable));
  api::GetTagsResponse response;
  response.tags = std::move(stored).value_or(Tags());
  co_return response;
}

}  // namespace penstock::glue
