// Between the reader of streams and a Kafka client. What blocks is done on the blocking pool.
#include "services/pipes/kafka_source.h"

#include <charconv>

#include "async/turns.h"
#include "base/bytes.h"
#include "protocol/json_writer.h"

namespace penstock::pipes {
namespace {

constexpr std::string_view kScheme = "smk://";

std::int64_t number_in(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

protocol::ApiError as_api_error(const Error& error) {
  if (error.kind == ErrorKind::kNotFound) return {"TrimmedDataAccessException", error.message};
  return {"ServiceUnavailable", error.message, 503};
}

// `member` as JSON if that is what it is, else in base64.
void write_view(protocol::JsonWriter& json, std::string_view name,
                const std::optional<std::string>& bytes) {
  if (!bytes) return;
  json.key(name);
  if (is_json(*bytes)) {
    json.raw(*bytes);
  } else {
    json.base64(*bytes);
  }
}

// Bytes as Java has them, with a sign.
void write_headers(protocol::JsonWriter& json, const KafkaRecord& record) {
  json.key("headers").begin_array();
  for (const auto& [name, value] : record.headers) {
    json.begin_object().key(name).begin_array();
    for (const char c : value) json.integer(static_cast<signed char>(c));
    json.end_array().end_object();
  }
  json.end_array();
}

std::string kafka_event(const KafkaRecord& record, std::string_view brokers, std::string_view topic,
                        std::int32_t partition, bool view) {
  std::string out;
  protocol::JsonWriter json(out);
  json.begin_object();
  json.key("eventSource").string("SelfManagedKafka");
  json.key("bootstrapServers").string(brokers);
  json.key("eventSourceKey").string(std::string(topic) + "-" + std::to_string(partition));
  json.key("topic").string(topic);
  json.key("partition").integer(partition);
  json.key("offset").integer(record.offset);
  json.key("timestamp").integer(record.millis);
  json.key("timestampType").string(record.log_append_time ? "LOG_APPEND_TIME" : "CREATE_TIME");
  if (view) {
    write_view(json, "key", record.key);
    write_view(json, "value", record.value);
  } else {
    if (record.key) json.key("key").base64(*record.key);
    if (record.value) json.key("value").base64(*record.value);
  }
  write_headers(json, record);
  json.end_object();
  return out;
}

}  // namespace

SourceRecord to_event(const KafkaRecord& record, std::string_view brokers, std::string_view topic,
                      std::int32_t partition) {
  SourceRecord event;
  event.json = kafka_event(record, brokers, topic, partition, false);
  event.view = kafka_event(record, brokers, topic, partition, true);
  event.payload_is_json = record.value && is_json(*record.value);
  return event;
}

std::string brokers_of(const PipeConfig& config) {
  std::string brokers = config.source.substr(kScheme.size());
  for (const std::string& more : config.kafka->more_bootstrap_servers) brokers += "," + more;
  return brokers;
}

TopicSource::TopicSource(Runtime& runtime, const PipeConfig& config)
    : runtime_(runtime),
      url_(config.source),
      options_{brokers_of(config), config.kafka->topic,
               config.kafka->consumer_group_id.value_or("")} {}

// Its threads notify: they end before the notifier does.
TopicSource::~TopicSource() = default;

std::string TopicSource::arrivals_name(const void* source, std::int32_t partition) {
  return protocol::arrivals_key(static_cast<const TopicSource*>(source)->url_,
                                std::to_string(partition));
}

Result<KafkaClient*> TopicSource::client() {
  const std::scoped_lock lock(mutex_);
  if (!client_) {
    TRY(client_, KafkaClient::open(options_, notifier_, arrivals_name, this));
  }
  return client_.get();
}

protocol::Reply<std::vector<stream::Shard>> TopicSource::shards() {
  auto listed = co_await run_blocking(runtime_, [this]() -> Result<std::vector<std::int32_t>> {
    TRY(KafkaClient* const kafka, client());
    return kafka->partitions();
  });
  if (!listed) co_return std::unexpected(as_api_error(listed.error()));
  std::vector<stream::Shard> shards;
  for (const std::int32_t partition : *listed) {
    shards.push_back({std::to_string(partition), {}, false});
  }
  co_return shards;
}

protocol::Reply<std::string> TopicSource::open(std::string shard, stream::Position position) {
  if (!position.sequence.empty()) co_return std::to_string(number_in(position.sequence) + 1);
  const auto partition = static_cast<std::int32_t>(number_in(shard));
  const stream::Position* const from = &position;
  auto offset = co_await run_blocking(runtime_, [this, partition, from]() -> Result<std::int64_t> {
    TRY(KafkaClient* const kafka, client());
    TRY(const std::optional<std::int64_t> committed, kafka->committed(partition));
    if (committed) return *committed;
    if (from->start != "TRIM_HORIZON") return kafka->offset_at(partition, from->anchor);
    TRY(const auto ends, kafka->bounds(partition));
    return ends.first;
  });
  if (!offset) co_return std::unexpected(as_api_error(offset.error()));
  co_return std::to_string(*offset);
}

protocol::Reply<std::string> TopicSource::open_at(std::string, std::string sequence) {
  co_return sequence;
}

protocol::Reply<std::optional<std::string>> TopicSource::open_latest(std::string shard) {
  const auto partition = static_cast<std::int32_t>(number_in(shard));
  auto offset = co_await run_blocking(runtime_, [this, partition]() -> Result<std::int64_t> {
    TRY(KafkaClient* const kafka, client());
    TRY(const std::optional<std::int64_t> committed, kafka->committed(partition));
    if (committed) return *committed;
    TRY(const auto ends, kafka->bounds(partition));
    return ends.second;
  });
  if (!offset) co_return std::unexpected(as_api_error(offset.error()));
  co_return std::optional(std::to_string(*offset));
}

protocol::Reply<stream::Page> TopicSource::read(std::string shard, std::string iterator,
                                                std::size_t limit) {
  const auto partition = static_cast<std::int32_t>(number_in(shard));
  CO_TRY(KafkaClient* const kafka, client());
  auto taken = kafka->take(partition, number_in(iterator), limit);
  if (!taken) co_return std::unexpected(as_api_error(taken.error()));
  stream::Page page;
  page.next = iterator;
  for (KafkaRecord& record : *taken) {
    SourceRecord event = to_event(record, options_.brokers, options_.topic, partition);
    stream::Record& out = page.records.emplace_back();
    out.sequence = std::to_string(record.offset);
    out.event_id = options_.topic + "-" + shard + ":" + out.sequence;
    out.created = Timestamp::from_millis(record.millis);
    out.bytes = event.json.size() + event.view.size();
    out.key_hash = hash_bytes(record.key.value_or(""));
    out.body =
        stream::MadeEvent{std::move(event.json), std::move(event.view), event.payload_is_json};
    page.next = std::to_string(record.offset + 1);
  }
  co_return page;
}

void TopicSource::delivered(std::string_view shard, std::string_view sequence) {
  if (options_.group.empty() || !client_) return;
  client_->commit(static_cast<std::int32_t>(number_in(shard)), number_in(sequence) + 1);
}

}  // namespace penstock::pipes
