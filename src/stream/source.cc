// Reading DynamoDB and Kinesis streams through their clients.
#include "stream/source.h"

#include <algorithm>

#include "async/turns.h"
#include "base/limits.h"
#include "protocol/attribute_value_json.h"

namespace penstock::stream {
namespace {

using protocol::Reply;

// Beside the data: keys, numbers, the record itself.
constexpr std::size_t kRecordOverhead = 256;
constexpr std::int32_t kDynamoDbPageMax = 1'000;
constexpr std::int32_t kKinesisPageMax = 10'000;

class DynamoDbSource final : public Source {
 public:
  DynamoDbSource(dynamodbstreams::Client client, std::string arn, protocol::Context context)
      : client_(client), arn_(std::move(arn)), context_(std::move(context)) {}

  const std::string& arn() const override { return arn_; }

  Reply<std::vector<Shard>> shards() override {
    std::vector<Shard> shards;
    std::optional<std::string> after;
    for (std::size_t page = 0; page < limits::kStreamShardPages; ++page) {
      dynamodbstreams::api::DescribeStreamInput input;
      input.stream_arn = arn_;
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
    // A LATEST decided earlier cannot be asked for again: the reader skips what is older instead.
    if (position.sequence.empty()) return iterator(std::move(shard), "TRIM_HORIZON", "");
    return iterator(std::move(shard), "AFTER_SEQUENCE_NUMBER", std::move(position.sequence));
  }

  Reply<std::string> open_at(std::string shard, std::string sequence) override {
    return iterator(std::move(shard), "AT_SEQUENCE_NUMBER", std::move(sequence));
  }

  Reply<std::optional<std::string>> open_latest(std::string shard) override {
    CO_TRY(std::string latest, co_await iterator(std::move(shard), "LATEST", ""));
    co_return std::optional<std::string>(std::move(latest));
  }

  Reply<Page> read(std::string, std::string iterator, std::size_t limit) override {
    dynamodbstreams::api::GetRecordsInput input;
    input.shard_iterator = std::move(iterator);
    input.limit = static_cast<std::int32_t>(std::min<std::size_t>(limit, kDynamoDbPageMax));
    CO_TRY(auto output, co_await client_.get_records(context_, std::move(input)));
    Page page;
    page.next = std::move(output.next_shard_iterator);
    if (output.records) {
      page.records.reserve(output.records->size());
      for (auto& record : *output.records) page.records.push_back(to_record(std::move(record)));
    }
    co_return page;
  }

 private:
  Reply<std::string> iterator(std::string shard, std::string type, std::string sequence) {
    dynamodbstreams::api::GetShardIteratorInput input;
    input.stream_arn = arn_;
    input.shard_id = std::move(shard);
    input.shard_iterator_type = std::move(type);
    if (!sequence.empty()) input.sequence_number = std::move(sequence);
    CO_TRY(auto output, co_await client_.get_shard_iterator(context_, std::move(input)));
    co_return std::move(output.shard_iterator).value_or("");
  }

  static Shard to_shard(const dynamodbstreams::api::Shard& shard) {
    Shard out{shard.shard_id.value_or(""), {}, false};
    if (shard.parent_shard_id) out.parents.push_back(*shard.parent_shard_id);
    out.closed = shard.sequence_number_range &&
                 shard.sequence_number_range->ending_sequence_number.has_value();
    return out;
  }

  const dynamodbstreams::Client client_;
  const std::string arn_;
  const protocol::Context context_;
};

class KinesisSource final : public Source {
 public:
  KinesisSource(kinesis::Client client, std::string arn, protocol::Context context)
      : client_(client), arn_(std::move(arn)), context_(std::move(context)) {}

  const std::string& arn() const override { return arn_; }

  Reply<std::vector<Shard>> shards() override {
    std::vector<Shard> shards;
    kinesis::api::ListShardsInput input;
    name_stream(input);
    for (std::size_t page = 0; page < limits::kStreamShardPages; ++page) {
      CO_TRY(auto output, co_await client_.list_shards(context_, input));
      if (output.shards) {
        for (const auto& shard : *output.shards) shards.push_back(to_shard(shard));
      }
      if (!output.next_token) break;
      input = {};  // A token goes without the name of the stream.
      input.next_token = std::move(output.next_token);
    }
    co_return shards;
  }

  Reply<std::string> open(std::string shard, Position position) override {
    kinesis::api::GetShardIteratorInput input;
    input.shard_id = std::move(shard);
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
    return iterator(std::move(input));
  }

  Reply<std::string> open_at(std::string shard, std::string sequence) override {
    kinesis::api::GetShardIteratorInput input;
    input.shard_id = std::move(shard);
    input.shard_iterator_type = "AT_SEQUENCE_NUMBER";
    input.starting_sequence_number = std::move(sequence);
    return iterator(std::move(input));
  }

  Reply<std::optional<std::string>> open_latest(std::string) override { co_return std::nullopt; }

  Reply<Page> read(std::string shard, std::string iterator, std::size_t limit) override {
    kinesis::api::GetRecordsInput input;
    input.shard_iterator = std::move(iterator);
    input.limit = static_cast<std::int32_t>(std::min<std::size_t>(limit, kKinesisPageMax));
    input.stream_arn = arn_;
    CO_TRY(auto output, co_await client_.get_records(context_, std::move(input)));
    Page page;
    page.millis_behind = output.millis_behind_latest.value_or(0);
    page.next = std::move(output.next_shard_iterator);
    page.records.reserve(output.records.size());
    for (auto& record : output.records) {
      page.records.push_back(to_record(std::move(record), shard));
    }
    co_return page;
  }

 private:
  // Both of its names: endpoints that are older than ARNs in these calls look at the other one.
  template <typename Input>
  void name_stream(Input& input) const {
    input.stream_arn = arn_;
    input.stream_name = stream_name_of(arn_);
  }

  Reply<std::string> iterator(kinesis::api::GetShardIteratorInput input) {
    name_stream(input);
    CO_TRY(auto output, co_await client_.get_shard_iterator(context_, std::move(input)));
    co_return std::move(output.shard_iterator).value_or("");
  }

  static Shard to_shard(const kinesis::api::Shard& shard) {
    Shard out{shard.shard_id, {}, false};
    if (shard.parent_shard_id) out.parents.push_back(*shard.parent_shard_id);
    if (shard.adjacent_parent_shard_id) out.parents.push_back(*shard.adjacent_parent_shard_id);
    out.closed = shard.sequence_number_range.ending_sequence_number.has_value();
    return out;
  }

  const kinesis::Client client_;
  const std::string arn_;
  const protocol::Context context_;
};

}  // namespace

std::unique_ptr<Source> make_dynamodb_source(dynamodbstreams::Client client, std::string arn,
                                             protocol::Context context) {
  return std::make_unique<DynamoDbSource>(client, std::move(arn), std::move(context));
}

std::unique_ptr<Source> make_kinesis_source(kinesis::Client client, std::string arn,
                                            protocol::Context context) {
  return std::make_unique<KinesisSource>(client, std::move(arn), std::move(context));
}

std::optional<std::string> stream_name_of(std::string_view arn) {
  constexpr std::string_view kBefore = ":stream/";
  const std::size_t at = arn.find(kBefore);
  if (at == arn.npos) return std::nullopt;
  return std::string(arn.substr(at + kBefore.size()));
}

Reply<std::vector<Record>> read_range(Source& source, std::string shard, std::string from,
                                      std::string to) {
  std::vector<Record> all;
  auto iterator = co_await source.open_at(shard, std::move(from));
  if (!iterator) {
    // The number is of another stream of that name: its records are gone.
    if (iterator.error().code == "InvalidArgumentException") co_return all;
    co_return std::unexpected(std::move(iterator).error());
  }
  std::optional<std::string> next = std::move(*iterator);
  while (next) {
    CO_TRY(Page page, co_await source.read(shard, std::move(*next), kKinesisPageMax));
    const bool at_tip = page.records.empty() && page.millis_behind == 0;
    for (Record& record : page.records) {
      if (sequence_less(to, record.sequence)) co_return all;
      const bool last = record.sequence == to;
      all.push_back(std::move(record));
      if (last) co_return all;
    }
    if (at_tip) break;
    next = std::move(page.next);
  }
  co_return all;
}

Record to_record(kinesis::api::Record record, std::string_view shard) {
  Record out;
  out.sequence = record.sequence_number;
  out.event_id.reserve(shard.size() + 1 + out.sequence.size());
  out.event_id.append(shard).append(":").append(out.sequence);
  out.created = record.approximate_arrival_timestamp.value_or(Timestamp{});
  out.bytes = record.data.bytes.size() + record.partition_key.size() + kRecordOverhead;
  out.key_hash = hash_bytes(record.partition_key);
  out.body = std::move(record);
  return out;
}

Record to_record(dynamodbstreams::api::Record record) {
  Record out;
  out.event_id = record.event_id.value_or("");
  out.bytes = kRecordOverhead;
  out.key_hash = 0;
  if (record.dynamodb) {
    const auto& change = *record.dynamodb;
    out.sequence = change.sequence_number.value_or("");
    out.created = change.approximate_creation_date_time.value_or(Timestamp{});
    out.bytes += static_cast<std::size_t>(std::max<std::int64_t>(0, change.size_bytes.value_or(0)));
    if (change.keys) {
      std::string key;
      append_attribute_map(key, *change.keys);
      out.key_hash = hash_bytes(key);
    }
  }
  out.body = std::move(record);
  return out;
}

}  // namespace penstock::stream
