// Operations that set what a stream is and may do, against a real store. Documented unless said.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "services/kinesis/tests/harness.h"

namespace penstock::kinesis {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kArn = "arn:aws:kinesis:us-east-1:000000000000:stream/orders";

api::StreamDescriptionSummary summary(Harness& h) {
  api::DescribeStreamSummaryInput input;
  input.stream_name = "orders";
  return h.run(describe_stream_summary(*h.service, h.context, input))->stream_description_summary;
}

void create_on_demand(Harness& h) {
  api::CreateStreamInput input;
  input.stream_name = "orders";
  input.stream_mode_details = api::StreamModeDetails{"ON_DEMAND"};
  ASSERT_TRUE(h.run(create_stream(*h.service, h.context, input)).has_value());
}

std::string encrypt(Harness& h, std::string key, std::string type = "KMS") {
  api::StartStreamEncryptionInput input;
  input.stream_name = "orders";
  input.encryption_type = std::move(type);
  input.key_id = std::move(key);
  return h.outcome(start_stream_encryption(*h.service, h.context, input));
}

// Whether the bytes stand anywhere in the store's files.
bool on_disk(const Harness& h, std::string_view bytes) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(h.directory)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string all((std::istreambuf_iterator<char>(file)), {});
    if (all.find(bytes) != all.npos) return true;
  }
  return false;
}

TEST(Settings, EncryptedRecordsAreNotReadableOnDisk) {
  Harness h;
  h.create("orders");
  ASSERT_TRUE(h.put("orders", "k", "lying-open").has_value());
  EXPECT_TRUE(on_disk(h, "lying-open"));
  EXPECT_THAT(encrypt(h, "alias/mine"), StartsWith("KMSNotFoundException"));
  EXPECT_THAT(encrypt(h, "alias/aws/kinesis", "NONE"), StartsWith("InvalidArgumentException"));
  ASSERT_EQ(encrypt(h, "alias/aws/kinesis"), "");
  const auto put = h.put("orders", "sealed-key", "sealed-data");
  EXPECT_EQ(put->encryption_type, "KMS");
  EXPECT_FALSE(on_disk(h, "sealed-data"));
  EXPECT_FALSE(on_disk(h, "sealed-key"));
  EXPECT_EQ(summary(h).encryption_type, "KMS");
  EXPECT_EQ(summary(h).key_id, "alias/aws/kinesis");
  ASSERT_EQ(encrypt(h, "alias/aws/kinesis"), "");  // Another data key.
  ASSERT_TRUE(h.put("orders", "k", "second").has_value());
  api::StopStreamEncryptionInput stop{"orders", "KMS", "alias/aws/kinesis", {}, {}};
  EXPECT_EQ(h.outcome(stop_stream_encryption(*h.service, h.context, stop)), "");
  EXPECT_FALSE(h.put("orders", "k", "open-again")->encryption_type.has_value());
  for (int round = 0; round < 2; ++round) {
    const auto page = h.get(h.iterator("orders", "0", "TRIM_HORIZON"));
    ASSERT_EQ(page->records.size(), 4U);
    EXPECT_FALSE(page->records[0].encryption_type.has_value());
    EXPECT_EQ(page->records[1].encryption_type, "KMS");
    EXPECT_EQ(page->records[1].partition_key, "sealed-key");
    EXPECT_EQ(page->records[1].data.bytes, "sealed-data");
    EXPECT_EQ(page->records[2].data.bytes, "second");
    EXPECT_FALSE(page->records[3].encryption_type.has_value());
    EXPECT_EQ(summary(h).encryption_type, "NONE");
    EXPECT_FALSE(summary(h).key_id.has_value());
    h.reopen();
  }
}

TEST(Settings, WritesBeyondTheLimitsAreThrottledByRecord) {
  Harness h;
  h.options.throttle = true;
  h.reopen();
  h.create("orders", 2);
  api::PutRecordsInput input;
  input.stream_name = "orders";
  for (int i = 0; i < 500; ++i) input.records.push_back({Blob{"x"}, "0", "k"});
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(h.run(put_records(*h.service, h.context, input))->failed_record_count, 0);
  }
  input.records.resize(2);
  input.records[1].explicit_hash_key = "340282366920938463463374607431768211455";
  const auto reply = h.run(put_records(*h.service, h.context, input));
  EXPECT_EQ(reply->failed_record_count, 1);
  EXPECT_EQ(reply->records[0].error_code, "ProvisionedThroughputExceededException");
  EXPECT_EQ(reply->records[0].error_message,
            "Rate exceeded for shard shardId-000000000000 in stream orders under account "
            "000000000000.");
  EXPECT_FALSE(reply->records[0].sequence_number.has_value());
  EXPECT_TRUE(reply->records[1].sequence_number.has_value());
  api::PutRecordInput one;
  one.stream_name = "orders";
  one.partition_key = "k";
  one.explicit_hash_key = "0";
  EXPECT_EQ(h.outcome(put_record(*h.service, h.context, one)),
            "ProvisionedThroughputExceededException: Rate exceeded for shard shardId-000000000000 "
            "in stream orders under account 000000000000.");
  h.clock.advance(std::chrono::milliseconds(1));
  EXPECT_EQ(h.outcome(put_record(*h.service, h.context, one)), "");
}

// Our own promise: what a producer sends again after a shard refused some of it is there once.
TEST(Settings, AThrottledProducerCanRepeat) {
  Harness h;
  h.options.throttle = true;
  h.reopen();
  h.create("orders", 2);
  int rounds = 0;
  for (std::optional<std::int32_t> failed = 1; failed > 0; ++rounds) {
    ASSERT_LT(rounds, 20);
    api::PutRecordsInput input;
    input.stream_name = "orders";
    protocol::Context context = h.context;
    context.producer = protocol::Producer{"p", {}};
    for (int i = 0; i < 5; ++i) {
      input.records.push_back({Blob{std::string(700'000, static_cast<char>('a' + i))}, std::nullopt,
                               "key" + std::to_string(i)});
      context.producer->positions.push_back(std::to_string(i));
    }
    failed = h.run(put_records(*h.service, context, std::move(input)))->failed_record_count;
    h.clock.advance(std::chrono::seconds(1));
  }
  EXPECT_GT(rounds, 1);
  std::string found;
  h.options.throttle = false;
  h.reopen();
  for (const api::Record& record : h.all("orders")) found += record.data.bytes[0];
  std::ranges::sort(found);
  EXPECT_EQ(found, "abcde");
}

TEST(Settings, ReadsBeyondTheLimitsAreThrottled) {
  Harness h;
  h.options.throttle = true;
  h.reopen();
  h.create("orders");
  const std::string iterator = h.iterator("orders", "0", "LATEST");
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(h.get(iterator).has_value());
  const auto sixth = h.get(iterator);
  EXPECT_EQ(sixth.error().code, "ProvisionedThroughputExceededException");
  EXPECT_EQ(sixth.error().message,
            "Rate exceeded for Shard - 000000000000/orders/shardId-000000000000");
  h.clock.advance(std::chrono::milliseconds(200));
  EXPECT_TRUE(h.get(iterator).has_value());
}

TEST(Settings, OnDemandStreamsGetRoom) {
  Harness h;
  create_on_demand(h);
  h.create("fixed");
  const auto write = [&](const char* stream) {
    for (int i = 0; i < 40; ++i) {
      api::PutRecordInput input;
      input.stream_name = stream;
      input.partition_key = "k";
      input.explicit_hash_key = "0";
      input.data.bytes.assign(1 << 20, 'x');
      ASSERT_TRUE(h.run(put_record(*h.service, h.context, std::move(input))).has_value());
    }
  };
  write("orders");
  write("fixed");
  h.clock.advance(std::chrono::seconds(60));
  ASSERT_TRUE(block_on(h.runtime.loop(0), scale_on_demand(*h.service)).has_value());
  EXPECT_EQ(summary(h).open_shard_count, 5);
  EXPECT_EQ(h.shards("fixed").size(), 1U);
  EXPECT_EQ(h.shards("orders")[5].parent_shard_id, "shardId-000000000000");
  // Without further load nothing happens.
  h.clock.advance(std::chrono::seconds(60));
  ASSERT_TRUE(block_on(h.runtime.loop(0), scale_on_demand(*h.service)).has_value());
  EXPECT_EQ(summary(h).open_shard_count, 5);
}

TEST(Settings, WarmThroughputWantsACommitment) {
  Harness h;
  create_on_demand(h);
  api::UpdateStreamWarmThroughputInput input;
  input.stream_name = "orders";
  input.warm_throughput_mi_bps = 6;
  EXPECT_THAT(h.outcome(update_stream_warm_throughput(*h.service, h.context, input)),
              HasSubstr("MinimumThroughputBillingCommitment"));
  api::UpdateAccountSettingsInput settings;
  settings.minimum_throughput_billing_commitment.status = "ENABLED";
  const auto enabled = h.run(update_account_settings(*h.service, h.context, settings));
  EXPECT_EQ(enabled->minimum_throughput_billing_commitment->status, "ENABLED");
  EXPECT_EQ(enabled->minimum_throughput_billing_commitment->earliest_allowed_end_at,
            h.clock.now() + std::chrono::hours(24));
  const auto warm = h.run(update_stream_warm_throughput(*h.service, h.context, input));
  ASSERT_TRUE(warm.has_value()) << warm.error().message;
  EXPECT_EQ(warm->warm_throughput->target_mi_bps, 6);
  EXPECT_EQ(warm->warm_throughput->current_mi_bps, 6);
  h.reopen();
  EXPECT_EQ(summary(h).open_shard_count, 6);
  EXPECT_EQ(summary(h).warm_throughput->target_mi_bps, 6);
  const auto known = h.run(describe_account_settings(*h.service, h.context, {}));
  EXPECT_EQ(known->minimum_throughput_billing_commitment->status, "ENABLED");
  h.create("fixed");
  input.stream_name = "fixed";
  EXPECT_THAT(h.outcome(update_stream_warm_throughput(*h.service, h.context, input)),
              StartsWith("ValidationException"));
}

TEST(Settings, PoliciesMetricsAndRecordSizes) {
  Harness h;
  h.create("orders");
  EXPECT_EQ(h.run(get_resource_policy(*h.service, h.context, {kArn}))->policy, "{}");
  const std::string policy =
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},)"
      R"("Action":"kinesis:PutRecord","Resource":"*"}]})";
  EXPECT_EQ(h.outcome(put_resource_policy(*h.service, h.context, {kArn, {}, policy})), "");
  for (const char* bad : {"nonsense", "[]", "{}", R"({"Statement":[1]})",
                          R"({"Statement":{"Effect":"Perhaps","Principal":"*","Action":"*"}})"}) {
    EXPECT_THAT(h.outcome(put_resource_policy(*h.service, h.context, {kArn, {}, bad})),
                StartsWith("InvalidArgumentException"));
  }
  api::EnableEnhancedMonitoringInput enable;
  enable.stream_name = "orders";
  enable.shard_level_metrics = {"IncomingBytes", "OutgoingRecords"};
  const auto enabled = h.run(enable_enhanced_monitoring(*h.service, h.context, enable));
  EXPECT_TRUE(enabled->current_shard_level_metrics->empty());
  EXPECT_EQ(enabled->desired_shard_level_metrics->size(), 2U);
  api::DisableEnhancedMonitoringInput disable;
  disable.stream_arn = kArn;
  disable.shard_level_metrics = {"IncomingBytes"};
  const auto disabled = h.run(disable_enhanced_monitoring(*h.service, h.context, disable));
  EXPECT_EQ(disabled->desired_shard_level_metrics, std::vector<std::string>{"OutgoingRecords"});
  api::UpdateMaxRecordSizeInput size;
  size.stream_arn = kArn;
  size.max_record_size_in_ki_b = 2048;
  EXPECT_FALSE(h.put("orders", "k", std::string((1 << 20) + 1, 'x')).has_value());
  EXPECT_EQ(h.outcome(update_max_record_size(*h.service, h.context, size)), "");
  h.reopen();
  EXPECT_TRUE(h.put("orders", "k", std::string(2 << 20, 'x')).has_value());
  EXPECT_FALSE(h.put("orders", "k", std::string((2 << 20) + 1, 'x')).has_value());
  EXPECT_EQ(h.run(get_resource_policy(*h.service, h.context, {kArn}))->policy, policy);
  EXPECT_EQ(summary(h).enhanced_monitoring[0].shard_level_metrics,
            std::vector<std::string>{"OutgoingRecords"});
  EXPECT_EQ(h.outcome(delete_resource_policy(*h.service, h.context, {kArn})), "");
  EXPECT_EQ(h.run(get_resource_policy(*h.service, h.context, {kArn}))->policy, "{}");
}

}  // namespace
}  // namespace penstock::kinesis
