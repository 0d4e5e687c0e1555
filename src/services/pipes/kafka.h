// Kafka as far as a pipe reads it: partitions, offsets, records, and what a consumer group has
// committed. The one place that knows librdkafka (kafka.cc).
//
// Records are fetched behind the caller and handed out without waiting; the notifier is told when
// there are some. Thread-safe; calls that say so block on the network.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "async/notifier.h"
#include "base/clock.h"
#include "base/result.h"

namespace penstock::pipes {

struct KafkaOptions {
  std::string brokers;  // host:port,host:port
  std::string topic;
  std::string group;  // Empty: nothing is committed.
};

struct KafkaRecord {
  std::int64_t offset = 0;
  std::int64_t millis = 0;
  bool log_append_time = false;
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::string>> headers;
};

class KafkaClient {
 public:
  // `notifier` is told under `key_of(partition)` and outlives the client.
  static Result<std::unique_ptr<KafkaClient>> open(KafkaOptions options, Notifier& notifier,
                                                   std::string (*key_of)(const void*, std::int32_t),
                                                   const void* key_owner);
  ~KafkaClient();  // Blocks until its threads have ended.

  Result<std::vector<std::int32_t>> partitions();  // Blocks.
  // The first offset that is kept, and the one that the next record will have. Blocks.
  Result<std::pair<std::int64_t, std::int64_t>> bounds(std::int32_t partition);
  // The first record that is not older. Blocks.
  Result<std::int64_t> offset_at(std::int32_t partition, Timestamp time);
  // What the group has committed; nullopt when nothing. Blocks.
  Result<std::optional<std::int64_t>> committed(std::int32_t partition);
  // Says that the group is done with everything before `offset`. Does not wait.
  void commit(std::int32_t partition, std::int64_t offset);

  // The next records of the partition from `offset` on, as far as they have come; it starts
  // fetching there if it does not already. kNotFound: the offset is not kept any more.
  Result<std::vector<KafkaRecord>> take(std::int32_t partition, std::int64_t offset,
                                        std::size_t max);
  void end(std::int32_t partition);

 private:
  struct Impl;
  explicit KafkaClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::pipes
