// What operations claim. Documented: the Service Authorization Reference lists action and resource
// of each.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gen/dynamodb/model.h"
#include "gen/dynamodbstreams/model.h"
#include "gen/firehose/model.h"
#include "gen/glue/model.h"
#include "gen/kinesis/model.h"
#include "gen/lambda/model.h"
#include "gen/logs/model.h"
#include "gen/pipes/model.h"
#include "gen/s3/model.h"
#include "gen/sqs/model.h"
#include "gen/sts/model.h"
#include "server/authority.h"
#include "services/sqs/move_task.h"

namespace penstock::server {
namespace {

using testing::ElementsAre;

protocol::Context here() {
  protocol::Context context;
  context.account = "111122223333";
  context.region = "eu-west-1";
  return context;
}

template <typename Op>
std::vector<Claim> claims(typename Op::Input input) {
  return claims_of(here(), Op::kInfo, protocol::AnyShape::of(std::move(input)));
}

TEST(Claims, NameActionAndResource) {
  EXPECT_THAT(
      claims<kinesis::op::PutRecords>({.stream_name = "s"}),
      ElementsAre(Claim{"kinesis:PutRecords", "arn:aws:kinesis:eu-west-1:111122223333:stream/s"}));
  EXPECT_THAT(claims<kinesis::op::PutRecord>({.stream_arn = "arn:aws:kinesis:x:1:stream/t"}),
              ElementsAre(Claim{"kinesis:PutRecord", "arn:aws:kinesis:x:1:stream/t"}));
  EXPECT_THAT(claims<kinesis::op::GetRecords>({.shard_iterator = "opaque"}),
              ElementsAre(Claim{"kinesis:GetRecords", ""}));
  EXPECT_THAT(claims<kinesis::op::ListStreams>({}), ElementsAre(Claim{"kinesis:ListStreams", "*"}));
  EXPECT_THAT(claims<dynamodbstreams::op::GetRecords>({.shard_iterator = "arn:aws:dynamodb:a|1|x"}),
              ElementsAre(Claim{"dynamodb:GetRecords", "arn:aws:dynamodb:a"}));
  EXPECT_THAT(claims<lambda::op::Invoke>({.function_name = "f"}),
              ElementsAre(Claim{"lambda:InvokeFunction",
                                "arn:aws:lambda:eu-west-1:111122223333:function:f"}));
  EXPECT_THAT(claims<pipes::op::StartPipe>({.name = "p"}),
              ElementsAre(Claim{"pipes:StartPipe", "arn:aws:pipes:eu-west-1:111122223333:pipe/p"}));
  EXPECT_THAT(claims<s3::op::HeadObject>({.bucket = "b", .key = "a/k"}),
              ElementsAre(Claim{"s3:GetObject", "arn:aws:s3:::b/a/k"}));
  EXPECT_THAT(claims<s3::op::ListObjectsV2>({.bucket = "b"}),
              ElementsAre(Claim{"s3:ListBucket", "arn:aws:s3:::b"}));
  EXPECT_THAT(claims<s3::op::ListBuckets>({}), ElementsAre(Claim{"s3:ListAllMyBuckets", "*"}));
  EXPECT_THAT(claims<logs::op::PutLogEvents>({.log_group_name = "g", .log_stream_name = "s"}),
              ElementsAre(Claim{"logs:PutLogEvents",
                                "arn:aws:logs:eu-west-1:111122223333:log-group:g:log-stream:s"}));
  EXPECT_THAT(claims<sts::op::GetCallerIdentity>({}), ElementsAre());
}

// Documented: a qualified ARN is another resource than the unqualified one.
TEST(Claims, NameFunctionsWithTheirQualifiers) {
  const std::string function = "arn:aws:lambda:eu-west-1:111122223333:function:f";
  struct Case {
    std::string name;
    std::optional<std::string> qualifier;
    std::string resource;
  };
  const Case cases[] = {
      {"f", {}, function},
      {"f:1", {}, function + ":1"},
      {"f", "1", function + ":1"},
      {"f:1", "1", function + ":1"},
      {"function:f", {}, function},
      {"111122223333:function:f", "$LATEST", function + ":$LATEST"},
      {"999988887777:function:f", {}, "arn:aws:lambda:eu-west-1:999988887777:function:f"},
      {function, {}, function},
      {function, "2", function + ":2"},
      // Twelve digits are an account, and not whatever is as long.
      {"twelveletter:function:f", {}, ""},
      {"thirteen-long:function",
       {},
       "arn:aws:lambda:eu-west-1:111122223333:function:thirteen-long:function"},
      {"arn:aws-cn:lambda:eu-west-1:111122223333:function:f", {}, ""},
  };
  for (const Case& c : cases) {
    EXPECT_THAT(claims<lambda::op::Invoke>({.function_name = c.name, .qualifier = c.qualifier}),
                ElementsAre(Claim{"lambda:InvokeFunction", c.resource}))
        << c.name;
  }
  EXPECT_THAT(claims<lambda::op::UpdateEventSourceMapping>({.uuid = "u", .function_name = "f"}),
              ElementsAre(Claim{"lambda:UpdateEventSourceMapping",
                                "arn:aws:lambda:eu-west-1:111122223333:event-source-mapping:u"}));
}

TEST(Claims, NameQueues) {
  const std::string queue = "arn:aws:sqs:eu-west-1:111122223333:q";
  EXPECT_THAT(claims<sqs::op::SendMessage>({.queue_url = "http://h:1/111122223333/q"}),
              ElementsAre(Claim{"sqs:SendMessage", queue}));
  EXPECT_THAT(claims<sqs::op::SendMessageBatch>({.queue_url = "http://h/222233334444/q"}),
              ElementsAre(Claim{"sqs:SendMessage", "arn:aws:sqs:eu-west-1:222233334444:q"}));
  EXPECT_THAT(claims<sqs::op::GetQueueUrl>(
                  {.queue_name = "q", .queue_owner_aws_account_id = "222233334444"}),
              ElementsAre(Claim{"sqs:GetQueueUrl", "arn:aws:sqs:eu-west-1:222233334444:q"}));
  EXPECT_THAT(claims<sqs::op::SendMessage>({.queue_url = "http://h:1/111122223333/q/"}),
              ElementsAre(Claim{"sqs:SendMessage", queue}));
  EXPECT_THAT(claims<sqs::op::SendMessage>({.queue_url = "http://h:1/q"}),
              ElementsAre(Claim{"sqs:SendMessage", ""}));
  // Documented ("Configuring queue permissions for dead-letter queue redrive").
  const std::string back = "arn:aws:sqs:eu-west-1:111122223333:back";
  EXPECT_THAT(claims<sqs::op::StartMessageMoveTask>({.source_arn = queue, .destination_arn = back}),
              ElementsAre(Claim{"sqs:StartMessageMoveTask", queue},
                          Claim{"sqs:ReceiveMessage", queue}, Claim{"sqs:DeleteMessage", queue},
                          Claim{"sqs:GetQueueAttributes", queue}, Claim{"sqs:SendMessage", back}));
  EXPECT_EQ(claims<sqs::op::StartMessageMoveTask>({.source_arn = queue}).back(),
            (Claim{"sqs:SendMessage", ""}));
  const std::string handle = sqs::move_task_handle({.id = "1", .source_arn = queue});
  EXPECT_THAT(claims<sqs::op::CancelMessageMoveTask>({.task_handle = handle}),
              ElementsAre(Claim{"sqs:CancelMessageMoveTask", queue}));
  EXPECT_THAT(claims<sqs::op::CancelMessageMoveTask>({.task_handle = "t"}),
              ElementsAre(Claim{"sqs:CancelMessageMoveTask", ""}));
  EXPECT_THAT(claims<sqs::op::ListQueues>({}), ElementsAre(Claim{"sqs:ListQueues", "*"}));
}

// Documented: whoever hands a role to a service needs iam:PassRole on it.
TEST(Claims, PassedRolesAreClaimed) {
  const std::string role = "arn:aws:iam::111122223333:role/x/r";
  EXPECT_THAT(claims<lambda::op::CreateFunction>({.function_name = "f", .role = role}),
              ElementsAre(Claim{"lambda:CreateFunction",
                                "arn:aws:lambda:eu-west-1:111122223333:function:f"},
                          Claim{"iam:PassRole", role, "lambda.amazonaws.com"}));
  EXPECT_THAT(claims<lambda::op::UpdateFunctionConfiguration>({.function_name = "f"}).size(), 1U);
  firehose::api::CreateDeliveryStreamInput input{.delivery_stream_name = "d"};
  input.extended_s3_destination_configuration.emplace().role_arn = role;
  input.kinesis_stream_source_configuration.emplace().role_arn = role;
  EXPECT_THAT(claims<firehose::op::CreateDeliveryStream>(input),
              ElementsAre(Claim{"firehose:CreateDeliveryStream",
                                "arn:aws:firehose:eu-west-1:111122223333:deliverystream/d"},
                          Claim{"iam:PassRole", role, "firehose.amazonaws.com"}));
  for (const char* name : {"named", "/named"}) {
    EXPECT_EQ(
        claims<glue::op::CreateCrawler>({.name = "c", .role = name}).back(),
        (Claim{"iam:PassRole", "arn:aws:iam::111122223333:role/named", "glue.amazonaws.com"}));
  }
}

TEST(Claims, AskKinesisForWhatHasNoArn) {
  const std::string stream = "arn:aws:kinesis:eu-west-1:111122223333:stream/s";
  const KinesisNames names{
      .of_token = [&](const protocol::Context&,
                      std::string_view token) { return token == "known" ? stream : ""; },
      .of_consumer =
          [](std::string_view arn, std::string_view consumer) {
            return consumer == "c" ? std::string(arn) + "/consumer/c:1" : "";
          },
  };
  const auto resource = [&]<typename Op>(Op, typename Op::Input input) {
    return claims_of(here(), Op::kInfo, protocol::AnyShape::of(std::move(input)), names)[0]
        .resource;
  };
  using namespace kinesis::op;
  EXPECT_EQ(resource(GetRecords{}, {.shard_iterator = "known"}), stream);
  EXPECT_EQ(resource(GetRecords{}, {.shard_iterator = "mangled"}), "");
  EXPECT_EQ(resource(ListShards{}, {.next_token = "known"}), stream);
  EXPECT_EQ(resource(ListStreams{}, {}), "*");
  EXPECT_EQ(resource(DescribeStreamConsumer{}, {.stream_arn = stream, .consumer_name = "c"}),
            stream + "/consumer/c:1");
  EXPECT_EQ(resource(DescribeStreamConsumer{}, {.stream_arn = stream, .consumer_name = "d"}),
            stream);
  EXPECT_EQ(resource(DescribeStreamConsumer{}, {.consumer_arn = stream + "/consumer/c:2"}),
            stream + "/consumer/c:2");
  EXPECT_EQ(resource(SubscribeToShard{}, {.consumer_arn = stream + "/consumer/c:2"}),
            stream + "/consumer/c:2");
  EXPECT_EQ(resource(RegisterStreamConsumer{}, {.stream_arn = stream, .consumer_name = "new"}),
            stream);
}

TEST(Claims, NameEveryTable) {
  const std::string table = "arn:aws:dynamodb:eu-west-1:111122223333:table/";
  using namespace dynamodb;
  EXPECT_THAT(claims<op::GetItem>({.table_name = "t"}),
              ElementsAre(Claim{"dynamodb:GetItem", table + "t"}));
  EXPECT_THAT(claims<op::Query>({.table_name = "t", .index_name = "i"}),
              ElementsAre(Claim{"dynamodb:Query", table + "t/index/i"}));
  // Documented: to make a table with a policy takes both permissions.
  EXPECT_THAT(claims<op::CreateTable>({.table_name = "t", .resource_policy = "{}"}),
              ElementsAre(Claim{"dynamodb:PutResourcePolicy", table + "t"},
                          Claim{"dynamodb:CreateTable", table + "t"}));
  api::BatchGetItemInput batch;
  batch.request_items = {{"a", {}}, {table + "b", {}}};
  EXPECT_THAT(claims<op::BatchGetItem>(std::move(batch)),
              ElementsAre(Claim{"dynamodb:BatchGetItem", table + "a"},
                          Claim{"dynamodb:BatchGetItem", table + "b"}));
  api::TransactWriteItemsInput writes;
  writes.transact_items.resize(2);
  writes.transact_items[0].put.emplace().table_name = "a";
  writes.transact_items[1].delete_.emplace().table_name = "b";
  EXPECT_THAT(claims<op::TransactWriteItems>(std::move(writes)),
              ElementsAre(Claim{"dynamodb:PutItem", table + "a"},
                          Claim{"dynamodb:DeleteItem", table + "b"}));
}

// Documented ("Using IAM with DynamoDB backup and restore"), for the names of the seven actions by
// an example.
TEST(Claims, OfARestoreAreOnBothTables) {
  const std::string table = "arn:aws:dynamodb:eu-west-1:111122223333:table/";
  using namespace dynamodb::op;
  const auto expect = [&](std::vector<Claim> claims, const Claim& first) {
    ASSERT_EQ(claims.size(), 8U);
    EXPECT_EQ(claims[0], first);
    for (const char* action :
         {"BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem"}) {
      EXPECT_THAT(claims,
                  testing::Contains(Claim{std::string("dynamodb:") + action, table + "made"}));
    }
  };
  const Claim past{"dynamodb:RestoreTableToPointInTime", table + "t"};
  expect(claims<RestoreTableToPointInTime>({.source_table_name = "t", .target_table_name = "made"}),
         past);
  expect(claims<RestoreTableToPointInTime>(
             {.source_table_arn = table + "t", .target_table_name = "made"}),
         past);
  const std::string backup = table + "t/backup/01";
  expect(claims<RestoreTableFromBackup>({.target_table_name = "made", .backup_arn = backup}),
         {"dynamodb:RestoreTableFromBackup", backup});
  dynamodb::api::ImportTableInput import;
  import.table_creation_parameters.table_name = "made";
  EXPECT_THAT(claims<ImportTable>(std::move(import)),
              ElementsAre(Claim{"dynamodb:ImportTable", table + "made"}));
}

// As the service reads them: it is its parser.
TEST(Claims, NameWhatStatementsDo) {
  const std::string table = "arn:aws:dynamodb:eu-west-1:111122223333:table/";
  const std::pair<std::string, Claim> statements[] = {
      {"SELECT * FROM \"t\".\"i\" WHERE a=1", {"dynamodb:PartiQLSelect", table + "t/index/i"}},
      {"insert into t value {}", {"dynamodb:PartiQLInsert", table + "t"}},
      {"UPDATE \"t\"\nSET a=1", {"dynamodb:PartiQLUpdate", table + "t"}},
      {"DELETE FROM t WHERE a=1", {"dynamodb:PartiQLDelete", table + "t"}},
      {"UPDATE\"t\" SET a=1 WHERE b=2", {"dynamodb:PartiQLUpdate", table + "t"}},
      {"DELETE--\nFROM \"t\" WHERE a=1", {"dynamodb:PartiQLDelete", table + "t"}},
      {"DELETE /* it */ FROM t WHERE a=1", {"dynamodb:PartiQLDelete", table + "t"}},
      {"FROM t WHERE a=1 SET b=2", {"dynamodb:PartiQLUpdate", table + "t"}},
      {"SELECT * FROM \"t\";", {"dynamodb:PartiQLSelect", table + "t"}},
      {"SELECT * FROM \"t\"WHERE a=1", {"dynamodb:PartiQLSelect", table + "t"}},
      {"SELECT \"a FROM allowed b\" FROM t", {"dynamodb:PartiQLSelect", table + "t"}},
      {"SELECT * FROM t.i", {"dynamodb:PartiQLSelect", table + "t/index/i"}},
      {"SELECT * FROM \"" + table + "t\".i", {"dynamodb:PartiQLSelect", table + "t/index/i"}},
      {"EXISTS(SELECT * FROM t WHERE a=1)", {"dynamodb:PartiQLSelect", table + "t"}},
      {"nonsense", {"dynamodb:PartiQLSelect", ""}},
      {"'", {"dynamodb:PartiQLSelect", ""}},
      {"DELETE FROM", {"dynamodb:PartiQLDelete", ""}},
      {"INSERT INTO t VALUE {", {"dynamodb:PartiQLInsert", ""}},
  };
  for (const auto& [text, claim] : statements) {
    EXPECT_THAT(claims<dynamodb::op::ExecuteStatement>({.statement = text}), ElementsAre(claim))
        << text;
  }
}

TEST(Claims, OfTheCatalogIncludeWhatIsAround) {
  const std::string glue = "arn:aws:glue:eu-west-1:111122223333:";
  EXPECT_THAT(claims<glue::op::GetTable>({.database_name = "d", .name = "t"}),
              ElementsAre(Claim{"glue:GetTable", glue + "catalog"},
                          Claim{"glue:GetTable", glue + "database/d"},
                          Claim{"glue:GetTable", glue + "table/d/t"}));
  // Deduced: names are folded to lower case, and so are those of the resources.
  EXPECT_EQ(claims<glue::op::GetTable>({.database_name = "D", .name = "T"}),
            claims<glue::op::GetTable>({.database_name = "d", .name = "t"}));
  glue::api::CreateTableRequest made{.database_name = "d"};
  made.table_input.emplace().name = "T";
  EXPECT_EQ(claims<glue::op::CreateTable>(made).back(),
            (Claim{"glue:CreateTable", glue + "table/d/t"}));
  glue::api::UpdateTableRequest changed{.database_name = "d"};
  changed.table_input = made.table_input;
  EXPECT_EQ(claims<glue::op::UpdateTable>(changed).back(),
            (Claim{"glue:UpdateTable", glue + "table/d/t"}));
  EXPECT_THAT(
      claims<glue::op::BatchDeleteTable>({.database_name = "d", .tables_to_delete = {"t", "u"}}),
      ElementsAre(Claim{"glue:BatchDeleteTable", glue + "catalog"},
                  Claim{"glue:BatchDeleteTable", glue + "database/d"},
                  Claim{"glue:BatchDeleteTable", glue + "table/d/t"},
                  Claim{"glue:BatchDeleteTable", glue + "table/d/u"}));
  glue::api::CreateDatabaseRequest database;
  database.database_input.name = "D";
  EXPECT_EQ(claims<glue::op::CreateDatabase>(database).back(),
            (Claim{"glue:CreateDatabase", glue + "database/d"}));
  EXPECT_THAT(claims<glue::op::StartCrawler>({.name = "c"}),
              ElementsAre(Claim{"glue:StartCrawler", glue + "crawler/c"}));
}

}  // namespace
}  // namespace penstock::server
