// The operations against a real store: what AWS documents, and what must survive a restart.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gen/kinesis/model.h"
#include "services/kinesis/tests/harness.h"

namespace penstock::kinesis {
namespace {

using testing::HasSubstr;

TEST(Kinesis, ServesEveryOperationThatHasShapes) {
  Harness h;
  const protocol::ServiceBinding bound = binding(*h.service);
  EXPECT_EQ(bound.operations.size(), kServiceInfo.operations.size());
  for (const protocol::OperationInfo* info : kServiceInfo.operations) {
    EXPECT_NE(bound.find(info->name), nullptr) << info->name;
  }
}

TEST(Kinesis, RecordsComeBackInOrder) {
  Harness h;
  h.create("orders");
  std::string previous;
  for (const std::string data : {"a", "b", "", "c"}) {
    const auto reply = h.put("orders", "k", data);
    ASSERT_TRUE(reply.has_value()) << reply.error().message;
    EXPECT_EQ(reply->shard_id, "shardId-000000000000");
    EXPECT_LT(previous, reply->sequence_number);
    previous = reply->sequence_number;
  }
  const auto page = h.get(h.iterator("orders", "shardId-000000000000", "TRIM_HORIZON"));
  ASSERT_TRUE(page.has_value());
  ASSERT_EQ(page->records.size(), 4U);
  EXPECT_EQ(page->records[3].data.bytes, "c");
  EXPECT_EQ(page->records[3].partition_key, "k");
  EXPECT_EQ(page->records[3].sequence_number, previous);
  EXPECT_EQ(page->records[3].approximate_arrival_timestamp, h.clock.now());
  EXPECT_FALSE(page->records[3].encryption_type.has_value());
  EXPECT_EQ(page->millis_behind_latest, 0);
  EXPECT_FALSE(page->child_shards.has_value());  // The shard is open.
  const auto next = h.get(*page->next_shard_iterator);
  EXPECT_TRUE(next->records.empty());
  EXPECT_TRUE(next->next_shard_iterator.has_value());
}

TEST(Kinesis, IteratorsStartWhereTheySay) {
  Harness h;
  h.create("orders");
  const std::string shard = "shardId-000000000000";
  const std::string at_start = h.iterator("orders", shard, "LATEST");
  const auto a = h.put("orders", "k", "a");
  h.clock.advance(std::chrono::seconds(10));
  const Timestamp between = h.clock.now();
  const auto b = h.put("orders", "k", "b");
  const auto data_of = [&](std::string iterator) {
    std::string all;
    for (const auto& record : h.get(std::move(iterator))->records) all += record.data.bytes;
    return all;
  };
  EXPECT_EQ(data_of(at_start), "ab");
  EXPECT_EQ(data_of(h.iterator("orders", shard, "LATEST")), "");
  EXPECT_EQ(data_of(h.iterator("orders", shard, "AT_SEQUENCE_NUMBER", a->sequence_number)), "ab");
  EXPECT_EQ(data_of(h.iterator("orders", shard, "AFTER_SEQUENCE_NUMBER", a->sequence_number)), "b");
  EXPECT_EQ(data_of(h.iterator("orders", shard, "AFTER_SEQUENCE_NUMBER", b->sequence_number)), "");
  api::GetShardIteratorInput input;
  input.stream_name = "orders";
  input.shard_id = shard;
  input.shard_iterator_type = "AT_TIMESTAMP";
  input.timestamp = between;
  EXPECT_EQ(data_of(*h.run(get_shard_iterator(*h.service, h.context, input))->shard_iterator), "b");
  input.timestamp = Timestamp{0};
  EXPECT_EQ(data_of(*h.run(get_shard_iterator(*h.service, h.context, input))->shard_iterator),
            "ab");
}

TEST(Kinesis, MillisBehindLatestTellsTheLag) {
  Harness h;
  h.create("orders");
  ASSERT_TRUE(h.put("orders", "k", "a").has_value());
  h.clock.advance(std::chrono::seconds(3));
  ASSERT_TRUE(h.put("orders", "k", "b").has_value());
  const auto page = h.get(h.iterator("orders", "0", "TRIM_HORIZON"), 1);
  EXPECT_EQ(page->records.size(), 1U);
  EXPECT_EQ(page->millis_behind_latest, 3000);
  EXPECT_EQ(h.get(*page->next_shard_iterator)->millis_behind_latest, 0);
}

TEST(Kinesis, IteratorsExpireAfterFiveMinutes) {
  Harness h;
  h.create("orders");
  const std::string iterator = h.iterator("orders", "0", "TRIM_HORIZON");
  h.clock.advance(std::chrono::seconds(300));
  EXPECT_TRUE(h.get(iterator).has_value());
  h.clock.advance(std::chrono::seconds(60));
  const auto late = h.get(iterator);
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().code, "ExpiredIteratorException");
  // The form is recorded; the clock starts at 2023-11-14T22:13:20Z.
  EXPECT_EQ(late.error().message,
            "Iterator expired. The iterator was created at time Tue Nov 14 22:13:20 UTC 2023 while "
            "right now it is Tue Nov 14 22:19:20 UTC 2023 which is further in the future than the "
            "tolerated delay of 300000 milliseconds.");
  EXPECT_EQ(h.get("AAAA").error().message, "Invalid ShardIterator.");
}

TEST(Kinesis, PutRecordsSpreadsOverShardsAndAnswersInOrder) {
  Harness h;
  h.create("orders", 4);
  api::PutRecordsInput input;
  input.stream_name = "orders";
  for (int i = 0; i < 200; ++i) {
    api::PutRecordsRequestEntry& entry = input.records.emplace_back();
    entry.partition_key = "key" + std::to_string(i);
    entry.data.bytes = std::to_string(i);
  }
  const auto reply = h.run(put_records(*h.service, h.context, input));
  ASSERT_TRUE(reply.has_value()) << reply.error().message;
  EXPECT_EQ(reply->failed_record_count, 0);
  ASSERT_EQ(reply->records.size(), 200U);
  std::map<std::string, std::string> last;
  for (const auto& entry : reply->records) {
    EXPECT_LT(last[*entry.shard_id], *entry.sequence_number);
    last[*entry.shard_id] = *entry.sequence_number;
  }
  EXPECT_EQ(last.size(), 4U);
  std::size_t found = 0;
  for (int shard = 0; shard < 4; ++shard) {
    found += h.get(h.iterator("orders", std::to_string(shard), "TRIM_HORIZON"))->records.size();
  }
  EXPECT_EQ(found, 200U);
}

TEST(Kinesis, ExplicitHashKeysChooseTheShard) {
  Harness h;
  h.create("orders", 2);
  api::PutRecordInput input;
  input.stream_name = "orders";
  input.partition_key = "k";
  input.explicit_hash_key = "340282366920938463463374607431768211455";
  EXPECT_EQ(h.run(put_record(*h.service, h.context, input))->shard_id, "shardId-000000000001");
  input.explicit_hash_key = "0";
  EXPECT_EQ(h.run(put_record(*h.service, h.context, input))->shard_id, "shardId-000000000000");
  input.explicit_hash_key = "340282366920938463463374607431768211456";
  EXPECT_EQ(
      h.run(put_record(*h.service, h.context, input)).error().message,
      "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified "
      "value was 340282366920938463463374607431768211456");
}

TEST(Kinesis, PutRecordRefusesWhatTheModelCannotSay) {
  Harness h;
  h.create("orders");
  const auto gone = h.put("gone", "k", "a");
  EXPECT_EQ(gone.error().code, "ResourceNotFoundException");
  EXPECT_EQ(gone.error().message, "Stream gone under account 000000000000 not found.");
  const auto big = h.put("orders", "k", std::string((1 << 20) + 1, 'x'));
  EXPECT_EQ(big.error().code, "ValidationException");
  EXPECT_EQ(
      big.error().message,
      "1 validation error detected: Value at 'data' failed to satisfy constraint: Member must "
      "have length less than or equal to 1048576");
  EXPECT_TRUE(h.put("orders", "k", std::string(1 << 20, 'x')).has_value());
  api::PutRecordInput input;
  input.partition_key = "k";
  EXPECT_EQ(h.run(put_record(*h.service, h.context, input)).error().code,
            "InvalidArgumentException");
  input.stream_name = "orders";
  input.stream_arn = "arn:aws:kinesis:us-east-1:000000000000:stream/other";
  EXPECT_EQ(h.run(put_record(*h.service, h.context, input)).error().code,
            "InvalidArgumentException");
  input.stream_arn = std::nullopt;
  input.sequence_number_for_ordering = "5";
  EXPECT_THAT(h.run(put_record(*h.service, h.context, input)).error().message,
              HasSubstr("ExclusiveMinimumSequenceNumber 5 used in PutRecord on stream orders"));
}

TEST(Kinesis, PutRecordsOfMoreThanTenMebibytesAreRefused) {
  Harness h;
  h.create("orders");
  api::PutRecordsInput input;
  input.stream_name = "orders";
  for (int i = 0; i < 10; ++i) {
    input.records.push_back({Blob{std::string(1 << 20, 'x')}, std::nullopt, "k"});
  }
  const auto reply = h.run(put_records(*h.service, h.context, input));
  EXPECT_EQ(reply.error().code, "InvalidArgumentException");
  EXPECT_EQ(h.contents("orders"), "");
}

TEST(Kinesis, LargeRecordsNeedALargeStream) {
  Harness h;
  api::CreateStreamInput create;
  create.stream_name = "big";
  create.shard_count = 1;
  create.max_record_size_in_ki_b = 10240;
  ASSERT_TRUE(h.run(create_stream(*h.service, h.context, create)).has_value());
  const std::string data(5 << 20, 'x');
  ASSERT_TRUE(h.put("big", "k", data).has_value());
  ASSERT_TRUE(h.put("big", "k", data + data).has_value());
  // A page holds at most 10 MiB, or one record.
  const auto page = h.get(h.iterator("big", "0", "TRIM_HORIZON"));
  EXPECT_EQ(page->records.size(), 1U);
  EXPECT_EQ(h.get(*page->next_shard_iterator)->records.size(), 1U);
}

TEST(Kinesis, CreateStreamChecksItsMode) {
  Harness h;
  api::CreateStreamInput input;
  input.stream_name = "orders";
  EXPECT_EQ(h.run(create_stream(*h.service, h.context, input)).error().message,
            "ShardCount is expected when StreamMode=PROVISIONED");
  input.stream_mode_details = api::StreamModeDetails{"ON_DEMAND"};
  input.shard_count = 1;
  EXPECT_EQ(h.run(create_stream(*h.service, h.context, input)).error().message,
            "ShardCount is not expected when StreamMode=ON_DEMAND");
  input.shard_count = std::nullopt;
  ASSERT_TRUE(h.run(create_stream(*h.service, h.context, input)).has_value());
  const auto again = h.run(create_stream(*h.service, h.context, input));
  EXPECT_EQ(again.error().code, "ResourceInUseException");
  EXPECT_EQ(again.error().message, "Stream orders under account 000000000000 already exists.");
  api::DescribeStreamInput describe;
  describe.stream_arn = "arn:aws:kinesis:us-east-1:000000000000:stream/orders";
  const auto described = h.run(describe_stream(*h.service, h.context, describe));
  ASSERT_TRUE(described.has_value());
  const api::StreamDescription& d = described->stream_description;
  EXPECT_EQ(d.shards.size(), 4U);  // On demand begins with four.
  EXPECT_EQ(d.stream_status, "ACTIVE");
  EXPECT_EQ(d.retention_period_hours, 24);
  EXPECT_FALSE(d.has_more_shards);
  EXPECT_EQ(d.shards[0].hash_key_range.starting_hash_key, "0");
  EXPECT_FALSE(d.shards[0].sequence_number_range.ending_sequence_number.has_value());
}

TEST(Kinesis, StreamsOfOtherRegionsAndAccountsAreApart) {
  Harness h;
  h.create("orders");
  protocol::Context elsewhere;
  elsewhere.region = "eu-west-1";
  EXPECT_TRUE(h.run(list_streams(*h.service, elsewhere, {}))->stream_names.empty());
  EXPECT_EQ(h.run(list_streams(*h.service, h.context, {}))->stream_names,
            std::vector<std::string>{"orders"});
  const std::string iterator = h.iterator("orders", "0", "LATEST");
  EXPECT_EQ(h.run(get_records(*h.service, elsewhere, {iterator})).error().code,
            "ResourceNotFoundException");
}

TEST(Kinesis, ListsComeInPages) {
  Harness h;
  for (const char* name : {"c", "a", "b"}) h.create(name, 3);
  api::ListStreamsInput input;
  input.limit = 2;
  const auto first = h.run(list_streams(*h.service, h.context, input));
  EXPECT_EQ(first->stream_names, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(first->has_more_streams);
  input.next_token = first->next_token;
  const auto second = h.run(list_streams(*h.service, h.context, input));
  EXPECT_EQ(second->stream_names, std::vector<std::string>{"c"});
  EXPECT_FALSE(second->has_more_streams);

  api::ListShardsInput shards;
  shards.stream_name = "a";
  shards.max_results = 2;
  const auto page = h.run(list_shards(*h.service, h.context, shards));
  ASSERT_EQ(page->shards->size(), 2U);
  api::ListShardsInput more;
  more.next_token = page->next_token;
  const auto rest = h.run(list_shards(*h.service, h.context, more));
  ASSERT_EQ(rest->shards->size(), 1U);
  EXPECT_EQ(rest->shards->front().shard_id, "shardId-000000000002");
  EXPECT_FALSE(rest->next_token.has_value());
  more.stream_name = "a";
  EXPECT_EQ(h.run(list_shards(*h.service, h.context, more)).error().message,
            "NextToken and StreamName cannot be provided together.");
  EXPECT_EQ(h.run(list_shards(*h.service, h.context, {})).error().message,
            "Either NextToken or StreamName should be provided.");
  more.stream_name = std::nullopt;
  h.clock.advance(std::chrono::seconds(301));
  EXPECT_EQ(h.run(list_shards(*h.service, h.context, more)).error().code,
            "ExpiredNextTokenException");
}

TEST(Kinesis, ShardFilters) {
  Harness h;
  h.create("a", 3);
  api::ListShardsInput input;
  input.stream_name = "a";
  input.shard_filter = api::ShardFilter{"AFTER_SHARD_ID", "shardId-000000000000", std::nullopt};
  EXPECT_EQ(h.run(list_shards(*h.service, h.context, input))->shards->size(), 2U);
  input.shard_filter = api::ShardFilter{"AT_LATEST", std::nullopt, std::nullopt};
  EXPECT_EQ(h.run(list_shards(*h.service, h.context, input))->shards->size(), 3U);
  input.shard_filter = api::ShardFilter{"AT_TIMESTAMP", std::nullopt, std::nullopt};
  EXPECT_EQ(h.run(list_shards(*h.service, h.context, input)).error().code,
            "InvalidArgumentException");
}

TEST(Kinesis, ADeletedStreamIsGoneWithItsRecords) {
  Harness h;
  h.create("orders");
  ASSERT_TRUE(h.put("orders", "k", "old").has_value());
  const std::string iterator = h.iterator("orders", "0", "TRIM_HORIZON");
  api::DeleteStreamInput input;
  input.stream_name = "orders";
  ASSERT_TRUE(h.run(delete_stream(*h.service, h.context, input)).has_value());
  EXPECT_EQ(h.put("orders", "k", "a").error().code, "ResourceNotFoundException");
  EXPECT_EQ(h.get(iterator).error().code, "ResourceNotFoundException");
  h.create("orders");
  EXPECT_EQ(h.contents("orders"), "");
  h.reopen();
  EXPECT_EQ(h.contents("orders"), "");
}

TEST(Kinesis, EverythingSurvivesARestart) {
  Harness h;
  h.create("orders", 2);
  api::AddTagsToStreamInput tags;
  tags.stream_name = "orders";
  tags.tags = {{"team", "sales"}};
  ASSERT_TRUE(h.run(add_tags_to_stream(*h.service, h.context, tags)).has_value());
  api::IncreaseStreamRetentionPeriodInput longer;
  longer.stream_name = "orders";
  longer.retention_period_hours = 48;
  ASSERT_TRUE(h.run(increase_stream_retention_period(*h.service, h.context, longer)).has_value());
  const auto before = h.put("orders", "k", "before");
  h.reopen();
  const auto after = h.put("orders", "k", "after");
  EXPECT_EQ(before->shard_id, after->shard_id);
  EXPECT_LT(before->sequence_number, after->sequence_number);
  EXPECT_EQ(h.contents("orders", after->shard_id), "before after");
  api::DescribeStreamSummaryInput describe;
  describe.stream_name = "orders";
  const auto summary = h.run(describe_stream_summary(*h.service, h.context, describe));
  EXPECT_EQ(summary->stream_description_summary.retention_period_hours, 48);
  EXPECT_EQ(summary->stream_description_summary.open_shard_count, 2);
  api::ListTagsForResourceInput list;
  list.resource_arn = "arn:aws:kinesis:us-east-1:000000000000:stream/orders";
  EXPECT_EQ(h.run(list_tags_for_resource(*h.service, h.context, list))->tags->at(0).key, "team");
}

TEST(Kinesis, RecordsPastTheRetentionAreTrimmed) {
  Harness h;
  h.create("orders");
  ASSERT_TRUE(h.put("orders", "k", "a").has_value());
  ASSERT_TRUE(h.put("orders", "k", "b").has_value());
  h.clock.advance(std::chrono::hours(20));
  const auto last = h.put("orders", "k", "c");
  ASSERT_TRUE(trim(*h.service).has_value());
  EXPECT_EQ(h.contents("orders"), "a b c");
  h.clock.advance(std::chrono::hours(5));
  ASSERT_TRUE(trim(*h.service).has_value());
  EXPECT_EQ(h.contents("orders"), "c");
  h.clock.advance(std::chrono::hours(25));
  ASSERT_TRUE(trim(*h.service).has_value());
  EXPECT_EQ(h.contents("orders"), "");
  // With no record left to tell, numbers still go on where they were.
  h.reopen();
  EXPECT_LT(last->sequence_number, h.put("orders", "k", "d")->sequence_number);
  EXPECT_EQ(h.contents("orders"), "d");
}

TEST(Kinesis, IteratorArgumentsAreChecked) {
  Harness h;
  h.create("orders", 2);
  const auto put = h.put("orders", "k", "a");
  const auto error_of = [&](std::string shard, std::string type, std::optional<std::string> number,
                            std::optional<Timestamp> at = {}) {
    api::GetShardIteratorInput input;
    input.stream_name = "orders";
    input.shard_id = std::move(shard);
    input.shard_iterator_type = std::move(type);
    input.starting_sequence_number = std::move(number);
    input.timestamp = at;
    const auto reply = h.run(get_shard_iterator(*h.service, h.context, input));
    return reply ? std::string("no error") : reply.error().message;
  };
  // Wording recorded by emulators.
  EXPECT_EQ(
      error_of("shardId-000000000005", "LATEST", std::nullopt),
      "Shard shardId-000000000005 in stream orders under account 000000000000 does not exist");
  EXPECT_THAT(error_of("0", "AT_SEQUENCE_NUMBER", std::nullopt),
              HasSubstr("Request specified AT_SEQUENCE_NUMBER and no StartingSequenceNumber."));
  EXPECT_THAT(error_of("0", "LATEST", put->sequence_number),
              HasSubstr("Request specified LATEST and also a StartingSequenceNumber."));
  EXPECT_EQ(error_of("0", "AT_SEQUENCE_NUMBER", "17"),
            "StartingSequenceNumber 17 used in GetShardIterator on shard shardId-000000000000 in "
            "stream orders under account 000000000000 is invalid.");
  const std::string other = put->shard_id == "shardId-000000000000" ? "1" : "0";
  EXPECT_THAT(error_of(other, "AT_SEQUENCE_NUMBER", put->sequence_number),
              HasSubstr("Invalid StartingSequenceNumber. It encodes " + put->shard_id));
  EXPECT_THAT(error_of("0", "AT_TIMESTAMP", std::nullopt),
              HasSubstr("Must specify timestampInMillis parameter"));
  EXPECT_THAT(error_of("0", "AT_TIMESTAMP", std::nullopt, h.clock.now() + std::chrono::seconds(1)),
              HasSubstr("cannot be greater than the currentTimestampInMillis"));
}

TEST(Kinesis, ReadersAreWokenByARecord) {
  Harness h;
  h.create("orders");
  protocol::Arrivals& arrivals = h.service->arrivals;
  const std::string key = protocol::arrivals_key(
      "arn:aws:kinesis:us-east-1:000000000000:stream/orders", "shardId-000000000000");
  const std::uint64_t seen = arrivals.version(key);
  ASSERT_TRUE(h.put("orders", "k", "a").has_value());
  EXPECT_TRUE(
      block_on(h.runtime.loop(0), arrivals.wait_beyond(key, seen, std::chrono::seconds(60), {})));
}

}  // namespace
}  // namespace penstock::kinesis
