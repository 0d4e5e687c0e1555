// What a shard, a stream and an account may do: meters, capacity, commitments and encryption as
// values. The numbers are documented.
#include <gtest/gtest.h>

#include "base/cipher.h"
#include "services/kinesis/account.h"
#include "services/kinesis/capacity.h"
#include "services/kinesis/encryption.h"
#include "services/kinesis/meter.h"
#include "services/kinesis/monitoring.h"
#include "services/kinesis/values.h"

namespace penstock::kinesis {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kMib = 1 << 20;
constexpr Timestamp kStart = Timestamp::from_seconds(std::int64_t{1'700'000'000});

TEST(ShardMeter, AThousandRecordsASecond) {
  ShardMeter meter;
  const microseconds start = seconds(10);
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(meter.take_write(1, start)) << i;
  EXPECT_FALSE(meter.take_write(1, start));
  EXPECT_FALSE(meter.take_write(1, start + microseconds(999)));
  EXPECT_TRUE(meter.take_write(1, start + milliseconds(1)));
  EXPECT_FALSE(meter.take_write(1, start + milliseconds(1)));
  // Nothing is saved up beyond a second.
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(meter.take_write(1, start + seconds(60))) << i;
  EXPECT_FALSE(meter.take_write(1, start + seconds(60)));
}

TEST(ShardMeter, AMebibyteASecond) {
  ShardMeter meter;
  EXPECT_TRUE(meter.take_write(kMib - 1, seconds(1)));
  EXPECT_TRUE(meter.take_write(1, seconds(1)));
  EXPECT_FALSE(meter.take_write(1, seconds(1)));
  EXPECT_FALSE(meter.take_write(kMib / 2 + 1, milliseconds(1500)));
  EXPECT_TRUE(meter.take_write(kMib / 2, milliseconds(1500)));
}

TEST(ShardMeter, ALargeRecordIsPaidOff) {
  ShardMeter meter;
  EXPECT_TRUE(meter.take_write(10 * kMib, seconds(1)));
  EXPECT_FALSE(meter.take_write(1, seconds(10)));
  EXPECT_FALSE(meter.take_write(kMib, milliseconds(10'999)));
  EXPECT_TRUE(meter.take_write(kMib, seconds(11)));
  // It also wants a whole second of the shard.
  EXPECT_TRUE(meter.take_write(1, seconds(12)));
  EXPECT_FALSE(meter.take_write(10 * kMib, seconds(12)));
}

TEST(ShardMeter, FiveReadsASecond) {
  ShardMeter meter;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(meter.take_read(seconds(1)));
  EXPECT_FALSE(meter.take_read(seconds(1)));
  EXPECT_FALSE(meter.take_read(milliseconds(1199)));
  EXPECT_TRUE(meter.take_read(milliseconds(1200)));
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(meter.take_iterator(seconds(1)));
  EXPECT_FALSE(meter.take_iterator(seconds(1)));
}

TEST(ShardMeter, TwoMebibytesReadASecond) {
  ShardMeter meter;
  EXPECT_TRUE(meter.take_read(seconds(1)));
  meter.paid_read(kMib);
  EXPECT_TRUE(meter.take_read(seconds(1)));
  meter.paid_read(kMib + 1);
  EXPECT_FALSE(meter.take_read(seconds(1)));
  EXPECT_TRUE(meter.take_read(milliseconds(1001)));
  // Ten mebibytes shut the shard for five seconds.
  EXPECT_TRUE(meter.take_read(seconds(20)));
  meter.paid_read(10 * kMib);
  EXPECT_FALSE(meter.take_read(milliseconds(24'999)));
  EXPECT_TRUE(meter.take_read(seconds(25)));
}

StreamConfig on_demand(std::size_t shards) {
  StreamConfig config;
  config.name = "orders";
  config.place = {"000000000000", "us-east-1"};
  config.mode = StreamMode::kOnDemand;
  config.created = kStart;
  config.shards = uniform_shards(shards, kStart);
  return config;
}

// The rule is ours: room for twice what is written, as AWS documents the outcome.
TEST(OnDemand, AShardMoreThanHalfFullIsSplit) {
  const auto open_after = [](Load load) {
    return open_count(with_room_for(on_demand(4), {{1, load}}, 60, kStart).shards);
  };
  EXPECT_EQ(open_after({30 * kMib, 1}), 4U);
  EXPECT_EQ(open_after({30 * kMib + 1, 1}), 5U);
  EXPECT_EQ(open_after({1, 30'000}), 4U);
  EXPECT_EQ(open_after({1, 30'001}), 5U);
  EXPECT_EQ(open_after({60 * kMib, 1}), 5U);
  EXPECT_EQ(open_after({60 * kMib + 1, 1}), 7U);
  EXPECT_EQ(open_after({}), 4U);
  // Ends at the quota.
  const StreamConfig full = with_room_for(on_demand(4), {{1, {100'000 * kMib, 1}}}, 60, kStart);
  EXPECT_EQ(open_count(full.shards), 200U);
}

TEST(OnDemand, WarmThroughputIsAShardForEachMebibyte) {
  for (const std::int64_t target : {0, 3, 4, 5, 8, 17}) {
    const auto after = with_warm_throughput(on_demand(4), target, kStart);
    ASSERT_TRUE(after.has_value());
    EXPECT_EQ(open_count(after->shards), std::max<std::size_t>(4, target));
    EXPECT_EQ(after->warm_mibps, target);
    EXPECT_EQ(current_warm_throughput(*after), target);
  }
  EXPECT_TRUE(fresh_with_warm_throughput(on_demand(4), 10'240).has_value());
  EXPECT_EQ(with_warm_throughput(on_demand(4), 10'241, kStart).error().kind, ErrorKind::kLimit);
  EXPECT_EQ(fresh_with_warm_throughput(on_demand(4), 10)->shards.size(), 10U);
}

TEST(Commitment, LastsADayAtLeast) {
  AccountSettings settings;
  EXPECT_EQ(commitment_status(settings, kStart), "DISABLED");
  settings = with_commitment(settings, false, kStart);
  EXPECT_EQ(commitment_status(settings, kStart), "DISABLED");
  settings = with_commitment(settings, true, kStart);
  EXPECT_EQ(commitment_status(settings, kStart), "ENABLED");
  settings = with_commitment(settings, false, kStart + std::chrono::hours(1));
  EXPECT_EQ(commitment_status(settings, kStart + std::chrono::hours(23)),
            "ENABLED_UNTIL_EARLIEST_ALLOWED_END");
  EXPECT_EQ(commitment_status(settings, kStart + std::chrono::hours(24)), "DISABLED");
  EXPECT_EQ(decode_account(encode_account(settings)), settings);
  // Asked for again in time, it goes on.
  settings = with_commitment(settings, true, kStart + std::chrono::hours(2));
  EXPECT_EQ(settings.started, kStart);
  EXPECT_EQ(commitment_status(settings, kStart + std::chrono::hours(99)), "ENABLED");
  settings = with_commitment(settings, false, kStart + std::chrono::hours(99));
  EXPECT_EQ(commitment_status(settings, kStart + std::chrono::hours(99)), "DISABLED");
}

TEST(Encryption, OnlyTheManagedKeyExists) {
  const Place place{"111122223333", "eu-west-1"};
  EXPECT_TRUE(check_key_id("alias/aws/kinesis", place).has_value());
  EXPECT_TRUE(
      check_key_id("arn:aws:kms:eu-west-1:111122223333:alias/aws/kinesis", place).has_value());
  // The wording is that of KMS, recorded.
  const auto message = [&](const char* id) {
    const auto refused = check_key_id(id, place);
    return refused ? std::string() : refused.error().code + ": " + refused.error().message;
  };
  EXPECT_EQ(message("alias/mine"),
            "KMSNotFoundException: Alias arn:aws:kms:eu-west-1:111122223333:alias/mine is not "
            "found.");
  EXPECT_EQ(message("1234abcd-12ab-34cd-56ef-1234567890ab"),
            "KMSNotFoundException: Key "
            "'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab' does "
            "not exist");
}

TEST(Encryption, TwentyFiveTimesADay) {
  StreamConfig config = on_demand(1);
  for (int i = 0; i < 25; ++i) {
    config =
        *with_encryption(config, "alias/aws/kinesis", "key", kStart + std::chrono::hours(i / 2));
  }
  const Timestamp last = kStart + std::chrono::hours(23);
  EXPECT_EQ(with_encryption(config, "k", "key", last).error().code, "LimitExceededException");
  EXPECT_TRUE(without_encryption(config, last).has_value());  // Stops count for themselves.
  EXPECT_TRUE(with_encryption(config, "k", "key", kStart + std::chrono::hours(24)).has_value());
}

TEST(Monitoring, NamesAndBits) {
  EXPECT_EQ(metric_names(metric_bits({"OutgoingBytes", "IncomingBytes"})),
            (std::vector<std::string>{"IncomingBytes", "OutgoingBytes"}));
  EXPECT_EQ(metric_names(metric_bits({"ALL"})).size(), 7U);
  EXPECT_TRUE(metric_names(0).empty());
}

TEST(Values, OfSettingsComeBack) {
  StreamConfig config = on_demand(4);
  config.warm_mibps = 8;
  config.metrics = 5;
  config.policy = "{}";
  config = *with_encryption(config, "alias/aws/kinesis", new_data_key(), kStart);
  config = *without_encryption(config, kStart);
  const auto read = decode_stream(encode_stream(config));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(encode_stream(*read), encode_stream(config));
  EXPECT_EQ(read->data_keys, config.data_keys);
  EXPECT_FALSE(read->encrypts());
}

}  // namespace
}  // namespace penstock::kinesis
