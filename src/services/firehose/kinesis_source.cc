// Reading a shard with the reader of src/stream: a cursor pulls, the lane buffers and checkpoints.
//
// AWS begins at LATEST when the delivery stream becomes active. LATEST cannot be written down, so
// the beginning is the time of creation (DeliveryStartTimestamp): what arrives after
// CreateDeliveryStream was answered is never missed.
#include "services/firehose/kinesis_source.h"

#include "base/limits.h"
#include "protocol/arn.h"
#include "services/firehose/firehose.h"
#include "stream/cursor.h"

namespace penstock::firehose {
namespace {

using protocol::Reply;

std::vector<SourceRecord> take(std::vector<stream::Record> records) {
  std::vector<SourceRecord> taken(records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    auto& raw = std::get<kinesis::api::Record>(records[i].body);
    taken[i].sequence_number = std::move(raw.sequence_number);
    taken[i].partition_key = std::move(raw.partition_key);
    taken[i].data = std::move(raw.data.bytes);
    taken[i].arrival_millis = records[i].created.millis();
  }
  return taken;
}

class KinesisSource final : public Source {
 public:
  KinesisSource(Service& service, const LiveStream& stream, std::shared_ptr<KinesisFeed> feed,
                const stream::LaneStart& start)
      : arrivals_(service.deps.arrivals),
        feed_(std::move(feed)),
        shard_(start.shard),
        key_(protocol::arrivals_key(feed_->source->arn(), shard_)),
        cursor_(*feed_->source, stream.arn(), shard_, start.position, start.iterator) {}

  std::uint64_t version() const override { return arrivals_.version(key_); }
  Task<bool> wait_beyond(std::uint64_t seen, std::chrono::microseconds timeout,
                         std::stop_token stop) override {
    return arrivals_.wait_beyond(key_, seen, timeout, stop);
  }
  void seek(std::string after) override {
    if (!after.empty()) cursor_.seek(std::move(after));
  }

  Reply<SourcePage> read() override {
    CO_TRY(stream::Pull pull, co_await cursor_.pull(limits::kFirehoseReadRecords));
    co_return SourcePage{take(std::move(pull.records)), pull.millis_behind, pull.ended};
  }

  Reply<std::vector<SourceRecord>> read_range(std::string from, std::string to) override {
    CO_TRY(std::vector<stream::Record> records,
           co_await stream::read_range(*feed_->source, shard_, std::move(from), std::move(to)));
    co_return take(std::move(records));
  }

  void settle(storage::Batch&, const std::string&, const std::string&) override {}
  void settled(std::uint64_t) override {}

 private:
  protocol::Arrivals& arrivals_;
  const std::shared_ptr<KinesisFeed> feed_;
  const std::string shard_;
  const std::string key_;
  stream::ShardCursor cursor_;
};

}  // namespace

KinesisFeed::KinesisFeed(Service& service, const StreamConfig& config)
    : source(
          stream::make_kinesis_source(service.deps.kinesis, config.kinesis_arn,
                                      role_context(service, config.place, config.kinesis_role))) {}

std::unique_ptr<Source> make_kinesis_source(Service& service, const LiveStream& stream,
                                            std::shared_ptr<KinesisFeed> feed,
                                            const stream::LaneStart& start) {
  return std::make_unique<KinesisSource>(service, stream, std::move(feed), start);
}

protocol::Context role_context(Service& service, const Place& place, const std::string& role_arn) {
  protocol::Context context;
  context.account = place.account;
  context.region = place.region;
  context.request_id = service.deps.random.uuid();
  context.principal_arn = protocol::session_arn(role_arn, "AWSFirehose");
  return context;
}

}  // namespace penstock::firehose
