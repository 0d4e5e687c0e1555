// The operations, and delivery from end to end: what was put or read is in S3 exactly once.
#include <simdjson.h>

#include <algorithm>

#include "services/firehose/tests/harness.h"

namespace penstock::firehose {
namespace {

class FirehoseTest : public ::testing::Test, public Harness {
 protected:
  FirehoseTest() { open(); }
  template <typename T>
  static std::string refused(const protocol::ApiResult<T>& reply) {
    return reply ? "accepted" : reply.error().code + ": " + reply.error().message;
  }
  std::string created(api::CreateDeliveryStreamInput input) {
    return refused(run(create_delivery_stream(*service, context, std::move(input))));
  }
  std::string updated(std::string version, std::string destination, int interval) {
    api::UpdateDestinationInput input;
    input.delivery_stream_name = "s";
    input.current_delivery_stream_version_id = std::move(version);
    input.destination_id = std::move(destination);
    input.extended_s3_destination_update.emplace().buffering_hints.emplace().interval_in_seconds =
        interval;
    return refused(run(update_destination(*service, context, std::move(input))));
  }
};

// Answers each record of an event through `one`: the inner text of its reply object.
FakeLambda::Answer answering(std::function<std::string(const std::string& data)> one) {
  return [one = std::move(one)](
             std::string event) -> protocol::ApiResult<lambda::api::InvocationResponse> {
    simdjson::dom::parser parser;
    const simdjson::dom::element document = parser.parse(event);
    std::string reply = R"({"records":[)";
    for (const simdjson::dom::element record : document["records"].get_array()) {
      if (!reply.ends_with('[')) reply += ',';
      reply += R"({"recordId":")" + std::string(std::string_view(record["recordId"])) + "\"," +
               one(base64_decode(std::string_view(record["data"])).value()) + "}";
    }
    lambda::api::InvocationResponse response;
    response.payload = Blob{reply + "]}"};
    return response;
  };
}

std::string ok(const std::string& data) {
  return R"("result":"Ok","data":")" + base64_encode(data) + "\"";
}

// Captured: both forms of an S3 destination, with all defaults.
TEST_F(FirehoseTest, DescribesWithDefaults) {
  api::CreateDeliveryStreamInput input;
  input.delivery_stream_name = "s";
  auto& legacy = input.s3_destination_configuration.emplace();
  legacy.role_arn = kRole;
  legacy.bucket_arn = "arn:aws:s3:::lake";
  create(std::move(input));
  const api::DeliveryStreamDescription d = describe();
  EXPECT_EQ(d.delivery_stream_arn, "arn:aws:firehose:us-east-1:000000000000:deliverystream/s");
  EXPECT_EQ(d.delivery_stream_status, "ACTIVE");
  EXPECT_EQ(d.delivery_stream_type, "DirectPut");
  EXPECT_EQ(d.version_id, "1");
  ASSERT_EQ(d.destinations.size(), 1U);
  EXPECT_EQ(d.destinations[0].destination_id, "destinationId-000000000001");
  const auto& extended = *d.destinations[0].extended_s3_destination_description;
  EXPECT_EQ(extended.buffering_hints.interval_in_seconds, 300);
  EXPECT_EQ(extended.buffering_hints.size_in_m_bs, 5);
  EXPECT_EQ(extended.compression_format, "UNCOMPRESSED");
  EXPECT_EQ(extended.encryption_configuration.no_encryption_config, "NoEncryption");
  EXPECT_EQ(extended.cloud_watch_logging_options->enabled, false);
  EXPECT_EQ(extended.s3_backup_mode, "Disabled");
  EXPECT_EQ(d.destinations[0].s3_destination_description->bucket_arn, "arn:aws:s3:::lake");
}

// Recorded wording, see errors.cc; "not supported" is ours.
TEST_F(FirehoseTest, RefusesWhatItCannotMake) {
  create(direct());
  EXPECT_EQ(created(direct()),
            "ResourceInUseException: Firehose s under accountId 000000000000 already exists");
  api::CreateDeliveryStreamInput input;
  input.delivery_stream_name = "t";
  EXPECT_EQ(created(input),
            "InvalidArgumentException: Exactly one destination configuration is supported for a "
            "Firehose");
  input.iceberg_destination_configuration.emplace();
  EXPECT_EQ(created(input),
            "InvalidArgumentException: IcebergDestinationConfiguration is not supported by this "
            "server.");
  input = direct("t");
  input.extended_s3_destination_configuration->prefix = "!{timestamp:yyyy}/";
  EXPECT_EQ(created(input),
            "InvalidArgumentException: Ths supplied prefix(es) do not satisfy the following "
            "constraint: ErrorOutputPrefix cannot be null or empty when Prefix contains "
            "expressions");
  input = direct("t");
  input.kinesis_stream_source_configuration.emplace() = {kKinesisArn, kRole};
  EXPECT_EQ(created(input),
            "InvalidArgumentException: KinesisSourceStreamConfig is only applicable for "
            "KinesisStreamAsSource stream type");
  input = direct("t");
  input.extended_s3_destination_configuration->s3_backup_mode = "Enabled";
  EXPECT_EQ(created(input),
            "InvalidArgumentException: S3BackupMode Enabled is not supported by this server.");
  input = direct("t");
  input.extended_s3_destination_configuration->s3_backup_configuration.emplace();
  EXPECT_EQ(created(input),
            "InvalidArgumentException: S3BackupConfiguration is not supported by this server.");
  service->deps.check_role = [](std::string, std::string) -> Task<protocol::ApiResult<void>> {
    co_return protocol::refuse("AccessDenied", "no");
  };
  EXPECT_EQ(created(direct("t")),
            "InvalidArgumentException: Firehose is unable to assume role "
            "arn:aws:iam::000000000000:role/firehose. Please check the role provided.");
}

TEST_F(FirehoseTest, UpdatesCountVersions) {
  create(direct("s", 300));
  EXPECT_EQ(updated("2", "destinationId-000000000001", 60),
            "ConcurrentModificationException: Cannot update firehose: s since the current version "
            "id: 1 and specified version id: 2 do not match");
  EXPECT_EQ(updated("1", "x", 60), "InvalidArgumentException: Destination Id x not found");
  EXPECT_EQ(updated("1", "destinationId-000000000001", 60), "accepted");
  reopen();
  const auto d = describe();
  EXPECT_EQ(d.version_id, "2");
  EXPECT_TRUE(d.last_update_timestamp.has_value());
  const auto& extended = *d.destinations[0].extended_s3_destination_description;
  EXPECT_EQ(extended.buffering_hints.interval_in_seconds, 60);
  EXPECT_EQ(extended.buffering_hints.size_in_m_bs, 1);
}

TEST_F(FirehoseTest, ListsAndTags) {
  create(direct("b"));
  create(direct("a"));
  create(from_kinesis("c"));
  api::ListDeliveryStreamsInput list;
  list.limit = 2;
  auto page = run(list_delivery_streams(*service, context, list));
  EXPECT_EQ(page->delivery_stream_names, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(page->has_more_delivery_streams);
  list.delivery_stream_type = "KinesisStreamAsSource";
  page = run(list_delivery_streams(*service, context, list));
  EXPECT_EQ(page->delivery_stream_names, (std::vector<std::string>{"c"}));
  ASSERT_TRUE(run(tag_delivery_stream(*service, context, {"a", {{"k", "v"}, {"l", {}}}})));
  ASSERT_TRUE(run(untag_delivery_stream(*service, context, {"a", {"l"}})));
  reopen();
  const auto tags = run(list_tags_for_delivery_stream(*service, context, {"a", {}, {}}));
  ASSERT_EQ(tags->tags.size(), 1U);
  EXPECT_EQ(tags->tags[0].value, "v");
  EXPECT_EQ(refused(run(list_tags_for_delivery_stream(*service, context, {"x", {}, {}}))),
            "ResourceNotFoundException: Firehose x under account 000000000000 not found.");
}

// Probed: record bytes follow each other without a separator.
TEST_F(FirehoseTest, DeliversPutRecordsOnce) {
  create(direct());
  std::string all;
  for (int i = 0; i < 20; ++i) {
    put_direct(std::to_string(i) + ";");
    all += std::to_string(i) + ";";
  }
  ASSERT_TRUE(settled(20));
  EXPECT_EQ(delivered(), all);
  reopen();
  put_direct("last");
  ASSERT_TRUE(settled(21));
  EXPECT_EQ(delivered(), all + "last");
  EXPECT_EQ(totals().delivered, 21U);
  // Settled records are gone from the store.
  EXPECT_EQ(load_direct_tail(*store, service->streams.all()[0]->id())->bytes, 0U);
}

TEST_F(FirehoseTest, PutRecordBatchAnswersEachRecord) {
  create(direct());
  api::PutRecordBatchInput input;
  input.delivery_stream_name = "s";
  for (int i = 0; i < 3; ++i) input.records.emplace_back().data.bytes = "r";
  const auto reply = run(put_record_batch(*service, context, input));
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->failed_put_count, 0);
  ASSERT_EQ(reply->request_responses.size(), 3U);
  EXPECT_NE(reply->request_responses[0].record_id, reply->request_responses[1].record_id);
  input.records[0].data.bytes.assign(4 << 20, 'x');
  EXPECT_TRUE(refused(run(put_record_batch(*service, context, input)))
                  .starts_with("InvalidArgumentException"));
  create(from_kinesis("k"));
  input.delivery_stream_name = "k";
  EXPECT_EQ(refused(run(put_record_batch(*service, context, input))),
            "InvalidArgumentException: This operation is not permitted on KinesisStreamAsSource "
            "delivery stream type.");
}

TEST_F(FirehoseTest, WaitsForTheIntervalOrTheSize) {
  create(direct("s", 60));
  put_direct("early;");
  put_direct(std::string(1 << 20, 'x'));
  ASSERT_TRUE(settled(2));  // By size.
  put_direct("waits");
  ASSERT_TRUE(eventually([&] { return stats(*service)[0].buffered_records == 1; }));
  EXPECT_EQ(totals().records, 2U);
  EXPECT_NE(stats(*service)[0].oldest_pending_millis, 0);
}

// Documented: a Kinesis source begins when the delivery stream becomes active.
TEST_F(FirehoseTest, ReadsAKinesisStreamFromItsCreation) {
  kinesis.put("before;");
  clock.advance(std::chrono::seconds(1));
  create(from_kinesis());
  std::string all;
  for (int i = 0; i < 10; ++i) {
    kinesis.put(std::to_string(i) + ";");
    all += std::to_string(i) + ";";
  }
  ASSERT_TRUE(settled(10));
  EXPECT_EQ(delivered(), all);
  reopen();
  kinesis.put("last");
  ASSERT_TRUE(settled(11));
  EXPECT_EQ(delivered(), all + "last");
  const auto entry = entries().back();
  EXPECT_EQ(entry.shard, kShard);
  EXPECT_EQ(entry.from, "1000011");
  EXPECT_EQ(entry.to, "1000011");
}

TEST_F(FirehoseTest, TransformsAndKeepsWhatFails) {
  lambda.answer = answering([](const std::string& data) {
    if (data == "drop") return std::string(R"("result":"Dropped")");
    if (data == "bad") return std::string(R"("result":"ProcessingFailed")");
    return ok("<" + data + ">");
  });
  auto input = from_kinesis();
  with_lambda(input, kFunction);
  create(std::move(input));
  for (const char* data : {"a", "drop", "bad", "b"}) kinesis.put(data);
  ASSERT_TRUE(settled(4));
  EXPECT_EQ(delivered(), "<a>\n<b>\n");
  EXPECT_EQ(lambda.function, kFunction);
  const Totals t = totals();
  EXPECT_EQ(t.delivered, 2U);
  EXPECT_EQ(t.dropped, 1U);
  EXPECT_EQ(t.failed, 1U);
  std::string errors;
  for (const FakeObject& object : objects()) {
    if (object.key.starts_with("processing-failed/")) errors += object.body;
  }
  EXPECT_NE(errors.find(R"("errorCode":"Lambda.ProcessingFailedStatus")"), errors.npos) << errors;
  EXPECT_NE(errors.find(R"("rawData":"YmFk")"), errors.npos) << errors;
}

// Captured: a function error is retried NumberOfRetries times, then attemptsMade says one more.
TEST_F(FirehoseTest, RetriesFunctionErrors) {
  std::atomic<int> calls = 0;
  lambda.answer = [&calls](std::string) -> protocol::ApiResult<lambda::api::InvocationResponse> {
    ++calls;
    lambda::api::InvocationResponse response;
    response.function_error = "Unhandled";
    return response;
  };
  auto input = from_kinesis();
  with_lambda(input, kFunction, 3);
  create(std::move(input));
  kinesis.put("a");
  ASSERT_TRUE(settled(1));
  EXPECT_EQ(calls, 4);
  ASSERT_EQ(objects().size(), 1U);
  const std::string line = objects()[0].body;
  EXPECT_TRUE(line.starts_with(R"({"attemptsMade":4,)")) << line;
  EXPECT_NE(line.find("function:transform:$LATEST"), line.npos);
  EXPECT_EQ(entries()[0].key, "");
  EXPECT_EQ(entries()[0].errors.size(), 1U);
}

TEST_F(FirehoseTest, UnmarshalsWithoutAFunction) {
  auto input = from_kinesis();
  with_lambda(input, "arn:aws:lambda:us-east-1:000000000000:function:penstock-unmarshal");
  input.extended_s3_destination_configuration->processing_configuration->processors->pop_back();
  input.extended_s3_destination_configuration->compression_format = "GZIP";
  create(std::move(input));
  kinesis.put(R"({"eventName":"INSERT","dynamodb":{"NewImage":{"id":{"N":"1"}}}})");
  kinesis.put("no change");
  ASSERT_TRUE(settled(2));
  EXPECT_EQ(totals().delivered, 1U);
  EXPECT_EQ(totals().failed, 1U);
  for (const FakeObject& object : objects()) {
    if (object.key.starts_with("processing-failed/")) continue;
    EXPECT_TRUE(object.key.ends_with(".gz"));
    EXPECT_EQ(object.encoding, "gzip");
  }
}

TEST_F(FirehoseTest, KeepsTryingWhileTheBucketIsMissing) {
  std::atomic<int> refusals = 0;
  refusal = [&refusals](const std::string&) -> std::optional<protocol::ApiError> {
    if (++refusals < 4) return protocol::ApiError("NoSuchBucket", "no", 404);
    return std::nullopt;
  };
  auto input = direct();
  input.extended_s3_destination_configuration->cloud_watch_logging_options = {true, "g", "t"};
  create(std::move(input));
  put_direct("a");
  ASSERT_TRUE(settled(1));
  EXPECT_EQ(delivered(), "a");
  EXPECT_EQ(stats(*service)[0].failed_puts, 3U);
  const std::scoped_lock lock(mutex);
  ASSERT_EQ(logs.size(), 3U);
  EXPECT_NE(logs[0].find(R"("errorCode":"S3.NoSuchBucket")"), std::string::npos) << logs[0];
}

// A batch that was decided before a stop keeps its key, and a record that an error object holds
// already is not delivered by the redo, whatever the transform says then.
TEST_F(FirehoseTest, RedoesADecidedBatchUnderItsKeys) {
  bool second_run = false;
  lambda.answer = answering([&second_run](const std::string& data) {
    const bool fails = second_run ? data == "b" : data == "a";
    return fails ? std::string(R"("result":"ProcessingFailed")") : ok(data);
  });
  std::string refused_key;
  std::atomic<bool> was_refused = false;
  refusal = [&](const std::string& key) -> std::optional<protocol::ApiError> {
    if (second_run || key.starts_with("processing-failed/")) return std::nullopt;
    refused_key = key;
    was_refused = true;
    return protocol::ApiError("ServiceUnavailable", "later", 503);
  };
  kinesis.page = 10;
  auto input = from_kinesis();
  with_lambda(input, kFunction);
  input.extended_s3_destination_configuration->buffering_hints->interval_in_seconds = 1;
  create(std::move(input));
  for (const char* data : {"a", "b", "c"}) kinesis.put(data);
  ASSERT_TRUE(eventually([&] { return stats(*service)[0].buffered_records == 3; }));
  clock.advance(std::chrono::seconds(2));
  ASSERT_TRUE(eventually([&] { return was_refused.load(); }));
  close();
  second_run = true;
  open();
  ASSERT_TRUE(settled(3));
  const std::vector<LedgerEntry> all = entries();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].key, refused_key);
  EXPECT_EQ(all[0].delivered, 1U);
  EXPECT_EQ(all[0].failed, 2U);
  ASSERT_EQ(all[0].errors.size(), 2U);
  EXPECT_EQ(all[0].errors[1].key, all[0].errors[0].key + "-1");
  EXPECT_EQ(delivered(), "c\n");
  EXPECT_EQ(objects().size(), 3U);
}

TEST_F(FirehoseTest, DeletingDiscards) {
  create(direct("s", 900));
  put_direct("never");
  ASSERT_TRUE(run(delete_delivery_stream(*service, context, {"s", {}})));
  ASSERT_TRUE(eventually([&] { return service->streams.all().empty(); }));
  reopen();
  EXPECT_TRUE(service->streams.all().empty());
  create(direct());
  put_direct("new");
  ASSERT_TRUE(settled(1));
  EXPECT_EQ(delivered(), "new");
}

}  // namespace
}  // namespace penstock::firehose
