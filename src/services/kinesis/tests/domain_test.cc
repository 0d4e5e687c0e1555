// The pure parts: hash keys, sequence numbers, shard logs, stream rules, tokens and keys.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "services/kinesis/hash_key.h"
#include "services/kinesis/iterator.h"
#include "services/kinesis/keys.h"
#include "services/kinesis/sequence.h"
#include "services/kinesis/shard_log.h"
#include "services/kinesis/stream.h"

namespace penstock::kinesis {
namespace {

constexpr std::string_view kMaxHash = "340282366920938463463374607431768211455";

TEST(HashKey, ReadsAndWritesTheWholeRange) {
  for (const std::string_view text :
       {std::string_view("0"), std::string_view("1"), kMaxHash,
        std::string_view("170141183460469231731687303715884105728")}) {
    ASSERT_TRUE(parse_hash_key(text).has_value()) << text;
    EXPECT_EQ(format_hash_key(*parse_hash_key(text)), text);
  }
  // One more than the documented end, and what the pattern 0|([1-9]\d{0,38}) excludes.
  for (const std::string_view text :
       {"340282366920938463463374607431768211456", "999999999999999999999999999999999999999", "",
        "01", "-1", "1a"}) {
    EXPECT_FALSE(parse_hash_key(text).has_value()) << text;
  }
}

TEST(HashKey, IsTheMd5OfThePartitionKey) {
  // Documented: MD5 as a 128-bit integer. MD5("a") = 0cc175b9c0f1b6a831c399e269772661.
  EXPECT_EQ(format_hash_key(hash_of_partition_key("a")), "16955237001963240173058271559858726497");
}

TEST(HashKey, RangesCoverTheSpaceEvenly) {
  for (const std::size_t count : {1, 2, 3, 4, 7, 100, 1000}) {
    const std::vector<HashRange> ranges = uniform_ranges(count);
    ASSERT_EQ(ranges.size(), count);
    EXPECT_EQ(ranges.front().first, HashValue{0});
    EXPECT_EQ(ranges.back().last, kHashMax);
    for (std::size_t i = 0; i + 1 < count; ++i) EXPECT_EQ(ranges[i].last + 1, ranges[i + 1].first);
  }
  // Recorded by emulators: the ranges of a stream with three shards.
  const std::vector<HashRange> three = uniform_ranges(3);
  EXPECT_EQ(format_hash_key(three[0].last), "113427455640312821154458202477256070484");
  EXPECT_EQ(format_hash_key(three[1].last), "226854911280625642308916404954512140969");
}

TEST(Sequence, IsALongIncreasingNumber) {
  const std::int64_t made = 1'421'376'000;
  std::string previous;
  for (const std::uint64_t index : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{2},
                                    std::uint64_t{1} << 40, kSequenceIndexMax}) {
    // A clock that goes back must not turn the order around.
    const SequenceNumber s{made, 17, index, made + 1000 - static_cast<std::int64_t>(index % 7)};
    const std::string text = format_sequence(s);
    EXPECT_EQ(text.size(), 56U);
    EXPECT_TRUE(text.starts_with("495"));
    EXPECT_LT(previous, text);
    EXPECT_EQ(parse_sequence(text), s);
    previous = text;
  }
}

TEST(Sequence, RefusesWhatNoShardHandedOut) {
  for (const std::string& text : {std::string(), std::string("0"), std::string(56, '9'),
                                  std::string(56, '1'), std::string(55, '4') + "x"}) {
    EXPECT_FALSE(parse_sequence(text).has_value()) << text;
  }
  std::string mangled = format_sequence({1'421'376'000, 1, 5, 1'421'376'000});
  mangled.back() = mangled.back() == '1' ? '2' : '1';
  EXPECT_FALSE(parse_sequence(mangled).has_value());
}

TEST(ShardLog, NeverGoesBack) {
  ShardLog log(7, 5000);
  const Assigned first = log.assign(Timestamp::from_millis(4000));
  const Assigned second = log.assign(Timestamp::from_millis(6000));
  EXPECT_EQ(first.index, 7U);
  EXPECT_EQ(first.arrival_millis, 5000);
  EXPECT_EQ(second.index, 8U);
  EXPECT_EQ(second.arrival_millis, 6000);
}

TEST(ShardLog, KnowsWhatAProducerHasDelivered) {
  ShardLog log;
  EXPECT_EQ(log.find_duplicate("p", "1", 0), nullptr);
  log.advance("p", "3", 0, {0, 0, log.assign(Timestamp::from_millis(1)).index, 0});
  EXPECT_NE(log.find_duplicate("p", "1", kHashMax), nullptr);
  EXPECT_NE(log.find_duplicate("p", "3", 0), nullptr);
  EXPECT_EQ(log.find_duplicate("p", "31", 0), nullptr);
  EXPECT_EQ(log.find_duplicate("q", "1", 0), nullptr);
  log.forget("p");
  EXPECT_EQ(log.find_duplicate("p", "1", 0), nullptr);
}

// Deduced: a child knows of a producer what the parent knew that had the hash key.
TEST(ShardLog, ChildrenKnowWhatTheirParentsKnew) {
  const HashRange low{0, 99}, middle{100, 199}, high{200, 299};
  ShardLog a, b, c;
  a.advance("p", "5", 50, {1, 0, 1, 1});
  b.advance("p", "9", 150, {1, 1, 1, 1});
  ShardLog merged;
  inherit(merged, {0, 199}, {{low, &a}, {middle, &b}});
  EXPECT_NE(merged.find_duplicate("p", "5", 50), nullptr);
  EXPECT_EQ(merged.find_duplicate("p", "6", 50), nullptr);  // It never reached a.
  EXPECT_NE(merged.find_duplicate("p", "6", 150), nullptr);
  EXPECT_EQ(merged.find_duplicate("p", "9", 150)->last.shard, 1U);
  // A parent that the producer never wrote to has nothing of it.
  ShardLog wide;
  inherit(wide, {0, 299}, {{{0, 199}, &merged}, {high, &c}});
  EXPECT_NE(wide.find_duplicate("p", "6", 150), nullptr);
  EXPECT_EQ(wide.find_duplicate("p", "6", 250), nullptr);
  // A split gives each child its part.
  ShardLog upper;
  inherit(upper, {150, 299}, {{{0, 299}, &wide}});
  EXPECT_NE(upper.find_duplicate("p", "9", 199), nullptr);
  EXPECT_EQ(upper.find_duplicate("p", "1", 200), nullptr);
  // Late records fill their own part; one beyond all is beyond for the whole shard.
  wide.advance("p", "7", 250, {2, 3, 1, 2});
  EXPECT_EQ(wide.find_duplicate("p", "7", 50), nullptr);
  EXPECT_EQ(wide.find_producer("p")->size(), 3U);
  wide.advance("p", "91", 50, {2, 3, 2, 2});
  EXPECT_EQ(wide.find_producer("p")->size(), 1U);
  EXPECT_NE(wide.find_duplicate("p", "91", 250), nullptr);
  // What is the same on both sides is one again.
  ShardLog left, right, whole;
  inherit(left, {0, 99}, {{{0, 299}, &wide}});
  inherit(right, {100, 299}, {{{0, 299}, &wide}});
  inherit(whole, {0, 299}, {{{0, 99}, &left}, {{100, 299}, &right}});
  EXPECT_EQ(*whole.find_producer("p"), *wide.find_producer("p"));
}

TEST(StreamState, EveryEventInEveryState) {
  using S = StreamStatus;
  using E = StreamEvent;
  struct Case {
    S from;
    E event;
    std::optional<S> to;
  };
  const std::vector<Case> cases = {
      {S::kCreating, E::kCommitted, S::kActive},     {S::kCreating, E::kBeginUpdate, std::nullopt},
      {S::kCreating, E::kBeginDelete, S::kDeleting}, {S::kActive, E::kCommitted, S::kActive},
      {S::kActive, E::kBeginUpdate, S::kUpdating},   {S::kActive, E::kBeginDelete, S::kDeleting},
      {S::kUpdating, E::kCommitted, S::kActive},     {S::kUpdating, E::kBeginUpdate, std::nullopt},
      {S::kUpdating, E::kBeginDelete, S::kDeleting}, {S::kDeleting, E::kCommitted, std::nullopt},
      {S::kDeleting, E::kBeginUpdate, std::nullopt}, {S::kDeleting, E::kBeginDelete, std::nullopt},
  };
  ASSERT_EQ(cases.size(), static_cast<std::size_t>(kStreamStatusCount * kStreamEventCount));
  for (const Case& c : cases) EXPECT_EQ(next_status(c.from, c.event), c.to);
}

TEST(StreamRules, ShardIds) {
  EXPECT_EQ(shard_id(3), "shardId-000000000003");
  EXPECT_EQ(parse_shard_id("shardId-000000000003"), 3U);
  EXPECT_EQ(parse_shard_id("shardId-3"), 3U);  // As AWS takes it, too.
  EXPECT_EQ(parse_shard_id("3"), 3U);
  for (const std::string_view text : {"", "shardId-", "shard-3", "3x", "99999999999"}) {
    EXPECT_FALSE(parse_shard_id(text).has_value()) << text;
  }
}

StreamConfig orders() {
  StreamConfig config;
  config.id = 9;
  config.place = {"000000000000", "us-east-1"};
  config.name = "orders";
  config.created = Timestamp::from_seconds(std::int64_t{1'700'000'000});
  config.shards = uniform_shards(2, config.created);
  return config;
}

// The wording is recorded by emulators.
TEST(StreamRules, Retention) {
  EXPECT_EQ(with_longer_retention(orders(), 24)->retention_hours, 24U);
  EXPECT_EQ(with_longer_retention(orders(), 8760)->retention_hours, 8760U);
  EXPECT_EQ(
      with_longer_retention(orders(), 23).error().message,
      "Minimum allowed retention period is 24 hours. Requested retention period (23 hours) is "
      "too short.");
  StreamConfig two_days = orders();
  two_days.retention_hours = 48;
  EXPECT_EQ(with_shorter_retention(two_days, 24)->retention_hours, 24U);
  EXPECT_EQ(
      with_longer_retention(two_days, 25).error().message,
      "Requested retention period (25 hours) for stream orders can not be shorter than existing "
      "retention period (48 hours). Use DecreaseRetentionPeriod API.");
  EXPECT_EQ(
      with_shorter_retention(two_days, 49).error().message,
      "Requested retention period (49 hours) for stream orders can not be longer than existing "
      "retention period (48 hours). Use IncreaseRetentionPeriod API.");
  EXPECT_FALSE(with_longer_retention(orders(), 8761).has_value());
}

TEST(StreamRules, ModeChangesTwiceADay) {
  const Timestamp start = orders().created;
  Result<StreamConfig> config = with_mode(orders(), StreamMode::kOnDemand, start);
  ASSERT_TRUE(config.has_value());
  config = with_mode(*config, StreamMode::kProvisioned, start + std::chrono::hours(1));
  ASSERT_TRUE(config.has_value());
  const auto third = with_mode(*config, StreamMode::kOnDemand, start + std::chrono::hours(2));
  EXPECT_EQ(third.error().kind, ErrorKind::kLimit);
  EXPECT_TRUE(
      with_mode(*config, StreamMode::kOnDemand, start + std::chrono::hours(25)).has_value());
}

TEST(StreamRules, Tags) {
  const auto tagged = with_tags(orders(), {{"team", "sales"}, {"Größe", "ü :/=+-%@_."}});
  ASSERT_TRUE(tagged.has_value());
  EXPECT_EQ(tagged->tags.at("team"), "sales");
  EXPECT_TRUE(without_tags(*tagged, {"team", "absent"})->tags.contains("Größe"));
  EXPECT_FALSE(with_tags(orders(), {{"a;b", ""}}).has_value());
  std::map<std::string, std::string> many;
  for (int i = 0; i < 51; ++i) many.emplace("k" + std::to_string(i), "");
  EXPECT_FALSE(with_tags(orders(), many).has_value());
}

TEST(StreamRules, Arns) {
  const auto parsed = parse_stream_arn("arn:aws:kinesis:eu-west-1:111122223333:stream/orders");
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->name, "orders");
  EXPECT_EQ(parsed->place, (Place{"111122223333", "eu-west-1"}));
  EXPECT_EQ(stream_arn(parsed->place, parsed->name),
            "arn:aws:kinesis:eu-west-1:111122223333:stream/orders");
  for (const std::string_view text :
       {"", "arn:aws:kinesis", "arn:aws:firehose:r:a:stream/x", "arn:aws:kinesis:r:a:stream/",
        "arn:aws:kinesis:r:a:stream/x/consumer/y:1", "arn:aws-cn:kinesis:r:a:stream/x"}) {
    EXPECT_FALSE(parse_stream_arn(text).has_value()) << text;
  }
}

TEST(Tokens, ComeBackAsTheyWere) {
  const ShardPosition position{Timestamp{1'700'000'000'123'456}, ~0ULL, 42, 1ULL << 50};
  const std::string token = encode_iterator(position);
  EXPECT_LE(token.size(), 512U);  // The model's maximum.
  EXPECT_EQ(decode_iterator(token), position);
  const ListPosition list{
      Timestamp{1}, "orders", "shardId-000000000001", {ShardFilter::Type::kFrom, Timestamp{7}}};
  EXPECT_EQ(decode_list_token(encode_list_token(list)), list);
  EXPECT_FALSE(decode_list_token(token).has_value());
}

TEST(Tokens, RefuseWhatWasChanged) {
  std::string token = encode_iterator({Timestamp{1}, 2, 3, 4});
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(decode_iterator(changed).has_value()) << i;
  }
  EXPECT_FALSE(decode_iterator("").has_value());
  EXPECT_FALSE(decode_iterator("not base64!").has_value());
}

TEST(Keys, SortAsTheirFields) {
  const std::vector<RecordKey> keys = {{1, 0, 1}, {1, 0, 2}, {1, 0, 256}, {1, 1, 0}, {2, 0, 0}};
  std::vector<std::string> encoded;
  for (const RecordKey& key : keys) {
    encoded.push_back(record_key(key));
    EXPECT_EQ(parse_record_key(encoded.back()), key);
  }
  EXPECT_TRUE(std::is_sorted(encoded.begin(), encoded.end()));
  EXPECT_LT(encoded[2], records_end(1, 0));
  EXPECT_GE(encoded[3], records_end(1, 0));
  const ProducerKey producer{7, 3, std::string("pipe\0x", 6)};
  EXPECT_EQ(parse_producer_key(producer_key(7, 3, producer.producer)), producer);
  EXPECT_LT(producer_key(7, 9, "z"), producers_end(7));
}

}  // namespace
}  // namespace penstock::kinesis
