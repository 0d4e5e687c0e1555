// Crawlers end to end over an S3 that is a map. What the tables must look like was seen in
// published tables that AWS crawlers made; policies are documented ("Setting crawler configuration
// options").
#include <thread>

#include "services/glue/tests/harness.h"

namespace penstock::glue {
namespace {

std::string columns_of(const api::StorageDescriptor& storage) {
  std::string out;
  for (const api::Column& column : *storage.columns) {
    out += (out.empty() ? "" : " ") + column.name + ":" + *column.type;
  }
  return out;
}

// Firehose's objects of the sales project: records without line breaks, as the default stream
// writes them.
void put_sales(Harness& h) {
  h.s3.objects["lake/sales/2024/03/01/10/orders-1"] =
      R"({"orderid":"1","product_name":"pen","quantity":2,"price":1.5})"
      R"({"orderid":"2","product_name":"ink","quantity":1,"price":7})";
  h.s3.objects["lake/sales/2024/03/01/11/orders-2"] =
      R"({"orderid":"3","product_name":"cap","quantity":5,"price":3.25})";
  h.s3.objects["lake/athena-results/x.csv"] = "\"a\",\"b\"\n\"1\",\"2\"\n";
}

TEST(Crawler, TheSalesProject) {
  Harness h;
  put_sales(h);
  api::CreateClassifierRequest classifier;
  classifier.json_classifier = api::CreateJsonClassifierRequest{"order-json", "$"};
  ASSERT_EQ(h.error_of(create_classifier(*h.service, h.context, classifier)), "");
  api::CreateCrawlerRequest request = h.crawler_request("sales", "s3://lake/sales/");
  request.classifiers = {"order-json"};
  request.schedule = "cron(0/5 * * * ? *)";
  request.schema_change_policy = api::SchemaChangePolicy{"UPDATE_IN_DATABASE", "LOG"};
  request.configuration =
      R"({"Version":1.0,"Grouping":{"TableGroupingPolicy":"CombineCompatibleSchemas"},)"
      R"("CrawlerOutput":{"Partitions":{"AddOrUpdateBehavior":"InheritFromTable"}}})";
  h.create_crawler(request);
  EXPECT_EQ(h.crawler("sales").state, "READY");
  EXPECT_FALSE(h.crawler("sales").last_crawl.has_value());

  ASSERT_EQ(h.crawl("sales"), "SUCCEEDED");
  const auto table = h.table("sales");
  ASSERT_TRUE(table.has_value());
  const api::StorageDescriptor& storage = *table->storage_descriptor;
  EXPECT_EQ(columns_of(storage), "orderid:string product_name:string quantity:int price:double");
  EXPECT_EQ(storage.location, "s3://lake/sales/");
  EXPECT_EQ(storage.serde_info->serialization_library, "org.openx.data.jsonserde.JsonSerDe");
  EXPECT_EQ(storage.serde_info->parameters->at("paths"), "orderid,price,product_name,quantity");
  EXPECT_EQ(storage.input_format, "org.apache.hadoop.mapred.TextInputFormat");
  EXPECT_EQ(table->partition_keys->at(3).name, "partition_3");
  EXPECT_EQ(table->partition_keys->at(0).type, "string");
  EXPECT_EQ(table->table_type, "EXTERNAL_TABLE");
  EXPECT_EQ(table->created_by, "arn:aws:sts::000000000000:assumed-role/CrawlerRole/AWS-Crawler");
  const auto& parameters = *table->parameters;
  EXPECT_EQ(parameters.at("UPDATED_BY_CRAWLER"), "sales");
  EXPECT_EQ(parameters.at("classification"), "json");
  EXPECT_EQ(parameters.at("compressionType"), "none");
  EXPECT_EQ(parameters.at("objectCount"), "2");
  EXPECT_EQ(parameters.at("recordCount"), "3");
  EXPECT_EQ(parameters.at("typeOfData"), "file");
  EXPECT_EQ(h.partitions("sales"), "[2024,03,01,10] [2024,03,01,11]");

  EXPECT_EQ(h.log_stream, "/aws-glue/crawlers:sales");
  EXPECT_EQ(h.log.front(), "BENCHMARK : Running Start Crawl for Crawler sales");
  EXPECT_EQ(h.log.back(), "BENCHMARK : Crawler has finished running and is in state READY");
  EXPECT_NE(std::ranges::find(h.log, "INFO : Created table sales in database db"), h.log.end());
  const bool warned = std::ranges::any_of(h.log, [](const std::string& line) {
    return line.starts_with(
        "WARN : Objects at s3://lake/sales/ hold several JSON records on one line.");
  });
  EXPECT_TRUE(warned);
  EXPECT_EQ(h.s3.principals.front(),
            "arn:aws:sts::000000000000:assumed-role/CrawlerRole/AWS-Crawler");
}

TEST(Crawler, TheNextCrawlAddsPartitionsAndMakesVersionsOnlyOfChanges) {
  Harness h;
  put_sales(h);
  h.create_crawler(h.crawler_request("c", "lake/sales"));
  ASSERT_EQ(h.crawl("c"), "SUCCEEDED");
  EXPECT_EQ(h.table("sales")->version_id, "0");
  h.s3.objects["lake/sales/2024/03/01/12/o"] =
      R"({"orderid":"4","product_name":"x","quantity":5,"price":3})";
  ASSERT_EQ(h.crawl("c"), "SUCCEEDED");
  EXPECT_EQ(h.partitions("sales"), "[2024,03,01,10] [2024,03,01,11] [2024,03,01,12]");
  EXPECT_EQ(h.table("sales")->version_id, "0");
  EXPECT_EQ(h.table("sales")->parameters->at("objectCount"), "3");
  h.s3.objects["lake/sales/2024/03/01/13/o"] =
      R"({"orderid":"5","product_name":"x","quantity":5,"price":3,"coupon":"c"})";
  ASSERT_EQ(h.crawl("c"), "SUCCEEDED");
  EXPECT_EQ(h.table("sales")->version_id, "1");
  EXPECT_EQ(columns_of(*h.table("sales")->storage_descriptor),
            "orderid:string product_name:string quantity:int price:double coupon:string");

  api::ListCrawlsRequest list;
  list.crawler_name = "c";
  const auto crawls = h.run(list_crawls(*h.service, h.context, list));
  ASSERT_EQ(crawls->crawls->size(), 3U);
  EXPECT_EQ(crawls->crawls->at(0).state, "COMPLETED");
  api::GetCrawlerMetricsRequest metrics;
  const auto reply = h.run(get_crawler_metrics(*h.service, h.context, metrics));
  EXPECT_EQ(reply->crawler_metrics_list->at(0).tables_updated, 1);
  EXPECT_EQ(reply->crawler_metrics_list->at(0).tables_created, 0);
}

TEST(Crawler, UpdateBehaviorLogLeavesTheTableButAddsPartitions) {
  Harness h;
  h.s3.objects["b/t/1/o"] = R"({"a":1,"b":1,"c":1})";
  api::CreateCrawlerRequest request = h.crawler_request("c", "s3://b/t/");
  request.schema_change_policy = api::SchemaChangePolicy{"LOG", "LOG"};
  h.create_crawler(request);
  ASSERT_EQ(h.crawl("c"), "SUCCEEDED");
  h.s3.objects["b/t/2/o"] = R"({"a":1,"b":1,"c":1,"d":1})";
  ASSERT_EQ(h.crawl("c"), "SUCCEEDED");
  EXPECT_EQ(columns_of(*h.table("t")->storage_descriptor), "a:int b:int c:int");
  EXPECT_EQ(h.partitions("t"), "[1] [2]");
}

TEST(Crawler, MergeNewColumnsKeepsWhatUsersSet) {
  Harness h;
  h.s3.objects["b/t/o"] = R"({"a":1})";
  api::CreateCrawlerRequest request = h.crawler_request("c", "s3://b/t/");
  request.configuration =
      R"({"Version":1.0,"CrawlerOutput":{"Tables":{"AddOrUpdateBehavior":"MergeNewColumns"}}})";
  h.create_crawler(request);
  ASSERT_EQ(h.crawl("c"), "SUCCEEDED");
  api::UpdateTableRequest update;
  update.database_name = "db";
  const api::Table made = *h.table("t");
  update.table_input.emplace().name = "t";
  update.table_input->description = "mine";
  update.table_input->parameters = made.parameters;
  update.table_input->storage_descriptor = made.storage_descriptor;
  update.table_input->storage_descriptor->columns->at(0).type = "bigint";
  ASSERT_EQ(h.error_of(update_table(*h.service, h.context, update)), "");
  h.s3.objects["b/t/o"] = R"({"a":1,"b":2})";
  ASSERT_EQ(h.crawl("c"), "SUCCEEDED");
  EXPECT_EQ(columns_of(*h.table("t")->storage_descriptor), "a:bigint b:int");
  EXPECT_EQ(h.table("t")->description, "mine");
}

struct DeleteCase {
  std::string behavior;
  std::string tables;
  std::string partitions;
  bool deprecated;
};

TEST(Crawler, DeleteBehavior) {
  const DeleteCase cases[] = {
      {"LOG", "gone t", "[1] [2]", false},
      {"DELETE_FROM_DATABASE", "t", "[1]", false},
      {"DEPRECATE_IN_DATABASE", "gone t", "[1] [2]", true},
  };
  for (const DeleteCase& c : cases) {
    SCOPED_TRACE(c.behavior);
    Harness h;
    h.s3.objects["b/x/t/1/o"] = R"({"a":1})";
    h.s3.objects["b/x/t/2/o"] = R"({"a":1})";
    h.s3.objects["b/x/gone/o"] = R"({"other":"y"})";
    api::CreateCrawlerRequest request = h.crawler_request("c", "s3://b/x/");
    request.schema_change_policy = api::SchemaChangePolicy{"UPDATE_IN_DATABASE", c.behavior};
    h.create_crawler(request);
    ASSERT_EQ(h.crawl("c"), "SUCCEEDED");
    ASSERT_EQ(h.table_names(), "gone t");
    h.s3.objects.erase("b/x/t/2/o");
    h.s3.objects["b/x/gone/o"] = "";
    // A second table stays beside t, so that the include path itself does not become the table.
    h.s3.objects["b/x/stays/o"] = R"({"third":true})";
    ASSERT_EQ(h.crawl("c"), "SUCCEEDED");
    EXPECT_EQ(h.table_names("gone|t"), c.tables);
    EXPECT_EQ(h.partitions("t"), c.partitions);
    const auto gone = h.table("gone");
    EXPECT_EQ(gone && gone->parameters->contains("DEPRECATED_BY_CRAWLER"), c.deprecated);
  }
}

TEST(Crawler, OnlyNewFolders) {
  Harness h;
  h.s3.objects["b/t/1/o"] = R"({"a":1,"b":"x"})";
  api::CreateCrawlerRequest request = h.crawler_request("c", "s3://b/t/");
  request.recrawl_policy.emplace().recrawl_behavior = "CRAWL_NEW_FOLDERS_ONLY";
  EXPECT_EQ(
      h.error_of(create_crawler(*h.service, h.context, request)),
      "InvalidInputException: The SchemaChangePolicy for a CRAWL_NEW_FOLDERS_ONLY crawler can only "
      "be LOG.");
  request.schema_change_policy = api::SchemaChangePolicy{"LOG", "LOG"};
  h.create_crawler(request);
  ASSERT_EQ(h.crawl("c"), "SUCCEEDED");
  const std::size_t reads = h.s3.reads;
  h.s3.objects["b/t/1/p"] = R"({"a":1,"b":"x"})";
  h.s3.objects["b/t/2/o"] = R"({"a":1,"b":"x"})";
  ASSERT_EQ(h.crawl("c"), "SUCCEEDED");
  EXPECT_EQ(h.s3.reads - reads, 1U);
  EXPECT_EQ(h.partitions("t"), "[1] [2]");
}

TEST(Crawler, AForeignTableOfThatNameIsLeftAlone) {
  Harness h;
  h.create_database("db");
  h.create_table("db", "t");
  h.s3.objects["b/t/o"] = R"({"x":1})";
  h.create_crawler(h.crawler_request("c", "s3://b/t/"));
  ASSERT_EQ(h.crawl("c"), "SUCCEEDED");
  EXPECT_EQ(columns_of(*h.table("t")->storage_descriptor), "a:int");
  const std::string names = h.table_names();
  EXPECT_TRUE(names.starts_with("t t_")) << names;
  ASSERT_EQ(h.crawl("c"), "SUCCEEDED");
  EXPECT_EQ(h.table_names(), names);
}

TEST(Crawler, ExclusionsSamplesAndFormats) {
  Harness h;
  h.s3.objects["b/x/csv/1.csv"] = "id,n\n1,a\n2,b\n";
  h.s3.objects["b/x/json/1.json"] = R"({"a":1})";
  h.s3.objects["b/x/json/2.json"] = R"({"a":1})";
  h.s3.objects["b/x/tmp/1.json"] = R"({"b":1})";
  h.s3.objects["b/x/_SUCCESS"] = "";
  api::CreateCrawlerRequest request = h.crawler_request("c", "s3://b/x");
  request.table_prefix = "Raw-";
  request.targets.s3_targets->at(0).exclusions = {"tmp/**"};
  request.targets.s3_targets->at(0).sample_size = 1;
  h.create_crawler(request);
  ASSERT_EQ(h.crawl("c"), "SUCCEEDED");
  EXPECT_EQ(h.table_names(), "raw_csv raw_json");
  EXPECT_EQ(h.s3.reads, 2U);
  const auto csv = h.table("raw_csv");
  EXPECT_EQ(csv->parameters->at("skip.header.line.count"), "1");
  EXPECT_EQ(csv->parameters->at("delimiter"), ",");
  EXPECT_EQ(csv->storage_descriptor->serde_info->parameters->at("field.delim"), ",");
  EXPECT_EQ(h.table("raw_json")->parameters->at("objectCount"), "2");
  EXPECT_EQ(h.table("raw_json")->parameters->at("recordCount"), "2");
  EXPECT_EQ(h.table("raw_json")->parameters->at("exclusions"), R"(["tmp/**"])");
}

TEST(Crawler, OneObjectAsTarget) {
  Harness h;
  h.s3.objects["b/d/data.json"] = R"({"a":1})";
  h.create_crawler(h.crawler_request("c", "s3://b/d/data.json"));
  ASSERT_EQ(h.crawl("c"), "SUCCEEDED");
  EXPECT_EQ(h.table("data_json")->storage_descriptor->location, "s3://b/d/data.json");
}

TEST(Crawler, CatalogTargets) {
  Harness h;
  h.create_database("db");
  api::CreateTableRequest create;
  create.database_name = "db";
  create.table_input = h.table_input("mine", {"k"});
  create.table_input->storage_descriptor->location = "s3://b/t/";
  ASSERT_EQ(h.error_of(create_table(*h.service, h.context, create)), "");
  h.s3.objects["b/t/k=7/o"] = R"({"a":1,"b":true})";
  api::CreateCrawlerRequest request = h.crawler_request("c", "x");
  request.targets.s3_targets.reset();
  api::CatalogTarget target;
  target.database_name = "db";
  target.tables = {"mine"};
  request.targets.catalog_targets = {target};
  EXPECT_EQ(h.error_of(create_crawler(*h.service, h.context, request)),
            "InvalidInputException: The SchemaChangePolicy for Catalog target can only be set with "
            "DeleteBehavior LOG.");
  request.schema_change_policy = api::SchemaChangePolicy{"UPDATE_IN_DATABASE", "LOG"};
  h.create_crawler(request);
  ASSERT_EQ(h.crawl("c"), "SUCCEEDED");
  EXPECT_EQ(columns_of(*h.table("mine")->storage_descriptor), "a:int b:boolean");
  EXPECT_EQ(h.partitions("mine"), "[7]");
}

TEST(Crawler, FailuresAreInLastCrawl) {
  Harness h;
  h.s3.objects["b/t/o"] = R"({"x":1})";
  h.create_crawler(h.crawler_request("c", "s3://b/t/"));
  h.s3.refuse_with = "AccessDenied";
  EXPECT_EQ(h.crawl("c"), "FAILED Refused (AccessDenied)");
  h.s3.refuse_with = "";
  h.roles_exist = false;
  EXPECT_TRUE(h.crawl("c").starts_with("FAILED Service is unable to assume role"));
  EXPECT_EQ(h.crawler("c").state, "READY");
  EXPECT_EQ(h.table_names(), "Database db not found.");
  EXPECT_EQ(h.error_of(create_crawler(*h.service, h.context, h.crawler_request("d", "s3://b/t/"))),
            "InvalidInputException: Service is unable to assume role "
            "arn:aws:iam::000000000000:role/CrawlerRole. Please verify role's TrustPolicy");
}

TEST(Crawler, StatesAndTheirRefusals) {
  Harness h;
  api::StopCrawlerRequest stop;
  stop.name = "c";
  EXPECT_EQ(h.error_of(stop_crawler(*h.service, h.context, stop)),
            "EntityNotFoundException: Crawler c not found.");
  h.create_crawler(h.crawler_request("c", "s3://b/t/"));
  EXPECT_EQ(h.error_of(stop_crawler(*h.service, h.context, stop)),
            "CrawlerNotRunningException: Crawler with name c isn't running");
  EXPECT_EQ(h.error_of(create_crawler(*h.service, h.context, h.crawler_request("c", "s3://b/t/"))),
            "AlreadyExistsException: Crawler c already exists.");

  // A crawl that runs: its entry is made by hand, so that it does not end by itself.
  auto running = std::make_shared<RunningCrawl>();
  running->id = "r";
  running->start = h.clock.now();
  ASSERT_EQ(h.service->running.begin({"000000000000", "us-east-1"}, "c", running),
            BeginOutcome::kBegun);
  h.clock.advance(std::chrono::milliseconds(1500));
  EXPECT_EQ(h.crawler("c").state, "RUNNING");
  EXPECT_EQ(h.crawler("c").crawl_elapsed_time, 1500);
  EXPECT_EQ(h.start("c"), "CrawlerRunningException: Crawler with name c has already started");
  api::DeleteCrawlerRequest remove;
  remove.name = "c";
  EXPECT_EQ(h.error_of(delete_crawler(*h.service, h.context, remove)),
            "CrawlerRunningException: Crawler with name c is running");
  EXPECT_EQ(h.error_of(stop_crawler(*h.service, h.context, stop)), "");
  EXPECT_EQ(h.crawler("c").state, "STOPPING");
  EXPECT_EQ(h.error_of(stop_crawler(*h.service, h.context, stop)),
            "CrawlerStoppingException: Crawler with name c is stopping");
  h.service->running.end({"000000000000", "us-east-1"}, "c");
  EXPECT_EQ(h.error_of(delete_crawler(*h.service, h.context, remove)), "");
}

// Documented states: a stopped crawl is CANCELLED for GetCrawler and STOPPED for ListCrawls.
TEST(Crawler, AStoppedCrawlWritesNothing) {
  Harness h;
  h.s3.objects["b/t/1/o"] = R"({"x":1})";
  h.s3.objects["b/t/2/o"] = R"({"x":1})";
  h.create_crawler(h.crawler_request("c", "s3://b/t/"));
  const Place place{"000000000000", "us-east-1"};
  h.s3.on_read = [&] { static_cast<void>(h.service->running.stop(place, "c")); };
  EXPECT_EQ(h.crawl("c"), "CANCELLED");
  EXPECT_EQ(h.s3.reads, 1U);
  EXPECT_EQ(h.table_names(), "Database db not found.");
  api::ListCrawlsRequest list;
  list.crawler_name = "c";
  list.filters = {api::CrawlsFilter{"STATE", "EQ", "STOPPED"}};
  EXPECT_EQ(h.run(list_crawls(*h.service, h.context, list))->crawls->size(), 1U);
}

TEST(Crawler, DefaultsAndUpdates) {
  Harness h;
  h.create_crawler(h.crawler_request("c", "s3://b/t/"));
  const api::Crawler made = h.crawler("c");
  EXPECT_EQ(made.role, "CrawlerRole");
  EXPECT_EQ(made.schema_change_policy->delete_behavior, "DEPRECATE_IN_DATABASE");
  EXPECT_EQ(made.recrawl_policy->recrawl_behavior, "CRAWL_EVERYTHING");
  EXPECT_EQ(made.version, 1);
  EXPECT_TRUE(made.targets->jdbc_targets.has_value());
  api::UpdateCrawlerRequest update;
  update.name = "c";
  update.description = "d";
  EXPECT_EQ(h.error_of(update_crawler(*h.service, h.context, update)), "");
  EXPECT_EQ(h.crawler("c").version, 2);
  update.schedule = "rate(5 minutes)";
  EXPECT_EQ(h.error_of(update_crawler(*h.service, h.context, update)),
            "InvalidInputException: Invalid schedule cron expression. Expected format: "
            "Cron(CRON_EXPRESSION)");
  api::CreateCrawlerRequest jdbc = h.crawler_request("j", "s3://b/t/");
  jdbc.targets.jdbc_targets.emplace().emplace_back();
  EXPECT_EQ(h.error_of(create_crawler(*h.service, h.context, jdbc)),
            "InvalidInputException: JdbcTargets is not supported by this server.");
}

TEST(Crawler, SchedulesStartCrawlsAlsoAfterARestart) {
  Harness h;
  h.s3.objects["b/t/o"] = R"({"x":1})";
  api::CreateCrawlerRequest request = h.crawler_request("c", "s3://b/t/");
  request.schedule = "cron(0/5 * * * ? *)";
  h.create_crawler(request);
  EXPECT_EQ(h.crawler("c").schedule->state, "SCHEDULED");
  h.reopen();
  EXPECT_TRUE(block_on(h.runtime.loop(0), run_due_crawlers(*h.service)));
  EXPECT_FALSE(h.crawler("c").last_crawl.has_value());
  h.clock.advance(std::chrono::minutes(5));
  EXPECT_TRUE(block_on(h.runtime.loop(0), run_due_crawlers(*h.service)));
  h.wait_until_ready("c");
  EXPECT_EQ(h.crawler("c").last_crawl->status, "SUCCEEDED");
  EXPECT_TRUE(h.table("t").has_value());
}

}  // namespace
}  // namespace penstock::glue
