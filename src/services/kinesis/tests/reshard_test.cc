// Splitting, merging and scaling: the pure rules. Wording recorded by emulators unless said.
#include "services/kinesis/reshard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/kinesis/shard_filter.h"
#include "services/kinesis/values.h"

namespace penstock::kinesis {
namespace {

constexpr Timestamp kMade = Timestamp::from_seconds(std::int64_t{1'700'000'000});
constexpr Timestamp kLater = Timestamp::from_seconds(std::int64_t{1'700'000'100});

StreamConfig with_shards(std::size_t count) {
  StreamConfig config;
  config.id = 9;
  config.place = {"000000000000", "us-east-1"};
  config.name = "orders";
  config.created = kMade;
  config.shards = uniform_shards(count, kMade);
  return config;
}

std::vector<ShardSpec> open_shards(const StreamConfig& config) {
  std::vector<ShardSpec> open;
  std::ranges::copy_if(config.shards, std::back_inserter(open), &ShardSpec::is_open);
  std::ranges::sort(open, {}, [](const ShardSpec& shard) { return shard.range.first; });
  return open;
}

// The open shards cover the space, every other one has open descendants, and numbers grow from
// parents to children.
void expect_sound(const StreamConfig& config) {
  const std::vector<ShardSpec> open = open_shards(config);
  ASSERT_FALSE(open.empty());
  EXPECT_EQ(open.front().range.first, HashValue{0});
  EXPECT_EQ(open.back().range.last, kHashMax);
  for (std::size_t i = 0; i + 1 < open.size(); ++i) {
    EXPECT_EQ(open[i].range.last + 1, open[i + 1].range.first);
  }
  for (std::size_t i = 0; i < config.shards.size(); ++i) {
    const ShardSpec& shard = config.shards[i];
    EXPECT_EQ(shard.index, i);
    HashValue covered = 0;
    for (const ShardSpec& child : config.shards) {
      if (!child.is_child_of(shard.index)) continue;
      EXPECT_LT(shard.index, child.index);
      EXPECT_FALSE(shard.is_open());
      EXPECT_LT(format_sequence(shard.last_number()), format_sequence(child.first_number()));
      covered += std::min(shard.range.last, child.range.last) -
                 std::max(shard.range.first, child.range.first) + 1;
    }
    if (!shard.is_open()) {
      EXPECT_EQ(covered, shard.range.last - shard.range.first + 1);
    }
  }
}

TEST(Reshard, ASplitMakesTwoChildren) {
  const auto after = with_split(with_shards(2), "shardId-000000000001",
                                "255211775190703847597530955573826158591", kLater);
  ASSERT_TRUE(after.has_value()) << after.error().message;
  expect_sound(*after);
  ASSERT_EQ(after->shards.size(), 4U);
  EXPECT_EQ(after->shards[1].closed, kLater);
  const ShardSpec& lower = after->shards[2];
  EXPECT_EQ(format_hash_key(lower.range.first), "170141183460469231731687303715884105728");
  EXPECT_EQ(format_hash_key(lower.range.last), "255211775190703847597530955573826158590");
  EXPECT_EQ(lower.parent, 1U);
  EXPECT_FALSE(lower.adjacent_parent.has_value());
  EXPECT_EQ(after->shards[3].range.last, kHashMax);
}

TEST(Reshard, AMergeHasTwoParents) {
  const auto after = with_merge(with_shards(3), "0", "1", kLater);
  ASSERT_TRUE(after.has_value()) << after.error().message;
  expect_sound(*after);
  ASSERT_EQ(after->shards.size(), 4U);
  EXPECT_EQ(after->shards[3].parent, 0U);
  EXPECT_EQ(after->shards[3].adjacent_parent, 1U);
  EXPECT_EQ(after->shards[3].range.last, with_shards(3).shards[1].range.last);
}

TEST(Reshard, ChildrenOfTheSameSecondHaveGreaterNumbers) {
  auto config = with_split(with_shards(1), "0", "1000", kMade);
  ASSERT_TRUE(config.has_value());
  config = with_merge(*config, "1", "2", kMade);
  ASSERT_TRUE(config.has_value());
  // The clock may also go back.
  config = with_split(*config, "3", "1000", kMade - std::chrono::hours(1));
  ASSERT_TRUE(config.has_value());
  expect_sound(*config);
}

TEST(Reshard, SplitsThatAreRefused) {
  struct Case {
    const char* shard;
    const char* start;
    ErrorKind kind;
    const char* message;
  };
  const StreamConfig merged = *with_merge(with_shards(2), "0", "1", kLater);
  const std::string bounds =
      " used in SplitShard() on shard shardId-000000000002 in stream orders under account "
      "000000000000 is not both greater than one plus the shard's StartingHashKey 0 and less than "
      "the shard's EndingHashKey 340282366920938463463374607431768211455.";
  for (const Case& c : std::vector<Case>{
           {"shardId-000000000007", "5", ErrorKind::kNotFound,
            "Could not find shard shardId-000000000007 in stream orders under account "
            "000000000000."},
           {"x", "5", ErrorKind::kNotFound,
            "Could not find shard x in stream orders under account 000000000000."},
           {"0", "5", ErrorKind::kInvalid,
            "Shard shardId-000000000000 in stream orders under account 000000000000 has already "
            "been merged or split, and thus is not eligible for merging or splitting."}}) {
    const auto refused = with_split(merged, c.shard, c.start, kLater);
    ASSERT_FALSE(refused.has_value()) << c.shard;
    EXPECT_EQ(refused.error().kind, c.kind);
    EXPECT_EQ(refused.error().message, c.message);
  }
  for (const std::string start : {"0", "1", "340282366920938463463374607431768211455",
                                  "340282366920938463463374607431768211456"}) {
    EXPECT_EQ(with_split(merged, "2", start, kLater).error().message,
              "NewStartingHashKey " + start + bounds);
  }
  for (const char* start : {"2", "340282366920938463463374607431768211454"}) {
    EXPECT_TRUE(with_split(merged, "2", start, kLater).has_value()) << start;
  }
}

TEST(Reshard, MergesThatAreRefused) {
  const auto message = [](const char* a, const char* b) {
    return with_merge(with_shards(3), a, b, kLater).error().message;
  };
  EXPECT_EQ(message("0", "2"),
            "Shards shardId-000000000000 and shardId-000000000002 in stream orders under account "
            "000000000000 are not an adjacent pair of shards eligible for merging");
  EXPECT_THAT(message("1", "0"), testing::HasSubstr("not an adjacent pair"));
  EXPECT_THAT(message("1", "1"), testing::HasSubstr("not an adjacent pair"));
  EXPECT_THAT(message("2", "0"), testing::HasSubstr("not an adjacent pair"));
  EXPECT_THAT(message("0", "9"), testing::HasSubstr("Could not find shard shardId-000000000009"));
}

TEST(Reshard, ScalingEndsWithEqualShards) {
  // Documented: any target from half to double.
  for (const std::size_t from : {1, 2, 3, 5, 7, 16, 100}) {
    for (std::size_t to = (from + 1) / 2; to <= from * 2; ++to) {
      SCOPED_TRACE(std::to_string(from) + " to " + std::to_string(to));
      const auto after = with_shard_count(with_shards(from), static_cast<std::int64_t>(to), kLater);
      ASSERT_TRUE(after.has_value()) << after.error().message;
      if (from < 20) expect_sound(*after);
      const std::vector<ShardSpec> open = open_shards(*after);
      ASSERT_EQ(open.size(), to);
      const HashValue width = kHashMax / to;
      for (const ShardSpec& shard : open) {
        const HashValue has = shard.range.last - shard.range.first;
        EXPECT_LT(has > width ? has - width : width - has, HashValue{1} << 33);
      }
    }
  }
  // Doubling is one split of each, halving one merge of each pair; the same count changes nothing.
  EXPECT_EQ(with_shard_count(with_shards(3), 6, kLater)->shards.size(), 9U);
  EXPECT_EQ(with_shard_count(with_shards(6), 3, kLater)->shards.size(), 9U);
  EXPECT_EQ(with_shard_count(with_shards(6), 6, kLater)->shards.size(), 6U);
}

TEST(Reshard, ScalingEvensOutWhatWasSplitByHand) {
  StreamConfig config = *with_split(with_shards(2), "0", "1000", kLater);
  config = *with_split(std::move(config), "3", "2000", kLater);
  config = *with_shard_count(std::move(config), 4, kLater);
  expect_sound(config);
  EXPECT_EQ(open_shards(config).size(), 4U);
}

TEST(Reshard, ScalingHasItsLimits) {
  const auto message = [](std::size_t from, std::int64_t to) {
    return with_shard_count(with_shards(from), to, kLater).error().message;
  };
  EXPECT_EQ(message(2, 5),
            "UpdateShardCount cannot scale up over double your current open shard count. Current "
            "open shard count: 2 Target shard count: 5");
  EXPECT_EQ(message(5, 2),
            "UpdateShardCount cannot scale down below half your current open shard count. Current "
            "open shard count: 5 Target shard count: 2");
  EXPECT_THAT(message(5001, 10001), testing::HasSubstr("cannot be greater than 10000"));
  // Ten times in 24 hours: documented.
  StreamConfig config = with_shards(2);
  for (int i = 0; i < 10; ++i) {
    config = *with_shard_count(config, i % 2 == 0 ? 4 : 2, kMade + std::chrono::hours(i));
  }
  EXPECT_EQ(
      with_shard_count(config, 4, kMade + std::chrono::hours(24) - std::chrono::microseconds(1))
          .error()
          .kind,
      ErrorKind::kLimit);
  EXPECT_TRUE(with_shard_count(config, 4, kMade + std::chrono::hours(24)).has_value());
  expect_sound(config);
}

TEST(Reshard, ClosedShardsExpireWithTheirRecords) {
  const StreamConfig config = *with_split(with_shards(2), "0", "1000", kLater);
  const Timestamp end = kLater + std::chrono::hours(24);
  EXPECT_TRUE(expired_shards(config, end - std::chrono::microseconds(1)).empty());
  EXPECT_EQ(expired_shards(config, end), std::vector<std::uint32_t>{0});
}

// Documented: what each type of filter includes.
TEST(ShardFilters, ShowWhatWasOpenThen) {
  StreamConfig config = *with_split(with_shards(1), "0", "1000", kLater);
  config = *with_merge(std::move(config), "1", "2", kLater + std::chrono::hours(1));
  const Timestamp now = kLater + std::chrono::hours(2);
  const auto shown = [&](std::string_view type, std::optional<Timestamp> at = {}) {
    std::string all;
    for (const ShardSpec& shard : config.shards) {
      if (shows(*make_filter(type, at, config, now), shard)) all += std::to_string(shard.index);
    }
    return all;
  };
  const auto second = std::chrono::seconds(1);
  EXPECT_EQ(shown("FROM_TRIM_HORIZON"), "0123");
  EXPECT_EQ(shown("AT_TRIM_HORIZON"), "0");
  EXPECT_EQ(shown("AT_LATEST"), "3");
  EXPECT_EQ(shown("AT_TIMESTAMP", kLater - second), "0");
  EXPECT_EQ(shown("AT_TIMESTAMP", kLater + second), "12");
  EXPECT_EQ(shown("AT_TIMESTAMP", now), "3");
  EXPECT_EQ(shown("AT_TIMESTAMP", Timestamp{0}), "0");  // As TRIM_HORIZON.
  EXPECT_EQ(shown("FROM_TIMESTAMP", kLater + second), "123");
  EXPECT_EQ(shown("FROM_TIMESTAMP", kLater - second), "0123");
  EXPECT_EQ(shown("FROM_TIMESTAMP", now), "3");
  EXPECT_FALSE(make_filter("AT_NOON", {}, config, now).has_value());
}

TEST(Values, ComeBackAsTheyWere) {
  StreamConfig config = *with_split(with_shards(2), "0", "1000", kLater);
  config = *with_shard_count(std::move(config), 5, kLater);
  config.tags = {{"a", "b"}};
  config.records_gone = 77;
  const std::string stored = encode_stream(config);
  const std::optional<StreamConfig> read = decode_stream(stored);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->shards, config.shards);
  EXPECT_EQ(read->count_changes, config.count_changes);
  EXPECT_EQ(read->records_gone, 77U);
  EXPECT_EQ(encode_stream(*read), stored);
  EXPECT_FALSE(decode_stream(stored.substr(0, stored.size() - 1)).has_value());

  const Watermarks marks = {{{0, 9}, "5", {1, 2, 3, 4}}, {{10, kHashMax}, "", {}}};
  EXPECT_EQ(decode_watermarks(config.shards[0], encode_watermarks(marks)), marks);
}

TEST(Values, OfTheFirstVersionAreRead) {
  // Recorded: what was written before shards could change. One stream "s" of two shards, and a
  // watermark at position "p" whose record is number 7 of second 5.
  std::string stream("\1\x9\1a\1r\1s\x80\x89\x7a\0\x18\x80\x08\2", 16);
  const std::string top(9, '\xff');
  stream += std::string(4, '\0').substr(0, 2);
  stream += top.substr(0, 8) + "\x7f" + top + "\1";
  stream += std::string("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 10) + std::string(1, '\0');
  stream += top + "\1" + top + "\1" + std::string(2, '\0');
  const std::optional<StreamConfig> read = decode_stream(stream);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->name, "s");
  EXPECT_EQ(read->created.micros, 1'000'000);
  EXPECT_EQ(read->shards, uniform_shards(2, read->created));

  const std::string mark("\1\1p\7\x90\x4e", 6);
  const auto marks = decode_watermarks(read->shards[1], mark);
  ASSERT_TRUE(marks.has_value());
  EXPECT_EQ(*marks, (Watermarks{{{}, "p", {1, 1, 7, 5}}}));
}

}  // namespace
}  // namespace penstock::kinesis
