// librdkafka's simple consumer: offsets are this server's own, so that no group decides what is
// read.
#include "services/pipes/kafka.h"

#include <librdkafka/rdkafka.h>

#include <map>
#include <mutex>

#include "base/log.h"
#include "services/pipes/pipe_limits.h"

namespace penstock::pipes {
namespace {

constexpr int kCallMillis = 5'000;

struct TopicPartitions {
  explicit TopicPartitions(int size) : list(rd_kafka_topic_partition_list_new(size)) {}
  ~TopicPartitions() { rd_kafka_topic_partition_list_destroy(list); }
  TopicPartitions(const TopicPartitions&) = delete;
  TopicPartitions& operator=(const TopicPartitions&) = delete;
  rd_kafka_topic_partition_list_t* list;
};

std::unexpected<Error> kafka_error(rd_kafka_resp_err_t code) {
  return fail(ErrorKind::kUnavailable, std::string("Kafka: ") + rd_kafka_err2str(code));
}

void log_line(const rd_kafka_t*, int, const char*, const char* text) {
  log::warning("pipe", "Kafka", {{"message", text}});
}

bool is_gone(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE ||
         code == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET;
}

KafkaRecord record_of(const rd_kafka_message_t& message) {
  KafkaRecord record;
  record.offset = message.offset;
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  record.millis = rd_kafka_message_timestamp(&message, &type);
  record.log_append_time = type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME;
  if (message.key != nullptr) record.key.emplace(static_cast<char*>(message.key), message.key_len);
  if (message.payload != nullptr) {
    record.value.emplace(static_cast<char*>(message.payload), message.len);
  }
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0;
         rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         ++i) {
      record.headers.emplace_back(name, std::string(static_cast<const char*>(value), size));
    }
  }
  return record;
}

}  // namespace

struct KafkaClient::Impl {
  // One partition that is fetched.
  struct Fetch {
    Impl* owner = nullptr;
    std::int32_t partition = 0;
    rd_kafka_queue_t* queue = nullptr;
    std::int64_t next = 0;
  };

  Impl(Notifier& told, std::string (*names)(const void*, std::int32_t), const void* named_by)
      : notifier(told), key_of(names), key_owner(named_by) {}
  ~Impl() {
    while (!fetches.empty()) end(fetches.begin()->first);
    if (topic != nullptr) rd_kafka_topic_destroy(topic);
    if (client != nullptr) rd_kafka_destroy(client);
  }

  static void arrived(rd_kafka_t*, void* opaque) {
    const Fetch& fetch = *static_cast<Fetch*>(opaque);
    fetch.owner->notifier.notify(fetch.owner->key_of(fetch.owner->key_owner, fetch.partition));
  }

  // Requires: locked.
  Status begin(std::int32_t partition, std::int64_t offset) {
    end(partition);
    auto fetch =
        std::make_unique<Fetch>(Fetch{this, partition, rd_kafka_queue_new(client), offset});
    rd_kafka_queue_cb_event_enable(fetch->queue, arrived, fetch.get());
    if (rd_kafka_consume_start_queue(topic, partition, offset, fetch->queue) != 0) {
      const rd_kafka_resp_err_t code = rd_kafka_last_error();
      rd_kafka_queue_destroy(fetch->queue);
      return kafka_error(code);
    }
    fetches[partition] = std::move(fetch);
    return {};
  }
  void end(std::int32_t partition) {
    const auto found = fetches.find(partition);
    if (found == fetches.end()) return;
    rd_kafka_queue_cb_event_enable(found->second->queue, nullptr, nullptr);
    rd_kafka_consume_stop(topic, partition);
    rd_kafka_queue_destroy(found->second->queue);
    fetches.erase(found);
  }

  Notifier& notifier;
  std::string (*const key_of)(const void*, std::int32_t);
  const void* const key_owner;
  std::string topic_name;
  bool commits = false;
  rd_kafka_t* client = nullptr;
  rd_kafka_topic_t* topic = nullptr;
  std::mutex mutex;
  std::map<std::int32_t, std::unique_ptr<Fetch>> fetches;  // Guarded by mutex.
};

KafkaClient::KafkaClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KafkaClient::~KafkaClient() = default;

Result<std::unique_ptr<KafkaClient>> KafkaClient::open(KafkaOptions options, Notifier& notifier,
                                                       std::string (*key_of)(const void*,
                                                                             std::int32_t),
                                                       const void* key_owner) {
  auto impl = std::make_unique<Impl>(notifier, key_of, key_owner);
  impl->topic_name = options.topic;
  impl->commits = !options.group.empty();
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  rd_kafka_conf_set_log_cb(conf, log_line);
  const std::string queued = std::to_string(limits::kPipeKafkaQueuedKbytes);
  const std::pair<const char*, std::string> settings[] = {
      {"bootstrap.servers", options.brokers},
      {"group.id", options.group.empty() ? "penstock" : options.group},
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"auto.offset.reset", "error"},
      {"queued.max.messages.kbytes", queued},
      {"client.id", "penstock"},
      {"log_level", "3"},
  };
  char problem[256] = {};
  for (const auto& [name, value] : settings) {
    if (rd_kafka_conf_set(conf, name, value.c_str(), problem, sizeof problem) != RD_KAFKA_CONF_OK) {
      rd_kafka_conf_destroy(conf);
      return fail(ErrorKind::kInvalid, std::string("Kafka: ") + problem);
    }
  }
  impl->client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, problem, sizeof problem);
  if (impl->client == nullptr) {
    rd_kafka_conf_destroy(conf);
    return fail(ErrorKind::kInvalid, std::string("Kafka: ") + problem);
  }
  impl->topic = rd_kafka_topic_new(impl->client, options.topic.c_str(), nullptr);
  if (impl->topic == nullptr) return kafka_error(rd_kafka_last_error());
  return std::unique_ptr<KafkaClient>(new KafkaClient(std::move(impl)));
}

Result<std::vector<std::int32_t>> KafkaClient::partitions() {
  const struct rd_kafka_metadata* metadata = nullptr;
  const rd_kafka_resp_err_t code =
      rd_kafka_metadata(impl_->client, 0, impl_->topic, &metadata, kCallMillis);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return kafka_error(code);
  std::vector<std::int32_t> partitions;
  rd_kafka_resp_err_t refused = RD_KAFKA_RESP_ERR_NO_ERROR;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const struct rd_kafka_metadata_topic& topic = metadata->topics[i];
    if (topic.err != RD_KAFKA_RESP_ERR_NO_ERROR) refused = topic.err;
    for (int j = 0; j < topic.partition_cnt; ++j) partitions.push_back(topic.partitions[j].id);
  }
  rd_kafka_metadata_destroy(metadata);
  if (refused != RD_KAFKA_RESP_ERR_NO_ERROR) return kafka_error(refused);
  return partitions;
}

Result<std::pair<std::int64_t, std::int64_t>> KafkaClient::bounds(std::int32_t partition) {
  std::int64_t low = 0;
  std::int64_t high = 0;
  const rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(
      impl_->client, impl_->topic_name.c_str(), partition, &low, &high, kCallMillis);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return kafka_error(code);
  return std::pair(low, high);
}

Result<std::int64_t> KafkaClient::offset_at(std::int32_t partition, Timestamp time) {
  TopicPartitions asked(1);
  rd_kafka_topic_partition_list_add(asked.list, impl_->topic_name.c_str(), partition)->offset =
      time.millis();
  const rd_kafka_resp_err_t code =
      rd_kafka_offsets_for_times(impl_->client, asked.list, kCallMillis);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return kafka_error(code);
  if (asked.list->elems[0].offset >= 0) return asked.list->elems[0].offset;
  TRY(const auto ends, bounds(partition));  // None is so new.
  return ends.second;
}

Result<std::optional<std::int64_t>> KafkaClient::committed(std::int32_t partition) {
  if (!impl_->commits) return std::nullopt;
  TopicPartitions asked(1);
  rd_kafka_topic_partition_list_add(asked.list, impl_->topic_name.c_str(), partition);
  const rd_kafka_resp_err_t code = rd_kafka_committed(impl_->client, asked.list, kCallMillis);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return kafka_error(code);
  const std::int64_t offset = asked.list->elems[0].offset;
  return offset >= 0 ? std::optional(offset) : std::nullopt;
}

void KafkaClient::commit(std::int32_t partition, std::int64_t offset) {
  if (!impl_->commits) return;
  TopicPartitions done(1);
  rd_kafka_topic_partition_list_add(done.list, impl_->topic_name.c_str(), partition)->offset =
      offset;
  (void)rd_kafka_commit(impl_->client, done.list, 1);
}

Result<std::vector<KafkaRecord>> KafkaClient::take(std::int32_t partition, std::int64_t offset,
                                                   std::size_t max) {
  const std::scoped_lock lock(impl_->mutex);
  const auto known = impl_->fetches.find(partition);
  if (known == impl_->fetches.end() || known->second->next != offset) {
    TRY_VOID(impl_->begin(partition, offset));
  }
  Impl::Fetch& fetch = *impl_->fetches.at(partition);
  std::vector<rd_kafka_message_t*> messages(max);
  const ssize_t count = rd_kafka_consume_batch_queue(fetch.queue, 0, messages.data(), max);
  std::vector<KafkaRecord> records;
  rd_kafka_resp_err_t trouble = RD_KAFKA_RESP_ERR_NO_ERROR;
  for (ssize_t i = 0; i < count; ++i) {
    rd_kafka_message_t* const message = messages[static_cast<std::size_t>(i)];
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      trouble = message->err;
    } else if (trouble == RD_KAFKA_RESP_ERR_NO_ERROR) {
      records.push_back(record_of(*message));
      fetch.next = message->offset + 1;
    }
    rd_kafka_message_destroy(message);
  }
  if (trouble == RD_KAFKA_RESP_ERR_NO_ERROR || !records.empty()) return records;
  impl_->end(partition);
  if (is_gone(trouble)) return fail(ErrorKind::kNotFound, rd_kafka_err2str(trouble));
  return kafka_error(trouble);
}

void KafkaClient::end(std::int32_t partition) {
  const std::scoped_lock lock(impl_->mutex);
  impl_->end(partition);
}

}  // namespace penstock::pipes
