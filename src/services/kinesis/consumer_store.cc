// The bytes of stored consumers.
#include "services/kinesis/consumer_store.h"

#include "services/kinesis/keys.h"
#include "storage/key.h"

namespace penstock::kinesis {
namespace {

constexpr std::uint8_t kConsumerVersion = 2;
constexpr std::uint8_t kVersionWithoutPolicy = 1;

std::string encode_consumer(const ConsumerConfig& config) {
  storage::ValueWriter writer(kConsumerVersion);
  writer.u64(config.stream).text(config.name).i64(config.created_seconds);
  writer.u64(config.tags.size());
  for (const auto& [key, value] : config.tags) writer.text(key).text(value);
  writer.text(config.policy);
  return writer.take();
}

std::optional<ConsumerConfig> decode_consumer(std::string_view value) {
  storage::ValueReader reader(value);
  const auto version = reader.version();
  if (version != kConsumerVersion && version != kVersionWithoutPolicy) return std::nullopt;
  ConsumerConfig config;
  config.stream = reader.u64();
  config.name = reader.text();
  config.created_seconds = reader.i64();
  for (std::uint64_t n = reader.u64(); n > 0 && reader.ok(); --n) {
    std::string key(reader.text());
    config.tags.emplace(std::move(key), reader.text());
  }
  if (version != kVersionWithoutPolicy) config.policy = reader.text();
  if (!reader.done()) return std::nullopt;
  return config;
}

}  // namespace

Result<std::vector<ConsumerConfig>> load_consumers(const storage::Store& store) {
  std::vector<ConsumerConfig> all;
  bool readable = true;
  TRY_VOID(store.scan(storage::Family::kMeta, consumers_begin(), consumers_end(),
                      [&](std::string_view, std::string_view value) {
                        std::optional<ConsumerConfig> config = decode_consumer(value);
                        readable = config.has_value();
                        if (!readable) return storage::Next::kStop;
                        all.push_back(std::move(*config));
                        return storage::Next::kContinue;
                      }));
  if (!readable) return fail(ErrorKind::kCorrupt, "a stored Kinesis consumer cannot be read");
  return all;
}

void put_consumer(storage::Batch& batch, const ConsumerConfig& config) {
  batch.put(storage::Family::kMeta, consumer_key(config.stream, config.name),
            encode_consumer(config));
}

void erase_consumer(storage::Batch& batch, const ConsumerConfig& config) {
  batch.erase(storage::Family::kMeta, consumer_key(config.stream, config.name));
}

}  // namespace penstock::kinesis
