// Filters of ListCrawls, keys, and the walker over the operation table.
#include <gtest/gtest.h>

#include <set>

#include "gen/glue/model.h"
#include "services/glue/crawl_filter.h"
#include "services/glue/crawler.h"
#include "services/glue/glue.h"
#include "services/glue/keys.h"

namespace penstock::glue {
namespace {

TEST(Operations, EveryGeneratedOperationIsServed) {
  std::set<std::string_view> served;
  for (const protocol::Operation& operation : operations()) served.insert(operation.info->name);
  for (const protocol::OperationInfo* operation : kServiceInfo.operations) {
    EXPECT_TRUE(served.contains(operation->name)) << operation->name;
  }
}

TEST(Keys, VersionsSortNewestFirstAndStayBelowTheirTable) {
  EXPECT_LT(version_key("t", 2), version_key("t", 1));
  EXPECT_TRUE(version_key("t", 1).starts_with(versions_prefix("t")));
  EXPECT_FALSE(partition_key("t1", {"a"}).starts_with(partitions_prefix("t")));
  EXPECT_LT(partition_key("t", {"a", "b"}), partition_key("t", {"ab"}));
  const Place place{"1", "us-east-1"};
  const auto read = place_of_crawler(crawler_key(place, "c"));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->region, "us-east-1");
  EXPECT_FALSE(place_of_crawler(classifier_key(place, "c")).has_value());
}

TEST(CrawlerPaths, AreReadWithAndWithoutAScheme) {
  EXPECT_EQ(parse_s3_path("s3://b/x/y/")->prefix, "x/y");
  EXPECT_EQ(parse_s3_path("b")->bucket, "b");
  EXPECT_EQ(parse_s3_path("s3://b")->prefix, "");
  EXPECT_FALSE(parse_s3_path("s3://").has_value());
  EXPECT_EQ(role_name("arn:aws:iam::1:role/service-role/R"), "service-role/R");
  EXPECT_EQ(crawler_principal({"1", "r"}, "service-role/R"),
            "arn:aws:sts::1:assumed-role/R/AWS-Crawler");
}

TEST(CrawlFilter, Compares) {
  api::CrawlerHistory crawl;
  crawl.state = "COMPLETED";
  crawl.start_time = Timestamp::from_millis(1000);
  const auto accepts = [&crawl](std::string field, std::string op, std::string value) {
    const auto filter = CrawlFilter::from({{std::move(field), std::move(op), std::move(value)}});
    return filter.has_value() && filter->accepts(crawl);
  };
  EXPECT_TRUE(accepts("STATE", "EQ", "COMPLETED"));
  EXPECT_FALSE(accepts("STATE", "NE", "COMPLETED"));
  EXPECT_TRUE(accepts("START_TIME", "GE", "1000"));
  EXPECT_FALSE(accepts("START_TIME", "GT", "1000"));
  EXPECT_FALSE(accepts("END_TIME", "LT", "5"));
  EXPECT_FALSE(CrawlFilter::from({{"STATE", "GT", "x"}}).has_value());
  EXPECT_FALSE(CrawlFilter::from({{"START_TIME", "GT", "x"}}).has_value());
}

}  // namespace
}  // namespace penstock::glue
