// Encoding and decoding of what store.cc keeps in kMeta and kPositions. Every version has the
// fields of the one before it, and then its own.
#include "services/kinesis/values.h"

#include "storage/key.h"

namespace penstock::kinesis {
namespace {

using storage::ValueReader;
using storage::ValueWriter;

// 1: hash ranges of shards that never change. 2: shards with parents, opened and closed.
// 3: what may be set for a stream besides: throughput, metrics, policy, encryption.
constexpr std::uint8_t kStreamVersion = 3;
// 1: one watermark, for the whole shard. 2: one for each part of it.
constexpr std::uint8_t kWatermarkVersion = 2;

void write_hash(ValueWriter& writer, HashValue value) {
  writer.u64(static_cast<std::uint64_t>(value >> 64)).u64(static_cast<std::uint64_t>(value));
}

HashValue read_hash(ValueReader& reader) {
  const HashValue high = reader.u64();
  return (high << 64) | reader.u64();
}

void write_times(ValueWriter& writer, const std::vector<Timestamp>& times) {
  writer.u64(times.size());
  for (const Timestamp at : times) writer.i64(at.micros);
}

std::vector<Timestamp> read_times(ValueReader& reader) {
  std::vector<Timestamp> times;
  for (std::uint64_t n = reader.u64(); n > 0 && reader.ok(); --n) times.push_back({reader.i64()});
  return times;
}

// 0 for none, else the number and one.
void write_shard(ValueWriter& writer, std::optional<std::uint32_t> index) {
  writer.u64(index ? std::uint64_t{*index} + 1 : 0);
}

std::optional<std::uint32_t> read_shard(ValueReader& reader) {
  const std::uint64_t stored = reader.u64();
  if (stored == 0) return std::nullopt;
  return static_cast<std::uint32_t>(stored - 1);
}

// What version 2 adds for each of the shards.
void write_shards(ValueWriter& writer, const StreamConfig& c) {
  for (const ShardSpec& shard : c.shards) {
    writer.u64(shard.index).i64(shard.created_seconds).i64(shard.opened.micros);
    write_shard(writer, shard.parent);
    write_shard(writer, shard.adjacent_parent);
    writer.boolean(!shard.is_open()).i64(shard.closed ? shard.closed->micros : 0);
  }
  write_times(writer, c.count_changes);
  writer.u64(c.records_gone);
}

void read_shards(ValueReader& reader, StreamConfig& c) {
  for (ShardSpec& shard : c.shards) {
    shard.index = static_cast<std::uint32_t>(reader.u64());
    shard.created_seconds = reader.i64();
    shard.opened.micros = reader.i64();
    shard.parent = read_shard(reader);
    shard.adjacent_parent = read_shard(reader);
    const bool closed = reader.boolean();
    const Timestamp at{reader.i64()};
    if (closed) shard.closed = at;
  }
  c.count_changes = read_times(reader);
  c.records_gone = reader.u64();
}

// What version 3 adds.
void write_settings(ValueWriter& writer, const StreamConfig& c) {
  writer.u64(c.warm_mibps).u64(c.metrics).text(c.policy).text(c.key_id).u64(c.data_keys.size());
  for (const std::string& key : c.data_keys) writer.text(key);
  write_times(writer, c.encryption_starts);
  write_times(writer, c.encryption_stops);
}

void read_settings(ValueReader& reader, StreamConfig& c) {
  c.warm_mibps = static_cast<std::uint32_t>(reader.u64());
  c.metrics = static_cast<std::uint32_t>(reader.u64());
  c.policy = reader.text();
  c.key_id = reader.text();
  for (std::uint64_t n = reader.u64(); n > 0 && reader.ok(); --n) {
    c.data_keys.emplace_back(reader.text());
  }
  c.encryption_starts = read_times(reader);
  c.encryption_stops = read_times(reader);
}

// Shards of version 1 are numbered as they stand, and were made with their stream.
void number_shards(StreamConfig& c) {
  for (std::uint32_t i = 0; i < c.shards.size(); ++i) {
    c.shards[i].index = i;
    c.shards[i].created_seconds = c.created.seconds();
    c.shards[i].opened = c.created;
  }
}

}  // namespace

std::string encode_stream(const StreamConfig& c) {
  ValueWriter writer(kStreamVersion);
  writer.u64(c.id).text(c.place.account).text(c.place.region).text(c.name).i64(c.created.micros);
  writer.u64(static_cast<std::uint64_t>(c.mode)).u64(c.retention_hours).u64(c.record_kib_max);
  writer.u64(c.shards.size());
  for (const ShardSpec& shard : c.shards) {
    write_hash(writer, shard.range.first);
    write_hash(writer, shard.range.last);
  }
  writer.u64(c.tags.size());
  for (const auto& [key, value] : c.tags) writer.text(key).text(value);
  write_times(writer, c.mode_changes);
  write_shards(writer, c);
  write_settings(writer, c);
  return writer.take();
}

std::optional<StreamConfig> decode_stream(std::string_view value) {
  ValueReader reader(value);
  const std::uint8_t version = reader.version().value_or(0);
  if (version < 1 || version > kStreamVersion) return std::nullopt;
  StreamConfig c;
  c.id = reader.u64();
  c.place.account = reader.text();
  c.place.region = reader.text();
  c.name = reader.text();
  c.created.micros = reader.i64();
  c.mode = reader.u64() == 0 ? StreamMode::kProvisioned : StreamMode::kOnDemand;
  c.retention_hours = static_cast<std::uint32_t>(reader.u64());
  c.record_kib_max = static_cast<std::uint32_t>(reader.u64());
  for (std::uint64_t n = reader.u64(); n > 0 && reader.ok(); --n) {
    ShardSpec& shard = c.shards.emplace_back();
    shard.range.first = read_hash(reader);
    shard.range.last = read_hash(reader);
  }
  for (std::uint64_t n = reader.u64(); n > 0 && reader.ok(); --n) {
    std::string key(reader.text());
    c.tags.emplace(std::move(key), reader.text());
  }
  c.mode_changes = read_times(reader);
  if (version >= 2) {
    read_shards(reader, c);
  } else {
    number_shards(c);
  }
  if (version >= 3) read_settings(reader, c);
  if (!reader.done() || open_count(c.shards) == 0) return std::nullopt;
  return c;
}

std::string encode_watermarks(const Watermarks& watermarks) {
  ValueWriter writer(kWatermarkVersion);
  const Watermark& furthest = newest(watermarks);
  writer.text(furthest.position).u64(furthest.last.index).i64(furthest.last.record_seconds * 1000);
  writer.u64(watermarks.size());
  for (const Watermark& watermark : watermarks) {
    write_hash(writer, watermark.range.first);
    write_hash(writer, watermark.range.last);
    writer.text(watermark.position).i64(watermark.last.shard_seconds).u64(watermark.last.shard);
    writer.u64(watermark.last.index).i64(watermark.last.record_seconds);
  }
  return writer.take();
}

std::optional<Watermarks> decode_watermarks(const ShardSpec& shard, std::string_view value) {
  ValueReader reader(value);
  const std::uint8_t version = reader.version().value_or(0);
  if (version < 1 || version > kWatermarkVersion) return std::nullopt;
  Watermark whole;
  whole.position = reader.text();
  whole.last = {shard.created_seconds, shard.index, reader.u64(), 0};
  whole.last.record_seconds = reader.i64() / 1000;
  Watermarks watermarks;
  if (version == 1) {
    watermarks.push_back(std::move(whole));
  } else {
    for (std::uint64_t n = reader.u64(); n > 0 && reader.ok(); --n) {
      Watermark& watermark = watermarks.emplace_back();
      watermark.range.first = read_hash(reader);
      watermark.range.last = read_hash(reader);
      watermark.position = reader.text();
      watermark.last.shard_seconds = reader.i64();
      watermark.last.shard = static_cast<std::uint32_t>(reader.u64());
      watermark.last.index = reader.u64();
      watermark.last.record_seconds = reader.i64();
    }
  }
  if (!reader.done() || watermarks.empty()) return std::nullopt;
  return watermarks;
}

std::string encode_account(const AccountSettings& settings) {
  ValueWriter writer(1);
  writer.boolean(settings.wanted);
  for (const auto& at : {settings.started, settings.ended}) {
    writer.boolean(at.has_value()).i64(at ? at->micros : 0);
  }
  return writer.take();
}

std::optional<AccountSettings> decode_account(std::string_view value) {
  ValueReader reader(value);
  if (reader.version() != 1) return std::nullopt;
  AccountSettings settings;
  settings.wanted = reader.boolean();
  for (auto* at : {&settings.started, &settings.ended}) {
    const bool there = reader.boolean();
    const Timestamp time{reader.i64()};
    if (there) *at = time;
  }
  if (!reader.done()) return std::nullopt;
  return settings;
}

}  // namespace penstock::kinesis
