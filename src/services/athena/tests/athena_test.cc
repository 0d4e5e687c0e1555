// The service as its clients see it: executions, results, workgroups and the statements of the
// catalog. Expectations follow measurements of the service unless a comment says otherwise.

#include <gtest/gtest.h>

#include "services/athena/errors.h"
#include "services/athena/result_file.h"
#include "services/athena/result_settings.h"
#include "services/athena/tests/harness.h"

namespace penstock::athena {
namespace {

constexpr const char* kCreateOrders =
    "CREATE EXTERNAL TABLE orders (orderid string, quantity int, price double) PARTITIONED BY (dt "
    "string) "
    "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' LOCATION 's3://lake/orders/'";

void make_orders(Harness& harness) {
  ASSERT_EQ(*harness.run(kCreateOrders).status->state, "SUCCEEDED");
  harness.s3.objects["lake/orders/dt=2025-08-01/a"] =
      "{\"orderid\":\"1\",\"quantity\":2,\"price\":9.5}\n{\"orderid\":\"2\",\"quantity\":1}\n";
  harness.s3.objects["lake/orders/dt=2025-08-02/b"] =
      "{\"orderid\":\"say \\\"hi\\\"\",\"price\":\"\"}\n";
  const auto repaired = harness.run("MSCK REPAIR TABLE orders");
  ASSERT_EQ(*repaired.status->state, "SUCCEEDED");
  EXPECT_EQ(harness.file(repaired),
            "Partitions not in metastore:\torders:dt=2025-08-01\torders:dt=2025-08-02\n"
            "Repair: Added partition to metastore orders:dt=2025-08-01\n"
            "Repair: Added partition to metastore orders:dt=2025-08-02");
}

TEST(Query, WritesTheCsvAndPagesIt) {
  Harness harness;
  make_orders(harness);
  const auto done = harness.run("SELECT orderid, quantity, price, dt FROM orders ORDER BY orderid");
  ASSERT_EQ(*done.status->state, "SUCCEEDED") << done.status->state_change_reason.value_or("");
  EXPECT_EQ(*done.statement_type, "DML");
  EXPECT_EQ(*done.substatement_type, "SELECT");
  EXPECT_TRUE(done.result_configuration->output_location->starts_with("s3://results/out/"));
  EXPECT_TRUE(done.result_configuration->output_location->ends_with(".csv"));
  EXPECT_GT(*done.statistics->data_scanned_in_bytes, 80);
  EXPECT_EQ(harness.file(done),
            "\"orderid\",\"quantity\",\"price\",\"dt\"\n\"1\",\"2\",\"9.5\",\"2025-08-01\"\n"
            "\"2\",\"1\",,\"2025-08-01\"\n\"say \"\"hi\"\"\",,,\"2025-08-02\"\n");
  EXPECT_FALSE(
      harness.s3.objects[done.result_configuration->output_location->substr(5) + ".metadata"]
          .empty());

  auto page = harness.results(*done.query_execution_id, 2);
  ASSERT_TRUE(page);
  ASSERT_EQ(page->result_set->rows->size(), 2u);  // The header counts.
  EXPECT_EQ(*(*(*page->result_set->rows)[0].data)[0].var_char_value, "orderid");
  ASSERT_TRUE(page->next_token);
  const auto& columns = *page->result_set->result_set_metadata->column_info;
  ASSERT_EQ(columns.size(), 4u);
  EXPECT_EQ(columns[1].type, "integer");
  EXPECT_EQ(*columns[1].precision, 10);
  EXPECT_EQ(*columns[0].case_sensitive, true);
  EXPECT_EQ(*page->update_count, 0);
  page = harness.results(*done.query_execution_id, 1000, page->next_token);
  ASSERT_TRUE(page);
  ASSERT_EQ(page->result_set->rows->size(), 2u);
  EXPECT_FALSE((*(*page->result_set->rows)[0].data)[2].var_char_value.has_value());
  EXPECT_EQ(*(*(*page->result_set->rows)[1].data)[0].var_char_value, "say \"hi\"");
  EXPECT_FALSE(page->next_token);
}

TEST(Query, FailsWithACategoryAndType) {
  Harness harness;
  make_orders(harness);
  auto done = harness.run("SELECT banana FROM orders");
  EXPECT_EQ(*done.status->state, "FAILED");
  EXPECT_EQ(*done.status->state_change_reason,
            "COLUMN_NOT_FOUND: line 1:8: Column 'banana' cannot be resolved or requester is not "
            "authorized to access requested resources");
  EXPECT_EQ(*done.status->athena_error->error_category, 2);
  EXPECT_EQ(*done.status->athena_error->error_type, 1006);
  auto reply = harness.results(*done.query_execution_id);
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().message, "Query did not finish successfully. Final query state: FAILED");
  EXPECT_EQ(*harness.run("SELECT 1/0").status->athena_error->error_type, 1001);
  EXPECT_EQ(*harness.run("SELECT * FROM nope").status->athena_error->error_type, 1301);
  // One object that is no JSON fails the query that reads it, and only that.
  harness.s3.objects["lake/orders/dt=2025-08-02/c"] = "oops";
  EXPECT_TRUE(harness.run("SELECT * FROM orders")
                  .status->state_change_reason->starts_with("HIVE_CURSOR_ERROR: "));
  EXPECT_EQ(*harness.run("SELECT * FROM orders WHERE dt = '2025-08-01'").status->state,
            "SUCCEEDED");
}

TEST(Query, OutputThatCannotBeWrittenFailsTheQuery) {  // deduced
  Harness harness;
  harness.output_location = "s3://gone/";
  const auto done = harness.run("SELECT 1");
  EXPECT_EQ(*done.status->state, "FAILED");
  EXPECT_NE(done.status->state_change_reason->find("NoSuchBucket"), std::string::npos);
}

TEST(Start, RefusesAtOnceWhatIsMalformed) {
  Harness harness;
  auto reply = harness.try_start("SELEC 1");
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, "InvalidRequestException");
  EXPECT_EQ(reply.error().members[0].json, "\"MALFORMED_QUERY\"");
  EXPECT_TRUE(
      reply.error().message.starts_with("line 1:1: mismatched input 'SELEC'. Expecting: 'ALTER'"));
  harness.output_location.clear();
  reply = harness.try_start("SELECT 1");
  ASSERT_FALSE(reply);
  EXPECT_TRUE(reply.error().message.starts_with("No output location provided."));
  harness.output_location = "http://x/";
  EXPECT_EQ(harness.try_start("SELECT 1").error().message,
            "outputLocation is not a valid S3 path.");
  harness.output_location = "s3://results/";
  EXPECT_TRUE(harness.try_start("DESCRIBE nothing")
                  .error()
                  .message.starts_with("Entity Not Found (Service"));
  api::StartQueryExecutionInput input;
  input.query_string = "SELECT 1";
  EXPECT_EQ(
      harness.wait(start_query_execution(*harness.service, harness.context, input)).error().message,
      "clientRequestToken is null or empty");
}

TEST(Start, TheSameTokenIsTheSameExecution) {
  Harness harness;
  const std::string token(32, 't');
  const std::string id = harness.start("SELECT 1", {}, token);
  EXPECT_EQ(harness.start("SELECT 1", {}, token), id);
  auto other = harness.try_start("SELECT 2", {}, token);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().message, "Idempotent parameters do not match");
  harness.finished(id);
}

TEST(Start, TheWorkgroupMayDecideWhereResultsGo) {
  Harness harness;
  api::CreateWorkGroupInput input;
  input.name = "team";
  input.configuration.emplace().result_configuration.emplace().output_location = "s3://team/r/";
  ASSERT_TRUE(harness.wait(create_work_group(*harness.service, harness.context, input)));
  EXPECT_FALSE(harness.wait(create_work_group(*harness.service, harness.context, input)));
  api::StartQueryExecutionInput start;
  start.query_string = "SELECT 1";
  start.client_request_token = std::string(32, 'a');
  start.work_group = "team";
  start.result_configuration.emplace().output_location = "s3://mine/";
  auto reply = harness.wait(start_query_execution(*harness.service, harness.context, start));
  ASSERT_TRUE(reply);
  const auto done = harness.finished(*reply->query_execution_id);
  EXPECT_TRUE(done.result_configuration->output_location->starts_with("s3://team/r/"));
  start.work_group = "nobody";
  start.client_request_token = std::string(32, 'b');
  EXPECT_EQ(
      harness.wait(start_query_execution(*harness.service, harness.context, start)).error().message,
      "WorkGroup is not found.");
  auto removed = harness.wait(delete_work_group(*harness.service, harness.context, {"team", {}}));
  EXPECT_EQ(removed.error().message, "WorkGroup team is not empty");
  EXPECT_TRUE(harness.wait(delete_work_group(*harness.service, harness.context, {"team", true})));
  auto groups = harness.wait(list_work_groups(*harness.service, harness.context, {}));
  ASSERT_EQ(groups->work_groups->size(), 1u);
  EXPECT_EQ(*(*groups->work_groups)[0].name, "primary");
}

TEST(List, NewestFirst) {
  Harness harness;
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) {
    harness.clock.advance(std::chrono::seconds(1));
    ids.push_back(*harness.run("SELECT " + std::to_string(i)).query_execution_id);
  }
  api::ListQueryExecutionsInput input;
  input.max_results = 2;
  auto page = harness.wait(list_query_executions(*harness.service, harness.context, input));
  ASSERT_TRUE(page);
  EXPECT_EQ(*page->query_execution_ids, (std::vector<std::string>{ids[2], ids[1]}));
  input.next_token = page->next_token;
  page = harness.wait(list_query_executions(*harness.service, harness.context, input));
  EXPECT_EQ(*page->query_execution_ids, std::vector<std::string>{ids[0]});
  EXPECT_FALSE(page->next_token);
  auto batch = harness.wait(
      batch_get_query_execution(*harness.service, harness.context, {{ids[0], "none"}}));
  EXPECT_EQ(batch->query_executions->size(), 1u);
  EXPECT_EQ(batch->unprocessed_query_execution_ids->size(), 1u);
}

TEST(Stop, EndsARunningAndAWaitingQuery) {
  Options options;
  options.running_max = 1;
  Harness harness(options);
  const std::string slow =
      "SELECT count(*) FROM UNNEST(sequence(1, 10000)) a(x), UNNEST(sequence(1, 10000)) b(y), "
      "UNNEST(sequence(1, 10000)) c(z) WHERE (x * y + z) % 7 = 3";
  const std::string first = harness.start(slow), second = harness.start("SELECT 1");
  EXPECT_EQ(harness.results(second).error().message,
            "Query has not yet finished. Current state: QUEUED");
  ASSERT_TRUE(harness.wait(stop_query_execution(*harness.service, harness.context, {second})));
  EXPECT_EQ(*harness.finished(second).status->state, "CANCELLED");
  ASSERT_TRUE(harness.wait(stop_query_execution(*harness.service, harness.context, {first})));
  const auto stopped = harness.finished(first);
  EXPECT_EQ(*stopped.status->state, "CANCELLED");
  EXPECT_EQ(*stopped.status->state_change_reason, "Query cancelled by user");
  EXPECT_FALSE(stopped.status->athena_error);
  EXPECT_EQ(harness.results(first).error().message, "Could not find results");
  // Of what is over nothing changes.
  EXPECT_TRUE(harness.wait(stop_query_execution(*harness.service, harness.context, {first})));
  EXPECT_EQ(*harness.run("SELECT 1").status->state, "SUCCEEDED");
}

TEST(Restart, FailsWhatWasRunningAndKeepsTheRest) {
  Options options;
  options.running_max = 1;
  Harness harness(options);
  const std::string done = *harness.run("SELECT 7 AS x").query_execution_id;
  const std::string running = harness.start(
      "SELECT count(*) FROM UNNEST(sequence(1, 10000)) a(x), UNNEST(sequence(1, 10000)) b(y), "
      "UNNEST(sequence(1, 10000)) c(z) WHERE (x * y + z) % 7 = 3");
  const std::string waiting = harness.start("SELECT 1");
  harness.close();
  harness.open();
  for (const std::string& id : {running, waiting}) {
    const auto execution = harness.finished(id);
    EXPECT_EQ(*execution.status->state, "FAILED");
    EXPECT_EQ(*execution.status->state_change_reason,
              "The server ended while the query was running. Run it again.");
  }
  auto page = harness.results(done);
  ASSERT_TRUE(page);
  EXPECT_EQ(*(*(*page->result_set->rows)[1].data)[0].var_char_value, "7");
}

TEST(Catalog, TablesAreMadeShownAndDropped) {
  Harness harness;
  make_orders(harness);
  EXPECT_EQ(harness.file(harness.run("SHOW TABLES")), "orders");
  EXPECT_EQ(harness.file(harness.run("SHOW DATABASES")), "default");
  EXPECT_EQ(harness.file(harness.run("SHOW PARTITIONS orders")), "dt=2025-08-01\ndt=2025-08-02");
  EXPECT_EQ(
      harness.file(harness.run("SHOW COLUMNS IN orders")),
      "orderid             \nquantity            \nprice               \ndt                  ");
  EXPECT_EQ(harness.file(harness.run("DESCRIBE orders")).substr(0, 62),
            "orderid             \tstring              \t                    ");
  const std::string shown = harness.file(harness.run("SHOW CREATE TABLE orders"));
  EXPECT_TRUE(
      shown.starts_with("CREATE EXTERNAL TABLE `default.orders`(\n  `orderid` string COMMENT 'from "
                        "deserializer', \n"))
      << shown;
  EXPECT_NE(shown.find("PARTITIONED BY ( \n  `dt` string)\nROW FORMAT SERDE \n"),
            std::string::npos);
  const auto again = harness.run(kCreateOrders);
  EXPECT_EQ(*again.status->state_change_reason,
            "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. "
            "AlreadyExistsException(message:Table orders already exist)");
  EXPECT_EQ(*again.status->athena_error->error_message, "Table orders already exists.");
  auto empty = harness.results(*again.query_execution_id);
  ASSERT_TRUE(empty);  // A failed statement of the DDL engine has an empty result.
  EXPECT_TRUE(empty->result_set->rows->empty());
  const auto not_empty = harness.run("DROP DATABASE `default`");
  EXPECT_NE(not_empty.status->state_change_reason->find("is not empty"), std::string::npos);
  EXPECT_EQ(*harness.run("DROP TABLE orders").status->state, "SUCCEEDED");
  EXPECT_EQ(*harness.run("DROP TABLE orders").status->state_change_reason,
            "FAILED: SemanticException [Error 10001]: Table not found orders");
  EXPECT_EQ(*harness.run("DROP TABLE IF EXISTS orders").status->state, "SUCCEEDED");
  EXPECT_EQ(*harness.run("CREATE DATABASE x").status->state, "SUCCEEDED");
  EXPECT_EQ(*harness.run("CREATE DATABASE x").status->state, "FAILED");
  EXPECT_EQ(*harness.run("CREATE DATABASE IF NOT EXISTS x").status->state, "SUCCEEDED");
}

TEST(Catalog, PartitionsAndColumnsAreAltered) {
  Harness harness;
  make_orders(harness);
  EXPECT_EQ(
      *harness.run("ALTER TABLE orders ADD PARTITION (dt='2025-08-03') LOCATION 's3://lake/x'")
           .status->state,
      "SUCCEEDED");
  EXPECT_EQ(*harness.glue.partitions["default.orders"][{"2025-08-03"}].storage_descriptor->location,
            "s3://lake/x/");
  EXPECT_EQ(*harness.run("ALTER TABLE orders ADD PARTITION (dt='2025-08-03')").status->state,
            "FAILED");
  EXPECT_EQ(*harness.run("ALTER TABLE orders ADD IF NOT EXISTS PARTITION (dt='2025-08-03')")
                 .status->state,
            "SUCCEEDED");
  EXPECT_EQ(*harness.run("ALTER TABLE orders DROP PARTITION (dt > '2025-08-01')").status->state,
            "SUCCEEDED");
  EXPECT_EQ(harness.file(harness.run("SHOW PARTITIONS orders")), "dt=2025-08-01");
  EXPECT_EQ(*harness.run("ALTER TABLE orders ADD COLUMNS (note string)").status->state,
            "SUCCEEDED");
  EXPECT_EQ(harness.file(harness.run("SELECT note FROM orders LIMIT 1")), "\"note\"\n\n");
}

TEST(Catalog, ViewsAreStoredAndRead) {
  Harness harness;
  make_orders(harness);
  const auto made = harness.run(
      "CREATE VIEW big AS SELECT orderid, quantity * 2 AS twice FROM orders WHERE quantity > 1");
  ASSERT_EQ(*made.status->state, "SUCCEEDED") << made.status->state_change_reason.value_or("");
  EXPECT_EQ(harness.file(harness.run("SELECT twice FROM big")), "\"twice\"\n\"4\"\n");
  EXPECT_EQ(harness.file(harness.run("DESCRIBE big")), "orderid\tstring\ntwice\tint");
  EXPECT_EQ(*harness.run("CREATE VIEW big AS SELECT 1 AS a").status->state, "FAILED");
  EXPECT_EQ(*harness.run("CREATE OR REPLACE VIEW big AS SELECT 1 AS a").status->state, "SUCCEEDED");
  EXPECT_EQ(harness.file(harness.run("SELECT * FROM big")), "\"a\"\n\"1\"\n");
  EXPECT_EQ(harness.file(harness.run("SHOW VIEWS")), "big");
  EXPECT_EQ(*harness.run("DROP VIEW big").status->state, "SUCCEEDED");
}

TEST(Prepared, StatementsRunWithTheirParameters) {
  Harness harness;
  ASSERT_EQ(*harness.run("PREPARE p FROM SELECT ? + 1 AS n").status->state, "SUCCEEDED");
  EXPECT_EQ(harness.file(harness.run("EXECUTE p USING 41")), "\"n\"\n\"42\"\n");
  EXPECT_EQ(harness.file(harness.run("EXECUTE p", {"1"})), "\"n\"\n\"2\"\n");
  EXPECT_EQ(harness.file(harness.run("SELECT ? AS v", {"it's"})), "\"v\"\n\"it's\"\n");
  EXPECT_EQ(*harness.run("DEALLOCATE PREPARE p").status->state, "SUCCEEDED");
  EXPECT_EQ(*harness.run("EXECUTE p").status->state, "FAILED");
}

TEST(Doors, TheMachinesFilesAreOutOfReach) {
  Harness harness;
  for (const char* sql : {"SELECT * FROM read_csv('/etc/passwd')", "COPY (SELECT 1) TO '/tmp/x'",
                          "SELECT * FROM '/etc/passwd'", "INSTALL httpfs", "SET threads = 1",
                          "ATTACH '/tmp/a.db'", "PRAGMA version"}) {
    EXPECT_FALSE(harness.try_start(sql)) << sql;
  }
  EXPECT_EQ(*harness.run("SELECT read_text('/etc/passwd')").status->state, "FAILED");
}

// Documented: a workgroup that enforces its settings has the client's ignored; the others count.
TEST(Settings, OfResultsAreTheWorkgroupsOrTheClients) {
  struct Case {
    bool enforced;
    std::string location, owner;
  };
  const Case cases[] = {{true, "s3://group/", "111111111111"},
                        {false, "s3://mine/", "222222222222"}};
  for (const Case& c : cases) {
    api::WorkGroup group;
    group.configuration.emplace().enforce_work_group_configuration = c.enforced;
    auto& theirs = group.configuration->result_configuration.emplace();
    theirs.output_location = "s3://group";
    theirs.expected_bucket_owner = "111111111111";
    theirs.acl_configuration = api::AclConfiguration{"BUCKET_OWNER_FULL_CONTROL"};
    api::ResultConfiguration mine;
    mine.output_location = "s3://mine";
    mine.expected_bucket_owner = "222222222222";
    mine.encryption_configuration.emplace().encryption_option = "SSE_S3";
    const auto effective = effective_results(mine, group);
    ASSERT_TRUE(effective);
    EXPECT_EQ(*effective->output_location, c.location);
    EXPECT_EQ(*effective->expected_bucket_owner, c.owner);
    EXPECT_EQ(effective->encryption_configuration.has_value(), !c.enforced);
    s3::api::PutObjectRequest request;
    apply_results(request, *effective);
    EXPECT_EQ(*request.expected_bucket_owner, c.owner);
    EXPECT_EQ(*request.acl, "bucket-owner-full-control");
    EXPECT_EQ(request.server_side_encryption.has_value(), !c.enforced);
  }
}

TEST(Settings, ThatAreNotHonouredAreRefusedByName) {
  Harness harness;
  const auto refusal = [&](auto change) {
    api::CreateWorkGroupInput input;
    input.name = "w";
    change(input.configuration.emplace());
    const auto made = harness.wait(create_work_group(*harness.service, harness.context, input));
    return made ? std::string("made") : made.error().message;
  };
  using Configuration = api::WorkGroupConfiguration;
  EXPECT_EQ(
      refusal([](Configuration& c) { c.execution_role = "arn:aws:iam::000000000000:role/r"; }),
      "ExecutionRole is not supported by this server");
  EXPECT_EQ(refusal([](Configuration& c) { c.engine_configuration.emplace(); }),
            "EngineConfiguration is not supported by this server");
  EXPECT_EQ(refusal([](Configuration& c) {
              c.monitoring_configuration.emplace().s3_logging_configuration.emplace().enabled =
                  true;
            }),
            "MonitoringConfiguration is not supported by this server");
  EXPECT_EQ(refusal([](Configuration& c) {
              c.result_configuration.emplace().encryption_configuration =
                  api::EncryptionConfiguration{"SSE_KMS", "arn:aws:kms:us-east-1:0:key/k"};
            }),
            "EncryptionOption SSE_KMS is not supported by this server");
  EXPECT_EQ(refusal([](Configuration& c) {
              c.result_configuration.emplace().encryption_configuration =
                  api::EncryptionConfiguration{"SSE_KMS", std::nullopt};
            }),
            "KMS Customer Master Key ID is null or empty");
  // What only says that a feature is off asks for nothing.
  EXPECT_EQ(refusal([](Configuration& c) {
              c.managed_query_results_configuration.emplace();
              c.identity_center_configuration.emplace().enable_identity_center = false;
              c.query_results_s3_access_grants_configuration.emplace();
              c.monitoring_configuration.emplace().s3_logging_configuration.emplace();
              c.enable_minimum_encryption_configuration = false;
              c.publish_cloud_watch_metrics_enabled = true;
            }),
            "made");
  api::GetQueryResultsInput manifest;
  manifest.query_execution_id = *harness.run("SELECT 1").query_execution_id;
  manifest.query_result_type = "DATA_MANIFEST";
  const auto reply =
      harness.wait(get_query_results(*harness.service, harness.context, std::move(manifest)));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().message, "QueryResultType DATA_MANIFEST is not supported by this server");
}

// The reason is documented by its users; that the state is CANCELLED is documented.
TEST(Cutoff, CancelsAQueryThatScansMore) {
  Harness harness;
  make_orders(harness);
  api::CreateWorkGroupInput input;
  input.name = "thrifty";
  input.configuration.emplace().bytes_scanned_cutoff_per_query = 10'000'000;
  ASSERT_TRUE(harness.wait(create_work_group(*harness.service, harness.context, input)));
  harness.work_group = "thrifty";
  EXPECT_EQ(*harness.run("SELECT count(*) FROM orders").status->state, "SUCCEEDED");
  std::string& large = harness.s3.objects["lake/orders/dt=2025-08-02/large"];
  while (large.size() <= 10'000'000)
    large += "{\"orderid\":\"" + std::string(10'000, 'x') + "\"}\n";
  const auto cut = harness.run("SELECT count(*) FROM orders");
  EXPECT_EQ(*cut.status->state, "CANCELLED");
  EXPECT_EQ(*cut.status->state_change_reason, "Bytes scanned limit was exceeded");
  // The partition that is not read does not count, and other workgroups have no cutoff.
  EXPECT_EQ(*harness.run("SELECT count(*) FROM orders WHERE dt = '2025-08-01'").status->state,
            "SUCCEEDED");
  harness.work_group.clear();
  EXPECT_EQ(*harness.run("SELECT count(*) FROM orders").status->state, "SUCCEEDED");
}

// Documented: the same query in the same workgroup, within the age.
TEST(Reuse, PointsToAResultThatIsNotTooOld) {
  Harness harness;
  make_orders(harness);
  const std::string sql = "SELECT count(*) FROM orders";
  const auto first = harness.run(sql);
  harness.s3.objects["lake/orders/dt=2025-08-02/c"] = "{\"orderid\":\"new\"}\n";
  harness.reuse_minutes = 5;
  const auto reused = [](const api::QueryExecution& execution) {
    return execution.statistics->result_reuse_information->reused_previous_result;
  };
  harness.clock.advance(std::chrono::minutes(4));
  const auto second = harness.run(sql);
  EXPECT_EQ(*second.status->state, "SUCCEEDED");
  EXPECT_TRUE(reused(second));
  EXPECT_EQ(*second.statistics->data_scanned_in_bytes, 0);
  EXPECT_EQ(second.result_configuration->output_location,
            first.result_configuration->output_location);
  const auto rows = harness.results(*second.query_execution_id);
  ASSERT_TRUE(rows);
  EXPECT_EQ(*(*(*rows->result_set->rows)[1].data)[0].var_char_value, "3");
  EXPECT_FALSE(reused(harness.run("SELECT count(*) AS other FROM orders")));
  // What was taken over does not get younger by it.
  harness.clock.advance(std::chrono::minutes(2));
  const auto third = harness.run(sql);
  EXPECT_FALSE(reused(third));
  EXPECT_EQ(harness.file(third), "\"_col0\"\n\"4\"\n");
  // A result that was deleted is not found; the query runs.
  harness.s3.objects.erase(third.result_configuration->output_location->substr(5));
  EXPECT_FALSE(reused(harness.run(sql)));
  harness.reuse_minutes.reset();
  EXPECT_FALSE(reused(harness.run(sql)));
}

TEST(ResultFile, CsvReadsBackWhatItWrote) {
  const std::vector<Cells> rows = {
      {"a", std::nullopt, ""}, {"x\"y", "line\nbreak", ","}, {std::nullopt, "é", "\"\""}};
  std::string text;
  for (const Cells& cells : rows) append_csv(text, cells);
  std::size_t at = 0;
  for (const Cells& cells : rows) {
    Cells read;
    ASSERT_TRUE(read_csv(text, at, read));
    EXPECT_EQ(read, cells);
  }
  EXPECT_EQ(at, text.size());
  // A line cut short anywhere is not a line yet.
  const std::size_t line_end = text.find('\n') + 1;
  for (std::size_t cut = 0; cut < line_end; ++cut) {
    Cells read;
    std::size_t from = 0;
    EXPECT_FALSE(read_csv(std::string_view(text).substr(0, cut), from, read)) << cut;
    EXPECT_EQ(from, 0u);
  }
}

}  // namespace
}  // namespace penstock::athena
