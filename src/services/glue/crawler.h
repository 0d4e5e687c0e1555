// Crawlers as values: checking what users define and completing it with AWS's defaults. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gen/glue/shapes.h"
#include "protocol/api_error.h"
#include "services/glue/keys.h"

namespace penstock::glue {

// A definition as GetCrawler shows it: defaults filled in, lists present.
void complete_crawler(api::Crawler& crawler);
// What is served, and what fits together.
protocol::ApiResult<void> check_crawler(const api::Crawler& crawler);

struct S3Location {
  std::string bucket;
  std::string prefix;  // Empty, or without a '/' at the end.
};
// "s3://bucket/a/b/", with or without the scheme; nullopt when no bucket is named.
std::optional<S3Location> parse_s3_path(std::string_view path);

// A role may be given as a name or an ARN; it is kept, and shown, by its name.
std::string role_name(std::string_view role);
std::string role_arn(const Place& place, std::string_view role);
// Whom a crawler's calls come from: arn:aws:sts::<account>:assumed-role/<role>/AWS-Crawler.
std::string crawler_principal(const Place& place, std::string_view role);

}  // namespace penstock::glue
