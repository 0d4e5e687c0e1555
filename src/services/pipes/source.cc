// Reading DynamoDB and Kinesis streams through their clients.
#include "services/pipes/source.h"

#include <algorithm>

namespace penstock::pipes {
namespace {

using protocol::Reply;

// A stream has few shards; more pages than these mean that the endpoint goes round in circles.
constexpr int kShardPagesMax = 1000;

class DynamoDbSource final : public Source {
 public:
  DynamoDbSource(dynamodbstreams::Client client, PipeConfig config, protocol::Context context)
      : client_(client), config_(std::move(config)), context_(std::move(context)) {}

  Reply<std::vector<SourceShard>> shards() override {
    std::vector<SourceShard> shards;
    std::optional<std::string> after;
    for (int page = 0; page < kShardPagesMax; ++page) {
      dynamodbstreams::api::DescribeStreamInput input;
      input.stream_arn = config_.source;
      input.exclusive_start_shard_id = after;
      CO_TRY(const auto output, co_await client_.describe_stream(context_, std::move(input)));
      if (!output.stream_description) break;
      const auto& description = *output.stream_description;
      if (description.shards) {
        for (const auto& shard : *description.shards) shards.push_back(to_shard(shard));
      }
      after = description.last_evaluated_shard_id;
      if (!after) break;
    }
    co_return shards;
  }

  Reply<std::string> open(std::string shard, Position position) override {
    dynamodbstreams::api::GetShardIteratorInput input;
    input.stream_arn = config_.source;
    input.shard_id = std::move(shard);
    if (!position.sequence.empty()) {
      input.shard_iterator_type = "AFTER_SEQUENCE_NUMBER";
      input.sequence_number = std::move(position.sequence);
    } else {
      // A LATEST decided earlier cannot be asked for again: the reader skips what is older instead.
      input.shard_iterator_type = "TRIM_HORIZON";
    }
    CO_TRY(auto output, co_await client_.get_shard_iterator(context_, std::move(input)));
    co_return std::move(output.shard_iterator).value_or("");
  }

  Reply<std::optional<std::string>> open_latest(std::string shard) override {
    dynamodbstreams::api::GetShardIteratorInput input;
    input.stream_arn = config_.source;
    input.shard_id = std::move(shard);
    input.shard_iterator_type = "LATEST";
    CO_TRY(auto output, co_await client_.get_shard_iterator(context_, std::move(input)));
    co_return std::move(output.shard_iterator);
  }

  Reply<SourcePage> read(std::string iterator, std::size_t limit) override {
    dynamodbstreams::api::GetRecordsInput input;
    input.shard_iterator = std::move(iterator);
    input.limit = static_cast<std::int32_t>(std::min<std::size_t>(limit, 1000));
    CO_TRY(auto output, co_await client_.get_records(context_, std::move(input)));
    SourcePage page;
    page.next = std::move(output.next_shard_iterator);
    if (output.records) {
      page.records.reserve(output.records->size());
      for (const auto& record : *output.records) {
        page.records.push_back(to_event(record, config_.source));
      }
    }
    co_return page;
  }

 private:
  static SourceShard to_shard(const dynamodbstreams::api::Shard& shard) {
    SourceShard out{shard.shard_id.value_or(""), {}, false};
    if (shard.parent_shard_id) out.parents.push_back(*shard.parent_shard_id);
    out.closed = shard.sequence_number_range &&
                 shard.sequence_number_range->ending_sequence_number.has_value();
    return out;
  }

  const dynamodbstreams::Client client_;
  const PipeConfig config_;
  const protocol::Context context_;
};

class KinesisSource final : public Source {
 public:
  KinesisSource(kinesis::Client client, PipeConfig config, protocol::Context context)
      : client_(client), config_(std::move(config)), context_(std::move(context)) {}

  Reply<std::vector<SourceShard>> shards() override {
    std::vector<SourceShard> shards;
    kinesis::api::ListShardsInput input;
    input.stream_arn = config_.source;
    for (int page = 0; page < kShardPagesMax; ++page) {
      CO_TRY(auto output, co_await client_.list_shards(context_, input));
      if (output.shards) {
        for (const auto& shard : *output.shards) shards.push_back(to_shard(shard));
      }
      if (!output.next_token) break;
      input = {};
      input.next_token = std::move(output.next_token);
    }
    co_return shards;
  }

  Reply<std::string> open(std::string shard, Position position) override {
    kinesis::api::GetShardIteratorInput input;
    input.stream_arn = config_.source;
    input.shard_id = shard;
    if (!position.sequence.empty()) {
      input.shard_iterator_type = "AFTER_SEQUENCE_NUMBER";
      input.starting_sequence_number = std::move(position.sequence);
    } else if (position.start == "TRIM_HORIZON") {
      input.shard_iterator_type = "TRIM_HORIZON";
    } else {
      // LATEST as well: the time at which it was decided can be asked for again after a restart.
      input.shard_iterator_type = "AT_TIMESTAMP";
      input.timestamp = position.anchor;
    }
    CO_TRY(auto output, co_await client_.get_shard_iterator(context_, std::move(input)));
    // The events name their shard; GetRecords does not, so it travels with the iterator.
    co_return shard + " " + std::move(output.shard_iterator).value_or("");
  }

  Reply<std::optional<std::string>> open_latest(std::string) override { co_return std::nullopt; }

  Reply<SourcePage> read(std::string iterator, std::size_t limit) override {
    const std::size_t blank = iterator.find(' ');
    const std::string shard = iterator.substr(0, blank);
    kinesis::api::GetRecordsInput input;
    input.shard_iterator = iterator.substr(blank + 1);
    input.limit = static_cast<std::int32_t>(std::min<std::size_t>(limit, 10'000));
    input.stream_arn = config_.source;
    CO_TRY(auto output, co_await client_.get_records(context_, std::move(input)));
    SourcePage page;
    page.millis_behind = output.millis_behind_latest.value_or(0);
    if (output.next_shard_iterator) page.next = shard + " " + *output.next_shard_iterator;
    page.records.reserve(output.records.size());
    for (const auto& record : output.records) {
      page.records.push_back(
          to_event(record, config_.source, config_.place.region, shard, config_.role_arn));
    }
    co_return page;
  }

 private:
  static SourceShard to_shard(const kinesis::api::Shard& shard) {
    SourceShard out{shard.shard_id, {}, false};
    if (shard.parent_shard_id) out.parents.push_back(*shard.parent_shard_id);
    if (shard.adjacent_parent_shard_id) out.parents.push_back(*shard.adjacent_parent_shard_id);
    out.closed = shard.sequence_number_range.ending_sequence_number.has_value();
    return out;
  }

  const kinesis::Client client_;
  const PipeConfig config_;
  const protocol::Context context_;
};

}  // namespace

std::unique_ptr<Source> make_dynamodb_source(dynamodbstreams::Client client, PipeConfig config,
                                             protocol::Context context) {
  return std::make_unique<DynamoDbSource>(client, std::move(config), std::move(context));
}

std::unique_ptr<Source> make_kinesis_source(kinesis::Client client, PipeConfig config,
                                            protocol::Context context) {
  return std::make_unique<KinesisSource>(client, std::move(config), std::move(context));
}

}  // namespace penstock::pipes
