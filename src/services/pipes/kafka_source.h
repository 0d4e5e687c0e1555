// A Kafka topic as a stream: its partitions are shards without parents, offsets are sequence
// numbers. The positions are this server's own, stored with what was delivered, so that a local
// Kinesis target gets each record once; a consumer group is told how far the pipe has come.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "async/executor.h"
#include "async/notifier.h"
#include "protocol/arrivals.h"
#include "services/pipes/event.h"
#include "services/pipes/kafka.h"
#include "services/pipes/pipe.h"
#include "stream/source.h"

namespace penstock::pipes {

// The event that a pipe sees of a record. Pure.
SourceRecord to_event(const KafkaRecord& record, std::string_view brokers, std::string_view topic,
                      std::int32_t partition);
// The source's URL and the additional servers: host:port,host:port
std::string brokers_of(const PipeConfig& config);

class TopicSource final : public stream::Source {
 public:
  // `runtime` outlives the source. Requires config.kafka.
  TopicSource(Runtime& runtime, const PipeConfig& config);
  ~TopicSource() override;

  const std::string& arn() const override { return url_; }
  protocol::Reply<std::vector<stream::Shard>> shards() override;
  protocol::Reply<std::string> open(std::string shard, stream::Position position) override;
  protocol::Reply<std::string> open_at(std::string shard, std::string sequence) override;
  protocol::Reply<std::optional<std::string>> open_latest(std::string shard) override;
  protocol::Reply<stream::Page> read(std::string shard, std::string iterator,
                                     std::size_t limit) override;

  protocol::Arrivals& arrivals() { return arrivals_; }
  // Everything up to this sequence number is done with.
  void delivered(std::string_view shard, std::string_view sequence);

 private:
  static std::string arrivals_name(const void* source, std::int32_t partition);
  // Made at the first use. Blocks.
  Result<KafkaClient*> client();

  Runtime& runtime_;
  const std::string url_;
  const KafkaOptions options_;
  Notifier notifier_;
  protocol::LocalArrivals arrivals_{notifier_};
  std::mutex mutex_;
  std::unique_ptr<KafkaClient> client_;  // Guarded by mutex_ until it is made.
};

}  // namespace penstock::pipes
