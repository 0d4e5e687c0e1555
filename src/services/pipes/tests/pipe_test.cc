// Pipes end to end: from a stream to a target, through errors, restarts and changes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gen/pipes/model.h"
#include "services/pipes/tests/harness.h"

namespace penstock::pipes {
namespace {

using testing::HasSubstr;

TEST(Pipe, ServesEveryOperationThatHasShapes) {
  Harness h;
  EXPECT_EQ(binding(*h.service).operations.size(), kServiceInfo.operations.size());
}

TEST(Pipe, DeliversInOrderAndWakesForNewRecords) {
  Harness h;
  h.stream.add_shard("shard-a");
  h.stream.put("shard-a", 75, h.clock.now());
  const auto created = h.create(Harness::request());
  ASSERT_TRUE(created.has_value()) << created.error().message;
  EXPECT_EQ(created->current_state, "CREATING");
  EXPECT_EQ(created->arn, "arn:aws:pipes:us-east-1:000000000000:pipe/p");
  EXPECT_EQ(h.settled(), "RUNNING");
  ASSERT_TRUE(h.target.wait_for(75));
  h.stream.put("shard-a", 1, h.clock.now());
  ASSERT_TRUE(h.target.wait_for(76));
  EXPECT_EQ(h.numbers(), upto(76));
  EXPECT_EQ(h.target.records()[75].key, "k6");
  EXPECT_TRUE(h.wait_for_counters({76, 76, 0, 0}));
  EXPECT_EQ(h.stream.principal, "arn:aws:sts::000000000000:assumed-role/pipe/p");
}

TEST(Pipe, BatchesAreNoLargerThanAsked) {
  Harness h;
  h.stream.add_shard("shard-a");
  h.stream.put("shard-a", 50, h.clock.now());
  auto request = Harness::request();
  request.source_parameters->dynamo_db_stream_parameters->batch_size = 7;
  ASSERT_TRUE(h.create(request).has_value());
  ASSERT_TRUE(h.target.wait_for(50));
  EXPECT_EQ(h.target.largest_batch(), 7U);
}

TEST(Pipe, AWindowGathersABatch) {
  Harness h;
  h.stream.add_shard("shard-a");
  auto request = Harness::request();
  request.source_parameters->dynamo_db_stream_parameters->maximum_batching_window_in_seconds = 300;
  request.source_parameters->dynamo_db_stream_parameters->batch_size = 10;
  ASSERT_TRUE(h.create(request).has_value());
  ASSERT_EQ(h.settled(), "RUNNING");
  h.stream.put("shard-a", 14, h.clock.now());
  ASSERT_TRUE(h.target.wait_for(1));  // Ten are a batch; four wait.
  EXPECT_EQ(h.target.records().size(), 14U - 4U);
  // The four go when their window ends, whether that is seen before the next record or after it.
  h.clock.advance(std::chrono::seconds(301));
  h.stream.put("shard-a", 1, h.clock.now());
  ASSERT_TRUE(h.target.wait_for(14));
  const std::vector<int> numbers = h.numbers();
  EXPECT_EQ(numbers, upto(static_cast<int>(numbers.size())));
}

TEST(Pipe, ARestartRepeatsNothingAndLosesNothing) {
  Harness h;
  h.stream.add_shard("shard-a");
  h.stream.put("shard-a", 40, h.clock.now());
  ASSERT_TRUE(h.create(Harness::request()).has_value());
  ASSERT_TRUE(h.target.wait_for(40));
  h.close();
  h.stream.put("shard-a", 40, h.clock.now());
  h.open();
  ASSERT_TRUE(h.target.wait_for(80));
  EXPECT_EQ(h.numbers(), upto(80));
  EXPECT_TRUE(h.wait_for_counters({80, 80, 0, 0}));
}

TEST(Pipe, LatestBeginsWhereTheStreamIs) {
  Harness h;
  h.stream.add_shard("shard-a");
  h.stream.put("shard-a", 5, h.clock.now());
  h.clock.advance(std::chrono::seconds(10));
  auto request = Harness::request();
  request.source_parameters->dynamo_db_stream_parameters->starting_position = "LATEST";
  ASSERT_TRUE(h.create(request).has_value());
  ASSERT_EQ(h.settled(), "RUNNING");
  // Nothing was delivered yet: after a restart the place is found again by its time.
  h.reopen();
  h.clock.advance(std::chrono::seconds(10));
  h.stream.put("shard-a", 2, h.clock.now());
  ASSERT_TRUE(h.target.wait_for(2));
  EXPECT_EQ(h.numbers(), (std::vector<int>{6, 7}));
}

TEST(Pipe, ParentsComeBeforeChildren) {
  Harness h;
  h.stream.add_shard("shard-a");
  h.stream.add_shard("shard-b", "shard-a");
  h.stream.put("shard-a", 35, h.clock.now());
  h.stream.put("shard-b", 35, h.clock.now());
  ASSERT_TRUE(h.create(Harness::request()).has_value());
  ASSERT_TRUE(h.target.wait_for(35));
  EXPECT_EQ(h.numbers(), upto(35));
  h.stream.close_shard("shard-a");
  ASSERT_TRUE(h.target.wait_for(70));
  EXPECT_EQ(h.numbers(), upto(70));
}

TEST(Pipe, FaultsOfTheTargetAreRetriedWithoutEnd) {
  Harness h;
  h.stream.add_shard("shard-a");
  h.stream.put("shard-a", 10, h.clock.now());
  h.target.fail_next(
      {{"InternalFailure", "x", 500}, {"ProvisionedThroughputExceededException", "slow down"}});
  auto request = Harness::request();
  request.source_parameters->dynamo_db_stream_parameters->maximum_retry_attempts = 0;
  ASSERT_TRUE(h.create(request).has_value());
  ASSERT_TRUE(h.target.wait_for(10));
  EXPECT_EQ(h.numbers(), upto(10));
}

TEST(Pipe, PartialFailuresAreSentAgain) {
  Harness h;
  h.stream.add_shard("shard-a");
  h.stream.put("shard-a", 10, h.clock.now());
  h.target.throttle_next();
  ASSERT_TRUE(h.create(Harness::request()).has_value());
  ASSERT_TRUE(h.target.wait_for(10));
  EXPECT_EQ(h.numbers(), (std::vector<int>{1, 3, 5, 7, 9, 2, 4, 6, 8, 10}));
  EXPECT_TRUE(h.wait_for_counters({10, 10, 0, 0}));
}

TEST(Pipe, ErrorsOfTheCustomerUseUpTheRetries) {
  Harness h;
  h.stream.add_shard("shard-a");
  h.stream.put("shard-a", 3, h.clock.now());
  h.target.fail_next({{"AccessDeniedException", "no"}, {"AccessDeniedException", "no"}});
  auto request = Harness::request();
  request.source_parameters->dynamo_db_stream_parameters->maximum_retry_attempts = 1;
  ASSERT_TRUE(h.create(request).has_value());
  ASSERT_TRUE(h.target.wait_for_calls(2));
  EXPECT_TRUE(h.wait_for_counters({3, 0, 0, 3}));
  const auto failed = failures(*h.service, {h.context.account, h.context.region}, "p", 10);
  ASSERT_EQ(failed->size(), 3U);
  EXPECT_EQ(failed->at(0).event_id, "event1");
  EXPECT_EQ(failed->at(0).reason, "RetryAttemptsExhausted: AccessDeniedException: no");
  h.stream.put("shard-a", 1, h.clock.now());
  ASSERT_TRUE(h.target.wait_for(1));
  EXPECT_EQ(h.numbers(), std::vector<int>{4});
}

TEST(Pipe, BisectingGivesUpOnlyWhatIsAtFault) {
  Harness h;
  h.stream.add_shard("shard-a");
  h.stream.put("shard-a", 8, h.clock.now());
  h.target.poison("\"event5\"");
  auto request = Harness::request();
  auto& source = *request.source_parameters->dynamo_db_stream_parameters;
  source.maximum_retry_attempts = 0;
  source.on_partial_batch_item_failure = "AUTOMATIC_BISECT";
  ASSERT_TRUE(h.create(request).has_value());
  ASSERT_TRUE(h.target.wait_for(7));
  EXPECT_EQ(h.numbers(), (std::vector<int>{1, 2, 3, 4, 6, 7, 8}));
  EXPECT_TRUE(h.wait_for_counters({8, 7, 0, 1}));
}

TEST(Pipe, OldRecordsAreGivenUp) {
  Harness h;
  h.stream.add_shard("shard-a");
  h.stream.put("shard-a", 2, h.clock.now());
  h.clock.advance(std::chrono::seconds(61));
  h.stream.put("shard-a", 2, h.clock.now());
  auto request = Harness::request();
  request.source_parameters->dynamo_db_stream_parameters->maximum_record_age_in_seconds = 60;
  ASSERT_TRUE(h.create(request).has_value());
  ASSERT_TRUE(h.target.wait_for(2));
  EXPECT_EQ(h.numbers(), (std::vector<int>{3, 4}));
  EXPECT_TRUE(h.wait_for_counters({4, 2, 0, 2}));
}

TEST(Pipe, FiltersAndTemplates) {
  Harness h;
  h.stream.add_shard("shard-a");
  h.stream.put("shard-a", 4, h.clock.now());
  auto request = Harness::request("$.eventID");
  request.source_parameters->filter_criteria.emplace().filters.emplace().push_back(
      {R"({"eventName":["MODIFY"]})"});
  request.target_parameters->input_template =
      R"({"id": <$.eventID>, "pipe": "<aws.pipes.pipe-name>"})";
  ASSERT_TRUE(h.create(request).has_value());
  ASSERT_TRUE(h.target.wait_for(2));
  EXPECT_EQ(h.target.records()[0].data, R"({"id":"event2","pipe":"p"})");
  EXPECT_EQ(h.target.records()[0].key, "event2");
  EXPECT_EQ(h.target.records()[1].key, "event4");
  EXPECT_TRUE(h.wait_for_counters({4, 2, 2, 0}));
}

TEST(Pipe, ARecordWithoutAKeyIsGivenUpAfterItsRetries) {
  Harness h;
  h.stream.add_shard("shard-a");
  h.stream.put("shard-a", 2, h.clock.now());
  auto request = Harness::request("$.dynamodb.Keys.missing.S");
  request.source_parameters->dynamo_db_stream_parameters->maximum_retry_attempts = 0;
  ASSERT_TRUE(h.create(request).has_value());
  EXPECT_TRUE(h.wait_for_counters({2, 0, 0, 2}));
  EXPECT_EQ(h.target.calls(), 0);
}

TEST(Pipe, ExpiredIteratorsAreRenewed) {
  Harness h;
  h.stream.add_shard("shard-a");
  h.stream.put("shard-a", 10, h.clock.now());
  ASSERT_TRUE(h.create(Harness::request()).has_value());
  ASSERT_TRUE(h.target.wait_for(10));
  h.stream.expire_once = true;
  h.stream.put("shard-a", 10, h.clock.now());
  ASSERT_TRUE(h.target.wait_for(20));
  EXPECT_EQ(h.numbers(), upto(20));
}

TEST(Pipe, StopsAndStartsWhereItWas) {
  Harness h;
  h.stream.add_shard("shard-a");
  h.stream.put("shard-a", 5, h.clock.now());
  ASSERT_TRUE(h.create(Harness::request()).has_value());
  ASSERT_TRUE(h.target.wait_for(5));
  ASSERT_EQ(h.settled(), "RUNNING");
  EXPECT_EQ(h.run(start_pipe(*h.service, h.context, {"p"})).error().code, "ConflictException");
  EXPECT_EQ(h.run(stop_pipe(*h.service, h.context, {"p"}))->current_state, "STOPPING");
  ASSERT_EQ(h.settled(), "STOPPED");
  h.stream.put("shard-a", 5, h.clock.now());
  h.reopen();
  EXPECT_EQ(h.settled(), "STOPPED");
  EXPECT_EQ(h.target.records().size(), 5U);
  EXPECT_EQ(h.run(start_pipe(*h.service, h.context, {"p"}))->current_state, "STARTING");
  ASSERT_TRUE(h.target.wait_for(10));
  EXPECT_EQ(h.numbers(), upto(10));
}

TEST(Pipe, UpdatesTakeEffectAndDeletesForget) {
  Harness h;
  h.stream.add_shard("shard-a");
  h.stream.put("shard-a", 2, h.clock.now());
  ASSERT_TRUE(h.create(Harness::request()).has_value());
  ASSERT_TRUE(h.target.wait_for(2));
  ASSERT_EQ(h.settled(), "RUNNING");
  api::UpdatePipeRequest update;
  update.name = "p";
  update.role_arn = kRoleArn;
  update.description = "changed";
  update.target_parameters.emplace().kinesis_stream_parameters.emplace().partition_key = "fixed";
  EXPECT_EQ(h.run(update_pipe(*h.service, h.context, update))->current_state, "UPDATING");
  ASSERT_EQ(h.settled(), "RUNNING");
  h.stream.put("shard-a", 1, h.clock.now());
  ASSERT_TRUE(h.target.wait_for(3));
  EXPECT_EQ(h.target.records()[2].key, "fixed");
  const auto described = h.describe();
  EXPECT_EQ(described->description, "changed");
  EXPECT_EQ(described->source_parameters->dynamo_db_stream_parameters->batch_size, 100);
  const auto deleted = h.run(delete_pipe(*h.service, h.context, {"p"}));
  EXPECT_EQ(deleted->current_state, "DELETING");
  EXPECT_EQ(h.settled(), "");
  EXPECT_EQ(h.describe().error().code, "NotFoundException");
  // Made again, it begins again.
  ASSERT_TRUE(h.create(Harness::request()).has_value());
  EXPECT_TRUE(h.target.wait_for(6));
}

TEST(Pipe, FailuresOfCreationAreTold) {
  Harness h;
  h.stream.gone = true;
  ASSERT_TRUE(h.create(Harness::request()).has_value());
  EXPECT_EQ(h.settled(), "CREATE_FAILED");
  EXPECT_THAT(*h.describe()->state_reason, HasSubstr("Cannot access stream"));
  ASSERT_TRUE(h.run(delete_pipe(*h.service, h.context, {"p"})).has_value());
  EXPECT_EQ(h.settled(), "");
}

Task<Status> no_such_role(RoleUse use) {
  co_return fail(ErrorKind::kNotFound,
                 "The role " + use.role_arn + " cannot be assumed by " + use.service);
}

TEST(Pipe, TheRoleIsChecked) {
  Harness h;
  h.close();
  h.check_role = no_such_role;
  h.open();
  ASSERT_TRUE(h.create(Harness::request()).has_value());
  EXPECT_EQ(h.settled(), "CREATE_FAILED");
  EXPECT_THAT(*h.describe()->state_reason, HasSubstr("cannot be assumed by pipes.amazonaws.com"));
}

TEST(Pipe, DefinitionsAreChecked) {
  Harness h;
  struct Case {
    std::string_view name;
    std::function<void(api::CreatePipeRequest&)> change;
    std::string_view message;
  };
  const std::vector<Case> cases = {
      {"another source",
       [](auto& r) {
         r.source = "arn:aws:mq:us-east-1:000000000000:broker:b";
         r.source_parameters.reset();
       },
       "A source of the service mq is not supported by this server."},
      {"another target", [](auto& r) { r.target = "arn:aws:sns:us-east-1:000000000000:topic"; },
       "A target of the service sns is not supported by this server."},
      {"another region",
       [](auto& r) { r.target = "arn:aws:kinesis:eu-west-1:000000000000:stream/s"; },
       "Creating cross-region pipe is not permitted."},
      {"no source parameters", [](auto& r) { r.source_parameters.reset(); },
       "Missing required parameter: SourceParameters.DynamoDBStreamParameters."},
      {"batch too large",
       [](auto& r) { r.source_parameters->dynamo_db_stream_parameters->batch_size = 501; },
       "The configured batch size 501 is greater than the max supported batch size 500 of the "
       "target."},
      {"a pattern that is none",
       [](auto& r) {
         r.source_parameters->filter_criteria.emplace().filters.emplace().push_back(
             {R"({"a":{}})"});
       },
       "Invalid Event Pattern. Reason: Empty objects are not allowed\n at [Source: "
       "(String)\"{\"a\":{}}\"; line: 1, column: 8]"},
      {"a pattern of text for what is JSON",
       [](auto& r) {
         r.source_parameters->filter_criteria.emplace().filters.emplace().push_back(
             {R"({"dynamodb":["x"]})"});
       },
       "Invalid Event Pattern. Reason: \"dynamodb\" must be an object"},
      {"an unknown placeholder", [](auto& r) { r.target_parameters->input_template = "<aws.x>"; },
       "Invalid json path reference or predefined variable for placeholder"},
      {"a bad path",
       [](auto& r) { r.target_parameters->kinesis_stream_parameters->partition_key = "$.a["; },
       "The PartitionKey $.a[ is not a valid json path."},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    auto request = Harness::request();
    c.change(request);
    const auto reply = h.create(request);
    ASSERT_FALSE(reply.has_value());
    EXPECT_EQ(reply.error().code, "ValidationException");
    EXPECT_EQ(reply.error().message, c.message);
  }
  h.stream.add_shard("shard-a");
  auto defaults = Harness::request();  // What tools send when nothing was asked for.
  defaults.source_parameters->dynamo_db_stream_parameters->parallelization_factor = 1;
  defaults.source_parameters->dynamo_db_stream_parameters->dead_letter_config.emplace();
  defaults.log_configuration.emplace().level = "OFF";
  defaults.enrichment = "";
  ASSERT_TRUE(h.create(std::move(defaults)).has_value());
  EXPECT_EQ(h.create(Harness::request()).error().status, 409);
}

TEST(Pipe, ListsAndTags) {
  Harness h;
  for (const char* name : {"b", "a", "c"}) {
    auto request = Harness::request();
    request.name = name;
    request.desired_state = "STOPPED";
    ASSERT_TRUE(h.create(request).has_value());
  }
  api::ListPipesRequest list;
  list.limit = 2;
  const auto first = h.run(list_pipes(*h.service, h.context, list));
  ASSERT_EQ(first->pipes->size(), 2U);
  EXPECT_EQ(first->pipes->at(0).name, "a");
  list.next_token = first->next_token;
  const auto second = h.run(list_pipes(*h.service, h.context, list));
  ASSERT_EQ(second->pipes->size(), 1U);
  EXPECT_FALSE(second->next_token.has_value());
  list = {};
  list.name_prefix = "b";
  EXPECT_EQ(h.run(list_pipes(*h.service, h.context, list))->pipes->size(), 1U);

  const std::string arn = "arn:aws:pipes:us-east-1:000000000000:pipe/a";
  ASSERT_TRUE(h.run(tag_resource(*h.service, h.context, {arn, {{"team", "sales"}}})).has_value());
  EXPECT_EQ(h.run(list_tags_for_resource(*h.service, h.context, {arn}))->tags->at("team"), "sales");
  ASSERT_TRUE(h.run(untag_resource(*h.service, h.context, {arn, {"team"}})).has_value());
  EXPECT_TRUE(h.run(list_tags_for_resource(*h.service, h.context, {arn}))->tags->empty());
}

}  // namespace
}  // namespace penstock::pipes
