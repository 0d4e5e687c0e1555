// The rules for crawlers that the model cannot say.
#include "services/glue/crawler.h"

#include <fmt/core.h>

#include "protocol/arn.h"
#include "services/glue/crawler_configuration.h"
#include "services/glue/cron.h"
#include "services/glue/errors.h"
#include "services/glue/pattern.h"
#include "services/glue/resolve.h"

namespace penstock::glue {
namespace {

using protocol::ApiResult;

constexpr int kSampleSizeMax = 249;

template <typename List>
bool has_items(const std::optional<List>& list) {
  return list && !list->empty();
}

ApiResult<void> check_s3_target(const api::S3Target& target) {
  TRY_VOID(refuse_if(target.connection_name, "S3Target.ConnectionName"));
  TRY_VOID(refuse_if(target.event_queue_arn, "S3Target.EventQueueArn"));
  TRY_VOID(refuse_if(target.dlq_event_queue_arn, "S3Target.DlqEventQueueArn"));
  if (!target.path || !parse_s3_path(*target.path)) {
    return std::unexpected(invalid_input("S3 target path must not be null or empty."));
  }
  if (target.sample_size && (*target.sample_size < 1 || *target.sample_size > kSampleSizeMax)) {
    return std::unexpected(invalid_input("SampleSize must be between 1 and 249."));
  }
  for (const std::string& exclusion : target.exclusions.value_or(std::vector<std::string>())) {
    const Result<Pattern> pattern = Pattern::glob(exclusion);
    if (!pattern) {
      return std::unexpected(invalid_input(
          fmt::format("Invalid exclude pattern '{}': {}.", exclusion, pattern.error().message)));
    }
  }
  return {};
}

ApiResult<void> check_targets(const api::CrawlerTargets& targets) {
  if (has_items(targets.jdbc_targets)) return std::unexpected(unsupported("JdbcTargets"));
  if (has_items(targets.mongo_db_targets)) return std::unexpected(unsupported("MongoDBTargets"));
  if (has_items(targets.dynamo_db_targets)) return std::unexpected(unsupported("DynamoDBTargets"));
  if (has_items(targets.delta_targets)) return std::unexpected(unsupported("DeltaTargets"));
  if (has_items(targets.iceberg_targets)) return std::unexpected(unsupported("IcebergTargets"));
  if (has_items(targets.hudi_targets)) return std::unexpected(unsupported("HudiTargets"));
  const bool s3 = has_items(targets.s3_targets), catalog = has_items(targets.catalog_targets);
  if (!s3 && !catalog) return std::unexpected(invalid_input("Crawler targets must not be empty."));
  if (s3 && catalog) {
    return std::unexpected(invalid_input("Catalog targets cannot be combined with other targets."));
  }
  if (s3) {
    for (const api::S3Target& target : *targets.s3_targets) TRY_VOID(check_s3_target(target));
    return {};
  }
  for (const api::CatalogTarget& target : *targets.catalog_targets) {
    TRY_VOID(refuse_if(target.connection_name, "CatalogTarget.ConnectionName"));
    TRY_VOID(refuse_if(target.event_queue_arn, "CatalogTarget.EventQueueArn"));
    TRY_VOID(refuse_if(target.dlq_event_queue_arn, "CatalogTarget.DlqEventQueueArn"));
  }
  return {};
}

ApiResult<void> check_policies(const api::Crawler& crawler) {
  const std::string& recrawl = *crawler.recrawl_policy->recrawl_behavior;
  if (recrawl == "CRAWL_EVENT_MODE") return std::unexpected(unsupported("CRAWL_EVENT_MODE"));
  const api::SchemaChangePolicy& policy = *crawler.schema_change_policy;
  if (recrawl == "CRAWL_NEW_FOLDERS_ONLY" &&
      (policy.update_behavior != "LOG" || policy.delete_behavior != "LOG")) {
    return std::unexpected(invalid_input(
        "The SchemaChangePolicy for a CRAWL_NEW_FOLDERS_ONLY crawler can only be LOG."));
  }
  if (has_items(crawler.targets->catalog_targets) && policy.delete_behavior != "LOG") {
    return std::unexpected(invalid_input(
        "The SchemaChangePolicy for Catalog target can only be set with DeleteBehavior LOG."));
  }
  if (crawler.lineage_configuration->crawler_lineage_settings == "ENABLE") {
    return std::unexpected(unsupported("LineageConfiguration ENABLE"));
  }
  const auto& lake_formation = crawler.lake_formation_configuration;
  if (lake_formation && lake_formation->use_lake_formation_credentials.value_or(false)) {
    return std::unexpected(unsupported("LakeFormationConfiguration"));
  }
  const auto& security = crawler.crawler_security_configuration;
  if (security && !security->empty())
    return std::unexpected(unsupported("CrawlerSecurityConfiguration"));
  return {};
}

}  // namespace

void complete_crawler(api::Crawler& crawler) {
  if (!crawler.targets) crawler.targets.emplace();
  api::CrawlerTargets& targets = *crawler.targets;
  if (!targets.s3_targets) targets.s3_targets.emplace();
  if (!targets.jdbc_targets) targets.jdbc_targets.emplace();
  if (!targets.mongo_db_targets) targets.mongo_db_targets.emplace();
  if (!targets.dynamo_db_targets) targets.dynamo_db_targets.emplace();
  if (!targets.catalog_targets) targets.catalog_targets.emplace();
  if (!targets.delta_targets) targets.delta_targets.emplace();
  if (!targets.iceberg_targets) targets.iceberg_targets.emplace();
  if (!targets.hudi_targets) targets.hudi_targets.emplace();
  for (api::S3Target& target : *targets.s3_targets) {
    if (!target.exclusions) target.exclusions.emplace();
  }
  if (!crawler.classifiers) crawler.classifiers.emplace();
  if (!crawler.recrawl_policy) crawler.recrawl_policy.emplace();
  if (!crawler.recrawl_policy->recrawl_behavior) {
    crawler.recrawl_policy->recrawl_behavior = "CRAWL_EVERYTHING";
  }
  if (!crawler.schema_change_policy) crawler.schema_change_policy.emplace();
  api::SchemaChangePolicy& policy = *crawler.schema_change_policy;
  if (!policy.update_behavior) policy.update_behavior = "UPDATE_IN_DATABASE";
  if (!policy.delete_behavior) policy.delete_behavior = "DEPRECATE_IN_DATABASE";
  if (!crawler.lineage_configuration) crawler.lineage_configuration.emplace();
  if (!crawler.lineage_configuration->crawler_lineage_settings) {
    crawler.lineage_configuration->crawler_lineage_settings = "DISABLE";
  }
  if (!crawler.lake_formation_configuration) {
    crawler.lake_formation_configuration.emplace().use_lake_formation_credentials = false;
    crawler.lake_formation_configuration->account_id = "";
  }
}

ApiResult<void> check_crawler(const api::Crawler& crawler) {
  TRY_VOID(check_targets(*crawler.targets));
  TRY_VOID(check_policies(crawler));
  TRY_VOID(checked(parse_crawler_configuration(crawler.configuration.value_or(""))));
  if (crawler.schedule && crawler.schedule->schedule_expression) {
    TRY_VOID(checked(Cron::parse(*crawler.schedule->schedule_expression)));
  }
  const bool needs_database = has_items(crawler.targets->s3_targets);
  if (needs_database && (!crawler.database_name || crawler.database_name->empty())) {
    return std::unexpected(invalid_input("Database name cannot be null or empty."));
  }
  return {};
}

std::optional<S3Location> parse_s3_path(std::string_view path) {
  for (const std::string_view scheme : {"s3://", "s3a://", "s3n://"}) {
    if (!path.starts_with(scheme)) continue;
    path.remove_prefix(scheme.size());
    break;
  }
  const std::size_t slash = path.find('/');
  S3Location location{std::string(path.substr(0, slash)), {}};
  if (location.bucket.empty()) return std::nullopt;
  if (slash != std::string_view::npos) {
    std::string_view prefix = path.substr(slash + 1);
    while (prefix.ends_with('/')) prefix.remove_suffix(1);
    location.prefix = prefix;
  }
  return location;
}

std::string role_name(std::string_view role) {
  const std::size_t at = role.find(":role/");
  if (role.starts_with("arn:") && at != std::string_view::npos) role.remove_prefix(at + 6);
  return std::string(role);
}

std::string role_arn(const Place& place, std::string_view role) {
  return fmt::format("arn:aws:iam::{}:role/{}", place.account, role_name(role));
}

std::string crawler_principal(const Place& place, std::string_view role) {
  return protocol::assumed_role_arn(place.account, role, "AWS-Crawler");
}

}  // namespace penstock::glue
