// The seven steps by typed clients. What exists already is left as it is.
#include "cli/pipeline.h"

#include <fmt/format.h>

#include "cli/embedded.h"
#include "cli/zip.h"
#include "gen/dynamodb/client.h"
#include "gen/firehose/client.h"
#include "gen/glue/client.h"
#include "gen/iam/client.h"
#include "gen/kinesis/client.h"
#include "gen/lambda/client.h"
#include "gen/pipes/client.h"
#include "gen/s3/client.h"
#include "gen/sts/client.h"

namespace penstock::cli {
namespace {

using protocol::ApiResult;

// Fine when the thing is there already.
template <typename T>
ApiResult<void> made(ApiResult<T> reply) {
  static constexpr std::string_view kThere[] = {
      "EntityAlreadyExists", "ResourceInUseException",  "AlreadyExistsException",
      "ConflictException",   "BucketAlreadyOwnedByYou", "ResourceConflictException"};
  if (reply) return {};
  for (const std::string_view code : kThere) {
    if (reply.error().code == code) return {};
  }
  return std::unexpected(std::move(reply).error());
}

class Maker {
 public:
  Maker(Session& session, const PipelinePlan& plan, std::function<void(const std::string&)> step)
      : session_(session),
        plan_(plan),
        names_(plan.names),
        context_(session.context()),
        step_(std::move(step)) {}

  Task<ApiResult<void>> all() {
    auto identity = co_await session_.client<sts::Client>().get_caller_identity(context_, {});
    if (!identity) co_return std::unexpected(identity.error());
    account_ = identity->account.value_or("000000000000");
    CO_TRY_VOID(co_await roles());
    CO_TRY_VOID(co_await table());
    CO_TRY_VOID(co_await stream());
    CO_TRY_VOID(co_await pipe());
    CO_TRY_VOID(co_await function());
    CO_TRY_VOID(co_await bucket(names_.bucket));
    CO_TRY_VOID(co_await delivery());
    CO_TRY_VOID(co_await catalog());
    CO_TRY_VOID(co_await bucket(names_.results));
    co_return ApiResult<void>();
  }

 private:
  std::string role_arn(std::string_view name) const {
    return fmt::format("arn:aws:iam::{}:role/{}", account_, name);
  }
  std::string arn(std::string_view service, std::string_view resource) const {
    return fmt::format("arn:aws:{}:{}:{}:{}", service, session_.region(), account_, resource);
  }

  Task<ApiResult<void>> role(std::string name, std::string service) {
    iam::api::CreateRoleRequest input;
    input.role_name = std::move(name);
    input.assume_role_policy_document = fmt::format(
        R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"{}"}},)"
        R"("Action":"sts:AssumeRole"}}]}})",
        service);
    co_return made(co_await session_.client<iam::Client>().create_role(context_, std::move(input)));
  }

  Task<ApiResult<void>> roles() {
    CO_TRY_VOID(co_await role("sales-pipe-role", "pipes.amazonaws.com"));
    CO_TRY_VOID(co_await role("sales-function-role", "lambda.amazonaws.com"));
    CO_TRY_VOID(co_await role("sales-delivery-role", "firehose.amazonaws.com"));
    CO_TRY_VOID(co_await role("sales-crawler-role", "glue.amazonaws.com"));
    step_("roles for pipe, function, delivery and crawler");
    co_return ApiResult<void>();
  }

  Task<ApiResult<void>> table() {
    const dynamodb::Client client = session_.client<dynamodb::Client>();
    dynamodb::api::CreateTableInput input;
    input.table_name = names_.table;
    input.attribute_definitions.emplace().push_back({"orderid", "S"});
    input.key_schema.emplace().push_back({"orderid", "HASH"});
    input.billing_mode = "PAY_PER_REQUEST";
    auto& stream = input.stream_specification.emplace();
    stream.stream_enabled = true;
    stream.stream_view_type = "NEW_AND_OLD_IMAGES";
    CO_TRY_VOID(made(co_await client.create_table(context_, std::move(input))));
    dynamodb::api::DescribeTableInput question;
    question.table_name = names_.table;
    CO_TRY(auto reply, co_await client.describe_table(context_, std::move(question)));
    if (!reply.table || !reply.table->latest_stream_arn) {
      co_return protocol::refuse("ResourceNotFoundException",
                                 fmt::format("The table {} has no stream.", names_.table));
    }
    stream_arn_ = *reply.table->latest_stream_arn;
    step_(fmt::format("table {} with its stream", names_.table));
    co_return ApiResult<void>();
  }

  Task<ApiResult<void>> stream() {
    kinesis::api::CreateStreamInput input;
    input.stream_name = names_.stream;
    input.shard_count = plan_.shards;
    CO_TRY_VOID(made(
        co_await session_.client<kinesis::Client>().create_stream(context_, std::move(input))));
    step_(fmt::format("Kinesis stream {}", names_.stream));
    co_return ApiResult<void>();
  }

  Task<ApiResult<void>> pipe() {
    pipes::api::CreatePipeRequest input;
    input.name = names_.pipe;
    input.role_arn = role_arn("sales-pipe-role");
    input.source = stream_arn_;
    auto& source = input.source_parameters.emplace().dynamo_db_stream_parameters.emplace();
    source.starting_position = "TRIM_HORIZON";
    source.batch_size = 500;  // What PutRecords takes.
    input.target = arn("kinesis", "stream/" + names_.stream);
    input.target_parameters.emplace().kinesis_stream_parameters.emplace().partition_key =
        "$.eventID";
    CO_TRY_VOID(
        made(co_await session_.client<pipes::Client>().create_pipe(context_, std::move(input))));
    step_(fmt::format("pipe {}", names_.pipe));
    co_return ApiResult<void>();
  }

  Task<ApiResult<void>> function() {
    if (plan_.built_in_transform) co_return ApiResult<void>();
    const auto zip = make_zip({{"lambda_function.py", kSalesTransform}});
    if (!zip) co_return std::unexpected(ApiError(zip.error()));
    lambda::api::CreateFunctionRequest input;
    input.function_name = names_.function;
    input.runtime = "python3.11";
    input.handler = "lambda_function.lambda_handler";
    input.role = role_arn("sales-function-role");
    input.timeout = 60;
    input.memory_size = 256;
    input.code.zip_file = Blob{*zip};
    CO_TRY_VOID(made(
        co_await session_.client<lambda::Client>().create_function(context_, std::move(input))));
    step_(fmt::format("function {} (python)", names_.function));
    co_return ApiResult<void>();
  }

  Task<ApiResult<void>> bucket(std::string name) {
    s3::api::CreateBucketRequest input;
    input.bucket = name;
    if (session_.region() != "us-east-1") {
      input.create_bucket_configuration.emplace().location_constraint = session_.region();
    }
    CO_TRY_VOID(
        made(co_await session_.client<s3::Client>().create_bucket(context_, std::move(input))));
    step_(fmt::format("bucket {}", name));
    co_return ApiResult<void>();
  }

  Task<ApiResult<void>> delivery() {
    firehose::api::CreateDeliveryStreamInput input;
    input.delivery_stream_name = names_.delivery;
    input.delivery_stream_type = "KinesisStreamAsSource";
    auto& source = input.kinesis_stream_source_configuration.emplace();
    source.kinesis_stream_arn = arn("kinesis", "stream/" + names_.stream);
    source.role_arn = role_arn("sales-delivery-role");
    auto& s3 = input.extended_s3_destination_configuration.emplace();
    s3.role_arn = role_arn("sales-delivery-role");
    s3.bucket_arn = "arn:aws:s3:::" + names_.bucket;
    s3.buffering_hints.emplace(
        firehose::api::BufferingHints{plan_.buffer_mb, plan_.buffer_seconds});
    s3.error_output_prefix = "errors/!{firehose:error-output-type}/";
    s3.prefix = "sales/";
    auto& processing = s3.processing_configuration.emplace();
    processing.enabled = true;
    firehose::api::Processor processor;
    processor.type = "Lambda";
    const std::string function = plan_.built_in_transform ? "penstock-unmarshal" : names_.function;
    processor.parameters.emplace().push_back({"LambdaArn", arn("lambda", "function:" + function)});
    processing.processors.emplace().push_back(std::move(processor));
    const firehose::Client client = session_.client<firehose::Client>();
    CO_TRY_VOID(made(co_await client.create_delivery_stream(context_, std::move(input))));
    step_(fmt::format("delivery stream {}", names_.delivery));
    co_return ApiResult<void>();
  }

  Task<ApiResult<void>> catalog() {
    const glue::Client client = session_.client<glue::Client>();
    glue::api::CreateDatabaseRequest database;
    database.database_input.name = names_.database;
    CO_TRY_VOID(made(co_await client.create_database(context_, std::move(database))));
    glue::api::CreateClassifierRequest classifier;
    auto& json = classifier.json_classifier.emplace();
    json.name = names_.classifier;
    json.json_path =
        "$.orderid,$.product_name,$.quantity,$.price,$.event_name,$.event_id,$.creation_datetime";
    if (plan_.built_in_transform) json.json_path = "$";
    CO_TRY_VOID(made(co_await client.create_classifier(context_, std::move(classifier))));
    glue::api::CreateCrawlerRequest crawler;
    crawler.name = names_.crawler;
    crawler.role = role_arn("sales-crawler-role");
    crawler.database_name = names_.database;
    crawler.classifiers = std::vector<std::string>{names_.classifier};
    glue::api::S3Target target;
    target.path = fmt::format("s3://{}/sales/", names_.bucket);
    crawler.targets.s3_targets.emplace().push_back(std::move(target));
    CO_TRY_VOID(made(co_await client.create_crawler(context_, std::move(crawler))));
    step_(fmt::format("database {}, classifier {}, crawler {}", names_.database, names_.classifier,
                      names_.crawler));
    co_return ApiResult<void>();
  }

  using ApiError = protocol::ApiError;

  Session& session_;
  const PipelinePlan& plan_;
  const PipelineNames& names_;
  const protocol::Context context_;
  const std::function<void(const std::string&)> step_;
  std::string account_, stream_arn_;
};

Task<ApiResult<void>> crawl_now(Session& session, std::string crawler) {
  const glue::Client client = session.client<glue::Client>();
  const protocol::Context context = session.context();
  glue::api::StartCrawlerRequest start;
  start.name = crawler;
  CO_TRY_VOID(co_await client.start_crawler(context, std::move(start)));
  for (int attempt = 0; attempt < 600; ++attempt) {
    glue::api::GetCrawlerRequest question;
    question.name = crawler;
    CO_TRY(auto reply, co_await client.get_crawler(context, std::move(question)));
    if (!reply.crawler || reply.crawler->state.value_or("") == "READY") {
      const auto& last = reply.crawler->last_crawl;
      if (last && last->status.value_or("") == "FAILED") {
        co_return protocol::refuse("CrawlFailed", last->error_message.value_or("the crawl failed"));
      }
      co_return ApiResult<void>();
    }
    co_await sleep_for(std::chrono::milliseconds(100));
  }
  co_return protocol::refuse("CrawlFailed", "the crawler did not finish within a minute");
}

}  // namespace

ApiResult<void> make_pipeline(Session& session, const PipelinePlan& plan,
                              std::function<void(const std::string&)> step) {
  Maker maker(session, plan, std::move(step));
  return session.run(maker.all());
}

ApiResult<void> crawl(Session& session, const std::string& crawler) {
  return session.run(crawl_now(session, crawler));
}

}  // namespace penstock::cli
