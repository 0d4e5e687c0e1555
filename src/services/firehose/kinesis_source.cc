// Reading a shard through the Kinesis API.
//
// AWS begins at LATEST when the delivery stream becomes active. LATEST cannot be written down, so
// the beginning is the time of creation (DeliveryStartTimestamp) until a first record is settled:
// what arrives after CreateDeliveryStream was answered is never missed.
#include "services/firehose/kinesis_source.h"

#include "base/limits.h"
#include "base/log.h"
#include "services/firehose/firehose.h"

namespace penstock::firehose {
namespace {

using protocol::ApiResult;
using protocol::Reply;

// Sequence numbers are decimal numbers without leading zeros.
bool sequence_less(std::string_view a, std::string_view b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

class KinesisSource final : public Source {
 public:
  KinesisSource(Service& service, LiveStream& stream, std::string shard)
      : service_(service),
        stream_(stream),
        config_(stream.config()),
        shard_(std::move(shard)),
        key_(protocol::arrivals_key(config_->kinesis_arn, shard_)) {}

  std::uint64_t version() const override { return service_.deps.arrivals.version(key_); }
  Task<bool> wait_beyond(std::uint64_t seen, std::chrono::microseconds timeout,
                         std::stop_token stop) override {
    return service_.deps.arrivals.wait_beyond(key_, seen, timeout, stop);
  }
  void seek(std::string after) override {
    after_ = std::move(after);
    iterator_.clear();
  }

  Reply<SourcePage> read() override {
    SourcePage page;
    if (iterator_.empty()) {
      CO_TRY(iterator_, co_await iterator_after());
    }
    ApiResult<kinesis::api::GetRecordsOutput> reply = co_await get(iterator_);
    if (!reply) {
      // Expired, or of a stream that is gone: a new one is asked for next time.
      iterator_.clear();
      co_return std::unexpected(std::move(reply).error());
    }
    page.behind_millis = reply->millis_behind_latest.value_or(0);
    page.ended = !reply->next_shard_iterator;
    iterator_ = reply->next_shard_iterator.value_or("");
    page.records = take(std::move(reply->records));
    if (!page.records.empty()) after_ = page.records.back().sequence_number;
    co_return page;
  }

  Reply<std::vector<SourceRecord>> read_range(std::string from, std::string to) override {
    std::vector<SourceRecord> all;
    ApiResult<std::string> iterator = co_await iterator_of("AT_SEQUENCE_NUMBER", from);
    if (!iterator) {
      // The number is of another stream of that name: its records are gone.
      if (iterator.error().code == "InvalidArgumentException") co_return all;
      co_return std::unexpected(std::move(iterator).error());
    }
    std::string next = std::move(*iterator);
    while (!next.empty()) {
      CO_TRY(kinesis::api::GetRecordsOutput reply, co_await get(next));
      const bool at_tip = reply.records.empty() && reply.millis_behind_latest.value_or(0) == 0;
      for (SourceRecord& record : take(std::move(reply.records))) {
        if (sequence_less(to, record.sequence_number)) co_return all;
        const bool last = record.sequence_number == to;
        all.push_back(std::move(record));
        if (last) co_return all;
      }
      if (at_tip) break;
      next = reply.next_shard_iterator.value_or("");
    }
    co_return all;
  }

  void settle(storage::Batch&, const std::string&, const std::string&) override {}
  void settled(std::uint64_t) override {}

 private:
  protocol::Context context() const {
    return role_context(service_, config_->place, config_->kinesis_role);
  }

  Reply<std::string> iterator_of(std::string type, std::string sequence) {
    kinesis::api::GetShardIteratorInput input;
    input.stream_arn = config_->kinesis_arn;
    input.shard_id = shard_;
    input.shard_iterator_type = std::move(type);
    if (!sequence.empty()) input.starting_sequence_number = std::move(sequence);
    if (input.shard_iterator_type == "AT_TIMESTAMP") input.timestamp = config_->created;
    CO_TRY(kinesis::api::GetShardIteratorOutput output,
           co_await service_.deps.kinesis.get_shard_iterator(context(), std::move(input)));
    co_return output.shard_iterator.value_or("");
  }

  Reply<std::string> iterator_after() {
    if (after_.empty()) co_return co_await iterator_of("AT_TIMESTAMP", "");
    ApiResult<std::string> iterator = co_await iterator_of("AFTER_SEQUENCE_NUMBER", after_);
    if (!iterator && iterator.error().code == "InvalidArgumentException") {
      // The stream was made again under its name: all of it is new.
      log::warning("firehose", "the source is another stream now",
                   {{"stream", stream_.arn()}, {"shard", shard_}});
      co_return co_await iterator_of("TRIM_HORIZON", "");
    }
    co_return iterator;
  }

  Reply<kinesis::api::GetRecordsOutput> get(std::string iterator) {
    kinesis::api::GetRecordsInput input;
    input.shard_iterator = std::move(iterator);
    input.limit = static_cast<std::int32_t>(limits::kFirehoseReadRecords);
    input.stream_arn = config_->kinesis_arn;
    return service_.deps.kinesis.get_records(context(), std::move(input));
  }

  static std::vector<SourceRecord> take(std::vector<kinesis::api::Record> records) {
    std::vector<SourceRecord> taken(records.size());
    for (std::size_t i = 0; i < records.size(); ++i) {
      taken[i].sequence_number = std::move(records[i].sequence_number);
      taken[i].partition_key = std::move(records[i].partition_key);
      taken[i].data = std::move(records[i].data.bytes);
      taken[i].arrival_millis =
          records[i].approximate_arrival_timestamp.value_or(Timestamp{}).millis();
    }
    return taken;
  }

  Service& service_;
  LiveStream& stream_;
  const std::shared_ptr<const StreamConfig> config_;  // The source never changes.
  const std::string shard_;
  const std::string key_;
  std::string after_;
  std::string iterator_;
};

}  // namespace

std::unique_ptr<Source> make_kinesis_source(Service& service, LiveStream& stream,
                                            std::string shard) {
  return std::make_unique<KinesisSource>(service, stream, std::move(shard));
}

Reply<std::vector<std::string>> list_source_shards(Service& service,
                                                   std::shared_ptr<const StreamConfig> config) {
  std::vector<std::string> shards;
  kinesis::api::ListShardsInput input;
  input.stream_arn = config->kinesis_arn;
  while (true) {
    CO_TRY(kinesis::api::ListShardsOutput output,
           co_await service.deps.kinesis.list_shards(
               role_context(service, config->place, config->kinesis_role), input));
    if (output.shards) {
      for (const kinesis::api::Shard& shard : *output.shards) shards.push_back(shard.shard_id);
    }
    if (!output.next_token) break;
    // A token goes without the name of the stream.
    input.stream_arn.reset();
    input.next_token = std::move(output.next_token);
  }
  co_return shards;
}

protocol::Context role_context(Service& service, const Place& place, const std::string& role_arn) {
  protocol::Context context;
  context.account = place.account;
  context.region = place.region;
  context.request_id = service.deps.random.uuid();
  // arn:aws:iam::<account>:role/<path>/<name>
  const std::size_t role = role_arn.find(":role/");
  if (role_arn.starts_with("arn:aws:iam::") && role != role_arn.npos) {
    const std::string account = role_arn.substr(13, role - 13);
    const std::string name = role_arn.substr(role_arn.rfind('/') + 1);
    context.principal_arn = "arn:aws:sts::" + account + ":assumed-role/" + name + "/AWSFirehose";
  } else {
    context.principal_arn = role_arn;
  }
  return context;
}

}  // namespace penstock::firehose
