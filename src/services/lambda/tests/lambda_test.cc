// The API over a real store and real Python processes. Wording is recorded on AWS unless a test
// says otherwise.
#include "services/lambda/lambda.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "base/bytes.h"
#include "gen/logs/shapes.h"
#include "gen/s3/shapes.h"
#include "services/lambda/operations.h"
#include "services/lambda/policy.h"
#include "services/lambda/store.h"
#include "services/lambda/tests/zip_maker.h"

namespace penstock::lambda {
namespace {

using testing::make_zip;

// S3 and CloudWatch Logs as far as Lambda calls them.
class FakePeers final : public protocol::Caller {
 public:
  Reply<protocol::AnyShape> call(Context context, const protocol::OperationInfo& operation,
                                 protocol::AnyShape input) override {
    const std::scoped_lock lock(mutex_);
    if (operation.name == "GetObject") {
      const auto found = objects.find(input.as<s3::api::GetObjectRequest>().key);
      if (found == objects.end()) {
        co_return protocol::refuse("NoSuchKey", "The specified key does not exist.", 404);
      }
      s3::api::GetObjectOutput output;
      output.body = net::Body(found->second);
      co_return protocol::AnyShape::of(std::move(output));
    }
    if (operation.name == "PutLogEvents") {
      auto& request = input.as<logs::api::PutLogEventsRequest>();
      for (const auto& event : request.log_events) log += event.message;
      log_group = request.log_group_name;
      log_principal = context.principal_arn;
      changed_.notify_all();
    }
    co_return operation.make_output();
  }
  bool wait_for_log(std::string_view text) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20),
                             [&] { return log.find(text) != std::string::npos; });
  }
  std::map<std::string, std::string> objects;
  std::string log, log_group, log_principal;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

const std::string kRole = "arn:aws:iam::000000000000:role/fn";
const std::string kEcho = "def handler(e, c):\n    print('called', e)\n    return e\n";

class LambdaTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string path = (std::filesystem::temp_directory_path() / "lambda-XXXXXX").string();
    CHECK(mkdtemp(path.data()) != nullptr);
    directory_ = path;
    options_.directory = directory_ + "/scratch";
    options_.retry_wait = std::chrono::milliseconds(1);
    open();
  }
  void TearDown() override {
    close();
    std::filesystem::remove_all(directory_);
  }
  void open() {
    auto store = storage::Store::open(
        {.directory = directory_ + "/store", .durability = storage::Durability::kNone});
    auto files = storage::BlobFiles::open(directory_ + "/packages", storage::Durability::kNone);
    ASSERT_TRUE(store.has_value() && files.has_value());
    store_ = std::move(*store);
    files_ = std::move(*files);
    Dependencies dependencies{*store_, *files_, runtime_, clock_, *random_, &peers_, &peers_};
    dependencies.check_role = [](RoleUse use) -> Task<Status> {
      if (use.role_arn.ends_with("/nobody")) co_return fail(ErrorKind::kNotFound, "no such role");
      co_return Status{};
    };
    dependencies.make_session = [](std::string, std::string,
                                   std::string) -> Task<Result<RoleCredentials>> {
      co_return RoleCredentials{"AKIDTEST", "secret", "token",
                                Timestamp::from_seconds(std::int64_t{4'000'000'000})};
    };
    service_ = std::make_unique<Service>(std::move(dependencies), options_);
    const Status started = service_->start();
    ASSERT_TRUE(started.has_value()) << started.error().message;
  }
  void close() {
    service_->stop();
    service_.reset();
    files_.reset();
    store_.reset();
  }
  template <typename T>
  protocol::ApiResult<T> run(Reply<T> reply) {
    return block_on(runtime_.loop(0), std::move(reply));
  }
  api::CreateFunctionRequest request(const std::string& name, const std::string& code) {
    api::CreateFunctionRequest input;
    input.function_name = name;
    input.runtime = "python3.12";
    input.handler = "app.handler";
    input.role = kRole;
    input.code.zip_file = Blob{make_zip("app.py", code)};
    return input;
  }
  api::FunctionConfiguration create(const std::string& name, const std::string& code) {
    auto reply = run(create_function(*service_, context_, request(name, code)));
    EXPECT_TRUE(reply.has_value()) << reply.error().message;
    return reply ? *reply : api::FunctionConfiguration{};
  }
  protocol::ApiResult<api::InvocationResponse> call(const std::string& name,
                                                    const std::string& payload = "{}",
                                                    const std::string& type = "RequestResponse") {
    api::InvocationRequest input;
    input.function_name = name;
    input.invocation_type = type;
    input.log_type = "Tail";
    input.payload = Blob{payload};
    return run(invoke(*service_, context_, std::move(input)));
  }

  std::string directory_;
  Options options_;
  SystemClock clock_;
  std::unique_ptr<Random> random_ = make_seeded_random(3);
  FakePeers peers_;
  Runtime runtime_{{.loops = 2}};
  Context context_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<storage::BlobFiles> files_;
  std::unique_ptr<Service> service_;
};

TEST_F(LambdaTest, CreatesWithAwsDefaultsAndRuns) {
  const auto created = create("echo", kEcho);
  EXPECT_EQ(created.function_arn, "arn:aws:lambda:us-east-1:000000000000:function:echo");
  EXPECT_EQ(created.state, "Pending");
  EXPECT_EQ(created.state_reason_code, "Creating");
  EXPECT_EQ(created.timeout, 3);
  EXPECT_EQ(created.memory_size, 128);
  EXPECT_EQ(created.version, "$LATEST");
  EXPECT_EQ(created.description, "");
  EXPECT_EQ(created.code_sha256, base64_encode(sha256(make_zip("app.py", kEcho))));
  EXPECT_EQ(created.logging_config->log_group, "/aws/lambda/echo");
  EXPECT_TRUE(created.last_modified->ends_with("+0000"));
  const auto now = run(get_function(*service_, context_, {.function_name = "echo"}));
  EXPECT_EQ(now->configuration->state, "Active");
  EXPECT_EQ(now->configuration->last_update_status, "Successful");

  const auto reply = call("echo", "{\"a\": 1}");
  ASSERT_TRUE(reply.has_value()) << reply.error().message;
  EXPECT_EQ(reply->status_code, 200);
  EXPECT_EQ(reply->payload->bytes, "{\"a\": 1}");
  EXPECT_EQ(reply->executed_version, "$LATEST");
  EXPECT_FALSE(reply->function_error.has_value());
  const auto tail = base64_decode(*reply->log_result);
  EXPECT_NE(tail->find("called {'a': 1}\nEND RequestId: "), std::string::npos) << *tail;
  EXPECT_TRUE(peers_.wait_for_log("REPORT RequestId: "));
  EXPECT_EQ(peers_.log_group, "/aws/lambda/echo");
  EXPECT_EQ(peers_.log_principal, "arn:aws:sts::000000000000:assumed-role/fn/echo");
}

TEST_F(LambdaTest, GivesFunctionsTheirRolesCredentials) {
  service_->set_endpoint_url("http://127.0.0.1:4566");
  create("env", "import os\ndef handler(e, c): return [os.environ[k] for k in e]\n");
  EXPECT_EQ(call("env", "[\"AWS_ACCESS_KEY_ID\",\"AWS_SESSION_TOKEN\",\"AWS_ENDPOINT_URL\",\"TZ\"]")
                ->payload->bytes,
            "[\"AKIDTEST\", \"token\", \"http://127.0.0.1:4566\", \":UTC\"]");
}

TEST_F(LambdaTest, SurvivesARestart) {
  create("echo", kEcho);
  ASSERT_TRUE(run(publish_version(*service_, context_, {.function_name = "echo"})).has_value());
  ASSERT_TRUE(run(tag_resource(*service_, context_,
                               {.resource = "arn:aws:lambda:us-east-1:000000000000:function:echo",
                                .tags = {{"team", "sales"}}}))
                  .has_value());
  close();
  open();
  EXPECT_EQ(call("echo:1", "5")->payload->bytes, "5");
  EXPECT_EQ(run(get_function(*service_, context_, {.function_name = "echo"}))->tags->at("team"),
            "sales");
}

struct Refusal {
  std::string_view what;
  std::function<void(api::CreateFunctionRequest&)> change;
  std::string_view code;
  std::string_view message;
};

TEST_F(LambdaTest, RefusesWhatItCannotHonour) {
  create("taken", kEcho);
  const std::vector<Refusal> refusals = {
      {"exists", [](auto& r) { r.function_name = "taken"; }, "ResourceConflictException",
       "Function already exist: taken"},
      {"role", [](auto& r) { r.role = "arn:aws:iam::000000000000:role/nobody"; },
       "InvalidParameterValueException",
       "The role defined for the function cannot be assumed by Lambda."},
      {"no code", [](auto& r) { r.code = {}; }, "InvalidParameterValueException",
       "Please provide a source for function code."},
      {"bad zip", [](auto& r) { r.code.zip_file = Blob{"no zip"}; },
       "InvalidParameterValueException",
       "Could not unzip uploaded file. Please check your file, then try to upload again."},
      {"missing object",
       [](auto& r) {
         r.code = {};
         r.code.s3_bucket = "bucket";
         r.code.s3_key = "gone";
       },
       "InvalidParameterValueException",
       "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified "
       "key does not "
       "exist."},
      {"runtime", [](auto& r) { r.runtime = "java21"; }, "InvalidParameterValueException",
       "Value java21 at 'runtime'"},
      {"no handler", [](auto& r) { r.handler.reset(); }, "InvalidParameterValueException",
       "Runtime and Handler are mandatory parameters for functions created with deployment "
       "packages."},
      {"image", [](auto& r) { r.package_type = "Image"; }, "InvalidParameterValueException",
       "PackageType Image is not supported by this server."},
      {"layers", [](auto& r) { r.layers = std::vector<std::string>{"arn:x"}; },
       "InvalidParameterValueException", "Layers is not supported by this server."},
      {"IPv6", [](auto& r) { r.vpc_config.emplace().ipv6_allowed_for_dual_stack = true; },
       "InvalidParameterValueException", "VpcConfig is not supported by this server."},
      {"timeout", [](auto& r) { r.timeout = 901; }, "ValidationException",
       "1 validation error detected: Value '901' at 'timeout' failed to satisfy constraint: Member "
       "must have value "
       "less than or equal to 900"},
      {"reserved variable",
       [](auto& r) {
         r.environment.emplace().variables =
             std::map<std::string, std::string>{{"AWS_REGION", "x"}};
       },
       "InvalidParameterValueException", "Reserved keys used in this request: AWS_REGION"},
      {"large environment",
       [](auto& r) {
         r.environment.emplace().variables =
             std::map<std::string, std::string>{{"XX", std::string(4096, 'x')}};
       },
       "InvalidParameterValueException", "exceeded the 4KB limit. String measured: {\"XX\":\"xxx"},
  };
  for (const Refusal& refusal : refusals) {
    SCOPED_TRACE(refusal.what);
    api::CreateFunctionRequest input = request("new", kEcho);
    refusal.change(input);
    const auto reply = run(create_function(*service_, context_, std::move(input)));
    ASSERT_FALSE(reply.has_value());
    EXPECT_EQ(reply.error().code, refusal.code);
    EXPECT_NE(reply.error().message.find(refusal.message), std::string::npos)
        << reply.error().message;
  }
  EXPECT_FALSE(run(get_function(*service_, context_, {.function_name = "new"})).has_value());
}

TEST_F(LambdaTest, FindsFunctionsByEveryFormOfName) {
  create("echo", kEcho);
  for (const std::string_view name :
       {"echo", "echo:$LATEST", "function:echo", "000000000000:function:echo",
        "arn:aws:lambda:us-east-1:000000000000:function:echo",
        "arn:aws:lambda:us-east-1:000000000000:function:echo:$LATEST"}) {
    SCOPED_TRACE(name);
    EXPECT_TRUE(
        run(get_function(*service_, context_, {.function_name = std::string(name)})).has_value());
  }
  const auto message = [&](const std::string& name,
                           std::optional<std::string> qualifier = std::nullopt) {
    const auto reply =
        run(get_function(*service_, context_, {.function_name = name, .qualifier = qualifier}));
    return reply ? std::string("found") : reply.error().message;
  };
  EXPECT_EQ(message("gone"),
            "Function not found: arn:aws:lambda:us-east-1:000000000000:function:gone");
  EXPECT_EQ(message("echo", "7"),
            "Function not found: arn:aws:lambda:us-east-1:000000000000:function:echo:7");
  EXPECT_EQ(message("echo:1", "2"),
            "The derived qualifier from the function name does not match the specified qualifier.");
  EXPECT_EQ(message("arn:aws:lambda:eu-west-1:000000000000:function:echo"),
            "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')");
  // Deduced: what is of another account or partition is not here.
  EXPECT_EQ(message("arn:aws-cn:lambda:us-east-1:000000000000:function:echo"),
            "Function not found: arn:aws-cn:lambda:us-east-1:000000000000:function:echo");
  context_.account = "111111111111";
  for (const char* name :
       {"000000000000:function:echo", "arn:aws:lambda:us-east-1:000000000000:function:echo"}) {
    EXPECT_EQ(message(name),
              "Function not found: arn:aws:lambda:us-east-1:000000000000:function:echo");
  }
}

TEST_F(LambdaTest, UpdatesTakeEffectAtOnce) {
  peers_.objects["v2.zip"] = make_zip("app.py", "def handler(e, c): return 'two'\n");
  const auto created = create("f", "def handler(e, c): return 'one'\n");
  EXPECT_EQ(call("f")->payload->bytes, "\"one\"");
  const auto wrong = run(update_function_code(
      *service_, context_,
      {.function_name = "f", .s3_bucket = "b", .s3_key = "v2.zip", .revision_id = "other"}));
  EXPECT_EQ(wrong.error().status, 412);
  const auto updated = run(update_function_code(*service_, context_,
                                                {.function_name = "f",
                                                 .s3_bucket = "b",
                                                 .s3_key = "v2.zip",
                                                 .publish = true,
                                                 .revision_id = created.revision_id}));
  ASSERT_TRUE(updated.has_value()) << updated.error().message;
  EXPECT_EQ(updated->version, "1");
  EXPECT_EQ(call("f")->payload->bytes, "\"two\"");
  api::UpdateFunctionConfigurationRequest change{.function_name = "f", .timeout = 9};
  change.environment.emplace().variables = std::map<std::string, std::string>{{"COLOR", "blue"}};
  const auto configured = run(update_function_configuration(*service_, context_, change));
  EXPECT_EQ(configured->timeout, 9);
  EXPECT_EQ(configured->environment->variables->at("COLOR"), "blue");
  EXPECT_EQ(configured->memory_size, 128);
  EXPECT_EQ(configured->last_update_status, "InProgress");
  // The published version is as it was.
  EXPECT_EQ(
      run(get_function(*service_, context_, {.function_name = "f:1"}))->configuration->timeout, 3);
}

TEST_F(LambdaTest, PublishesOnlyWhatChanged) {
  create("f", kEcho);
  const auto publish = [&] {
    return *run(publish_version(*service_, context_, {.function_name = "f"}))->version;
  };
  EXPECT_EQ(publish(), "1");
  EXPECT_EQ(publish(), "1");
  ASSERT_TRUE(
      run(update_function_configuration(*service_, context_, {.function_name = "f", .timeout = 5}))
          .has_value());
  EXPECT_EQ(publish(), "2");
  const auto sha =
      run(publish_version(*service_, context_, {.function_name = "f", .code_sha256 = "zzz"}));
  EXPECT_TRUE(sha.error().message.starts_with(
      "CodeSHA256 (zzz) is different from current CodeSHA256 in $LATEST ("));
  const auto listed = run(list_versions_by_function(*service_, context_, {.function_name = "f"}));
  ASSERT_EQ(listed->versions->size(), 3U);
  EXPECT_EQ(listed->versions->at(2).function_arn,
            "arn:aws:lambda:us-east-1:000000000000:function:f:2");
  EXPECT_FALSE(listed->versions->at(0).state.has_value());
  ASSERT_TRUE(run(delete_function(*service_, context_, {.function_name = "f", .qualifier = "1"}))
                  .has_value());
  EXPECT_EQ(
      run(delete_function(*service_, context_, {.function_name = "f:$LATEST"})).error().message,
      "$LATEST version cannot be deleted without deleting the function.");
  EXPECT_EQ(
      run(list_versions_by_function(*service_, context_, {.function_name = "f"}))->versions->size(),
      2U);
}

TEST_F(LambdaTest, ListsInPages) {
  for (const std::string name : {"a", "b", "c"}) create(name, kEcho);
  std::string names;
  api::ListFunctionsRequest input{.max_items = 2};
  do {
    const auto page = run(list_functions(*service_, context_, input));
    for (const auto& function : *page->functions) names += *function.function_name;
    names += '|';
    input.marker = page->next_marker;
  } while (input.marker);
  EXPECT_EQ(names, "ab|c|");
  EXPECT_EQ(run(get_account_settings(*service_, context_, {}))->account_usage->function_count, 3);
}

TEST_F(LambdaTest, RefusesWhatCannotBeInvoked) {
  create("echo", kEcho);
  EXPECT_EQ(call("gone").error().code, "ResourceNotFoundException");
  EXPECT_EQ(call("echo", "{not json").error().code, "InvalidRequestContentException");
  const auto large = call("echo", "\"" + std::string(6'291'456, 'x') + "\"");
  EXPECT_EQ(large.error().status, 413);
  EXPECT_EQ(call("echo", "{}", "DryRun")->status_code, 204);
  EXPECT_EQ(call("echo", "")->payload->bytes, "{}");
}

TEST_F(LambdaTest, RunsEventsWithRetries) {
  create("flaky",
         "import os\ndef handler(e, c):\n    print('attempt at', e['n'])\n    raise "
         "ValueError('always')\n");
  const auto reply = call("flaky", "{\"n\": 7}", "Event");
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->status_code, 202);
  EXPECT_FALSE(reply->executed_version.has_value());
  while (engine_stats(*service_).invocations < 3) std::this_thread::yield();
  while (true) {
    const std::scoped_lock lock(service_->mutex);
    if (service_->events == 0) break;
  }
  EXPECT_EQ(engine_stats(*service_).invocations, 3U);
}

TEST_F(LambdaTest, HonoursReservations) {
  create("f", kEcho);
  const auto put = [&](int count) {
    return run(put_function_concurrency(
        *service_, context_, {.function_name = "f", .reserved_concurrent_executions = count}));
  };
  EXPECT_EQ(put(901).error().message,
            "Specified ReservedConcurrentExecutions for function decreases account's "
            "UnreservedConcurrentExecution "
            "below its minimum value of [100].");
  EXPECT_EQ(put(0)->reserved_concurrent_executions, 0);
  const auto throttled = call("f");
  EXPECT_EQ(throttled.error().code, "TooManyRequestsException");
  EXPECT_EQ(throttled.error().status, 429);
  EXPECT_EQ(throttled.error().message, "Rate Exceeded.");
  ASSERT_TRUE(
      run(delete_function_concurrency(*service_, context_, {.function_name = "f"})).has_value());
  EXPECT_TRUE(call("f").has_value());
}

TEST_F(LambdaTest, KeepsPermissions) {
  create("f", kEcho);
  api::AddPermissionRequest input{.function_name = "f",
                                  .statement_id = "s3",
                                  .action = "lambda:InvokeFunction",
                                  .principal = "s3.amazonaws.com",
                                  .source_arn = "arn:aws:s3:::b",
                                  .source_account = "000000000000"};
  const auto added = run(add_permission(*service_, context_, input));
  ASSERT_TRUE(added.has_value()) << added.error().message;
  EXPECT_EQ(added->statement,
            "{\"Sid\":\"s3\",\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"s3.amazonaws.com\"},"
            "\"Action\":\"lambda:InvokeFunction\",\"Resource\":\"arn:aws:lambda:us-east-1:"
            "000000000000:function:f\","
            "\"Condition\":{\"StringEquals\":{\"AWS:SourceAccount\":\"000000000000\"},"
            "\"ArnLike\":{\"AWS:SourceArn\":\"arn:aws:s3:::b\"}}}");
  EXPECT_EQ(run(add_permission(*service_, context_, input)).error().status, 409);
  const auto policy = run(get_policy(*service_, context_, {.function_name = "f"}));
  EXPECT_EQ(policy->policy, "{\"Version\":\"2012-10-17\",\"Id\":\"default\",\"Statement\":[" +
                                *added->statement + "]}");
  EXPECT_EQ(resource_policy(*service_, {"000000000000", "us-east-1"}, "f", ""), policy->policy);
  ASSERT_TRUE(
      run(remove_permission(*service_, context_, {.function_name = "f", .statement_id = "s3"}))
          .has_value());
  EXPECT_EQ(run(get_policy(*service_, context_, {.function_name = "f"})).error().message,
            "No policy is associated with the given resource.");
  EXPECT_EQ(
      run(remove_permission(*service_, context_, {.function_name = "f", .statement_id = "s3"}))
          .error()
          .message,
      "Statement s3 is not found in resource policy.");
}

TEST_F(LambdaTest, DeletesFunctions) {
  create("f", kEcho);
  EXPECT_EQ(run(delete_function(*service_, context_, {.function_name = "f"}))->status_code, 204);
  EXPECT_EQ(call("f").error().status, 404);
  create("f", "def handler(e, c): return 'again'\n");
  EXPECT_EQ(call("f")->payload->bytes, "\"again\"");
}

TEST(FunctionFormat, RoundTrips) {
  Function function{.place = {"1", "r"}, .name = "f"};
  function.latest.runtime = "python3.12";
  function.latest.environment = std::map<std::string, std::string>{{"A", "1"}};
  function.latest.code = {.sha256 = std::string(32, '\x07'), .size = 9, .blob = "b"};
  function.latest.modified = {123};
  function.next_version = 5;
  function.tags = {{"k", "v"}};
  function.reserved = 0;
  function.policy = {{"id", "1", "{}"}};
  const std::string value = encode_function(function);
  const auto back = decode_function(function_key(function.place, function.name), value);
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(encode_function(*back), value);
  for (std::size_t cut = 0; cut < value.size(); ++cut) {
    EXPECT_FALSE(
        decode_function(function_key(function.place, "f"), value.substr(0, cut)).has_value());
  }
}

}  // namespace
}  // namespace penstock::lambda
