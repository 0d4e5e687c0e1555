// The stored forms of tables and streams, and the identifiers derived from them.
#include "services/dynamodb/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "protocol/arrivals.h"
#include "services/dynamodb/limits.h"
#include "services/dynamodb/table_settings.h"
#include "storage/key.h"

namespace penstock::dynamodb {
namespace {

using storage::ValueReader;
using storage::ValueWriter;

// 1 ended with the tags, 2 with the journal, 3 with the expiry, 4 with the settings.
constexpr std::uint8_t kTableVersion = 5;
constexpr std::uint8_t kStreamVersion = 2;  // 1 had one shard.

void write(ValueWriter& out, const KeyAttribute& attribute) {
  out.text(attribute.name).u64(static_cast<std::uint64_t>(attribute.type));
}

KeyAttribute read_key_attribute(ValueReader& in) {
  KeyAttribute attribute;
  attribute.name = in.text();
  attribute.type = static_cast<AttributeValue::Type>(in.u64());
  return attribute;
}

void write(ValueWriter& out, const Throughput& throughput) {
  out.i64(throughput.read).i64(throughput.write);
}

Throughput read_throughput(ValueReader& in) {
  Throughput throughput;
  throughput.read = in.i64();
  throughput.write = in.i64();
  return throughput;
}

void write(ValueWriter& out, const std::optional<OnDemandMaximum>& maximum) {
  out.boolean(maximum.has_value());
  if (maximum) out.i64(maximum->read).i64(maximum->write);
}

std::optional<OnDemandMaximum> read_maximum(ValueReader& in) {
  if (!in.boolean()) return std::nullopt;
  OnDemandMaximum maximum;
  maximum.read = in.i64();
  maximum.write = in.i64();
  return maximum;
}

void write(ValueWriter& out, const Index& index) {
  out.text(index.name).u64(index.number).boolean(index.global);
  // Further key attributes are among the settings.
  KeySchema keys{index.keys.hash.front(), std::nullopt};
  if (!index.keys.range.empty()) keys.range = index.keys.range.front();
  write_keys(out, keys);
  out.u64(static_cast<std::uint64_t>(index.projection)).u64(index.non_key_attributes.size());
  for (const std::string& name : index.non_key_attributes) out.text(name);
  write(out, index.throughput);
  write(out, index.on_demand_maximum);
  out.u64(static_cast<std::uint64_t>(index.status));
}

Index read_index(ValueReader& in) {
  Index index;
  index.name = in.text();
  index.number = static_cast<std::uint32_t>(in.u64());
  index.global = in.boolean();
  KeySchema keys = read_keys(in);
  index.keys.hash.push_back(std::move(keys.hash));
  if (keys.range) index.keys.range.push_back(std::move(*keys.range));
  index.projection = static_cast<ProjectionKind>(in.u64());
  for (std::uint64_t count = in.u64(); count > 0 && in.ok(); --count) {
    index.non_key_attributes.emplace_back(in.text());
  }
  index.throughput = read_throughput(in);
  index.on_demand_maximum = read_maximum(in);
  index.status = static_cast<IndexStatus>(in.u64());
  return index;
}

void write(ValueWriter& out, const std::optional<Timestamp>& time) {
  out.boolean(time.has_value());
  if (time) out.i64(time->micros);
}

std::optional<Timestamp> read_time(ValueReader& in) {
  if (!in.boolean()) return std::nullopt;
  return Timestamp{in.i64()};
}

StreamRef read_stream_ref(ValueReader& in, const Table& table) {
  StreamRef stream;
  stream.number = static_cast<std::uint32_t>(in.u64());
  stream.label = in.text();
  stream.view_type = in.text();
  stream.arn = stream_arn(table.place, table.name, stream.label);
  stream.set_shard(std::string(in.text()));
  return stream;
}

void write_history(ValueWriter& out, const Table& table) {
  out.boolean(table.time_to_live.has_value());
  if (const auto& ttl = table.time_to_live) {
    out.text(ttl->attribute).boolean(ttl->enabled).i64(ttl->changed.micros);
  }
  out.boolean(table.recovery.has_value());
  if (table.recovery) out.i64(table.recovery->since.micros).i64(table.recovery->days);
  out.boolean(table.journal.has_value());
  if (table.journal) out.u64(table.journal->number).i64(table.journal->since.micros);
}

void read_history(ValueReader& in, Table& table) {
  if (in.boolean()) {
    TimeToLive& ttl = table.time_to_live.emplace();
    ttl.attribute = in.text();
    ttl.enabled = in.boolean();
    ttl.changed = {in.i64()};
  }
  if (in.boolean()) {
    PointInTimeRecovery& recovery = table.recovery.emplace();
    recovery.since = {in.i64()};
    recovery.days = in.i64();
  }
  if (in.boolean()) {
    const auto number = static_cast<std::uint32_t>(in.u64());
    table.journal = make_journal(number, {in.i64()});
  }
}

void write_expiry(ValueWriter& out, const Table& table) {
  out.boolean(table.time_to_live && table.time_to_live->indexed);
}

void read_expiry(ValueReader& in, Table& table) {
  const bool indexed = in.boolean();
  if (table.time_to_live) table.time_to_live->indexed = indexed;
}

void write_restore(ValueWriter& out, const Table& table) {
  out.boolean(table.restore.has_value());
  if (const auto& restore = table.restore) {
    out.text(restore->backup_arn).text(restore->table_arn).i64(restore->moment.micros);
    out.boolean(restore->in_progress);
  }
}

void read_restore(ValueReader& in, Table& table) {
  if (!in.boolean()) return;
  Restore& restore = table.restore.emplace();
  restore.backup_arn = in.text();
  restore.table_arn = in.text();
  restore.moment = {in.i64()};
  restore.in_progress = in.boolean();
}

std::uint64_t mix(std::uint64_t value) {
  // The finaliser of SplitMix64: a bijection.
  value += 0x9E3779B97F4A7C15;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
  return value ^ (value >> 31);
}

void write(ValueWriter& out, const StreamShard& shard) {
  out.text(shard.id).text(shard.parent).i64(shard.created.micros).u64(shard.first_sequence);
  write(out, shard.closed);
  out.u64(shard.last_sequence);
}

StreamShard read_shard(ValueReader& in) {
  StreamShard shard;
  shard.id = in.text();
  shard.parent = in.text();
  shard.created = {in.i64()};
  shard.first_sequence = in.u64();
  shard.closed = read_time(in);
  shard.last_sequence = in.u64();
  return shard;
}

}  // namespace

void write_keys(ValueWriter& out, const KeySchema& keys) {
  write(out, keys.hash);
  out.boolean(keys.range.has_value());
  if (keys.range) write(out, *keys.range);
}

KeySchema read_keys(ValueReader& in) {
  KeySchema keys;
  keys.hash = read_key_attribute(in);
  if (in.boolean()) keys.range = read_key_attribute(in);
  return keys;
}

std::string_view to_string(ProjectionKind kind) {
  switch (kind) {
    case ProjectionKind::kAll: return "ALL";
    case ProjectionKind::kKeysOnly: return "KEYS_ONLY";
    case ProjectionKind::kInclude: return "INCLUDE";
  }
  return {};
}

KeyParts::KeyParts(const KeySchema& keys) : hash(&keys.hash, 1) {
  if (keys.range) range = std::span(&*keys.range, 1);
}

bool KeyParts::contains(std::string_view name) const {
  const auto is_it = [name](const KeyAttribute& attribute) { return attribute.name == name; };
  return std::ranges::any_of(hash, is_it) || std::ranges::any_of(range, is_it);
}

Throughput max_of(const Throughput& a, const Throughput& b) {
  return {std::max(a.read, b.read), std::max(a.write, b.write)};
}

std::int64_t ThroughputHistory::decreases_on_day_of(Timestamp now) const {
  constexpr std::int64_t kDay = 86'400;
  const bool today = decreased && decreased->seconds() / kDay == now.seconds() / kDay;
  return today ? decreases : 0;
}

bool IndexKeys::contains(std::string_view name) const { return KeyParts(*this).contains(name); }

bool Index::projects(std::string_view attribute, const KeySchema& table_keys) const {
  if (projection == ProjectionKind::kAll) return true;
  if (keys.contains(attribute) || table_keys.contains(attribute)) return true;
  return std::ranges::find(non_key_attributes, attribute) != non_key_attributes.end();
}

Journal make_journal(std::uint32_t number, Timestamp since) {
  return {number, since, fmt::format("journal/{}", number)};
}

std::string table_arn(const Place& place, std::string_view name) {
  return fmt::format("arn:aws:dynamodb:{}:{}:table/{}", place.region, place.account, name);
}

std::string stream_arn(const Place& place, std::string_view table, std::string_view label) {
  return fmt::format("{}/stream/{}", table_arn(place, table), label);
}

std::string Table::arn() const { return table_arn(place, name); }

std::string Table::index_arn(const Index& index) const { return arn() + "/index/" + index.name; }

const Index* Table::find_index(std::string_view index_name) const {
  const auto found = std::ranges::find(indexes, index_name, &Index::name);
  return found != indexes.end() ? &*found : nullptr;
}

bool Table::has_local_index() const {
  return std::ranges::any_of(indexes, [](const Index& index) { return !index.global; });
}

std::string encode_table(const Table& table) {
  ValueWriter out(kTableVersion);
  out.text(table.place.account).text(table.place.region).text(table.name).u64(table.number);
  out.u64(table.version).text(table.id).i64(table.created.micros).u64(table.definitions.size());
  for (const KeyAttribute& definition : table.definitions) write(out, definition);
  write_keys(out, table.keys);
  out.u64(table.indexes.size());
  for (const Index& index : table.indexes) write(out, index);
  out.boolean(table.on_demand);
  write(out, table.on_demand_since);
  write(out, table.throughput);
  write(out, table.warm);
  write(out, table.on_demand_maximum);
  out.boolean(table.deletion_protection).text(table.table_class).boolean(table.stream.has_value());
  if (table.stream) {
    out.u64(table.stream->number).text(table.stream->label).text(table.stream->view_type);
    out.text(table.stream->shard_id);
  }
  out.text(table.latest_stream_label).u64(table.tags.size());
  for (const auto& [key, value] : table.tags) out.text(key).text(value);
  write_history(out, table);
  write_expiry(out, table);
  write_settings(out, table);
  write_restore(out, table);
  return out.take();
}

Result<Table> decode_table(std::string_view bytes) {
  ValueReader in(bytes);
  const std::uint8_t version = in.version().value_or(0);
  if (version == 0 || version > kTableVersion)
    return fail(ErrorKind::kCorrupt, "unknown version of a stored table");
  Table table;
  table.place.account = in.text();
  table.place.region = in.text();
  table.name = in.text();
  table.number = static_cast<std::uint32_t>(in.u64());
  table.version = in.u64();
  table.id = in.text();
  table.created = {in.i64()};
  for (std::uint64_t count = in.u64(); count > 0 && in.ok(); --count) {
    table.definitions.push_back(read_key_attribute(in));
  }
  table.keys = read_keys(in);
  for (std::uint64_t count = in.u64(); count > 0 && in.ok(); --count)
    table.indexes.push_back(read_index(in));
  table.on_demand = in.boolean();
  table.on_demand_since = read_time(in);
  table.throughput = read_throughput(in);
  table.warm = read_throughput(in);
  table.on_demand_maximum = read_maximum(in);
  table.deletion_protection = in.boolean();
  table.table_class = in.text();
  if (in.boolean()) table.stream = read_stream_ref(in, table);
  table.latest_stream_label = in.text();
  for (std::uint64_t count = in.u64(); count > 0 && in.ok(); --count) {
    std::string key(in.text());
    table.tags.emplace_back(std::move(key), in.text());
  }
  if (version >= 2) read_history(in, table);
  if (version >= 3) read_expiry(in, table);
  if (version >= 4) {
    read_settings(in, table);
  } else {
    complete_settings(table);
  }
  if (version >= 5) read_restore(in, table);
  if (!in.done()) return fail(ErrorKind::kCorrupt, "a stored table does not decode");
  return table;
}

void StreamRef::set_shard(std::string id) {
  shard_id = std::move(id);
  arrivals_key = protocol::arrivals_key(arn, shard_id);
}

bool is_listed(const StreamShard& shard, Timestamp now) {
  return !shard.closed || *shard.closed + kStreamRetention > now;
}

const StreamShard* Stream::find_shard(std::string_view id, Timestamp now) const {
  const auto found = std::ranges::find(shards, id, &StreamShard::id);
  return found != shards.end() && is_listed(*found, now) ? &*found : nullptr;
}

void Stream::close_shard(Timestamp now, std::uint64_t last) {
  shards.back().closed = now;
  shards.back().last_sequence = last;
}

std::string encode_stream(const Stream& stream) {
  ValueWriter out(kStreamVersion);
  out.text(stream.place.account).text(stream.place.region).text(stream.table).text(stream.label);
  out.u64(stream.number).text(stream.view_type);
  write_keys(out, stream.keys);
  out.i64(stream.created.micros);
  write(out, stream.closed);
  out.u64(stream.shards.size());
  for (const StreamShard& shard : stream.shards) write(out, shard);
  return out.take();
}

Result<Stream> decode_stream(std::string_view bytes) {
  ValueReader in(bytes);
  const std::uint8_t version = in.version().value_or(0);
  if (version == 0 || version > kStreamVersion)
    return fail(ErrorKind::kCorrupt, "unknown version of a stored stream");
  Stream stream;
  stream.place.account = in.text();
  stream.place.region = in.text();
  stream.table = in.text();
  stream.label = in.text();
  stream.number = static_cast<std::uint32_t>(in.u64());
  stream.view_type = in.text();
  StreamShard only;
  if (version == 1) only.id = in.text();
  stream.keys = read_keys(in);
  stream.created = {in.i64()};
  if (version == 1) {
    only.created = stream.created;
    only.first_sequence = in.u64();
    stream.closed = only.closed = read_time(in);
    only.last_sequence = in.u64();
    stream.shards.push_back(std::move(only));
  } else {
    stream.closed = read_time(in);
    for (std::uint64_t count = in.u64(); count > 0 && in.ok(); --count) {
      stream.shards.push_back(read_shard(in));
    }
  }
  if (!in.done() || stream.shards.empty())
    return fail(ErrorKind::kCorrupt, "a stored stream does not decode");
  return stream;
}

std::string sequence_text(std::uint64_t sequence) { return fmt::format("1{:020}", sequence); }

std::optional<std::uint64_t> parse_sequence(std::string_view text) {
  if (text.size() != 21 || text.front() != '1') return std::nullopt;
  std::uint64_t sequence = 0;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), sequence);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return sequence;
}

std::string make_shard_id(Timestamp created, std::uint32_t stream_number) {
  return fmt::format("shardId-{:020}-{:08x}", created.millis(),
                     static_cast<std::uint32_t>(mix(stream_number)));
}

std::string make_stream_label(Timestamp created) {
  std::string label = format_iso8601_millis(created);
  label.pop_back();  // No Z.
  return label;
}

std::string make_event_id(std::uint32_t stream_number, std::uint64_t sequence) {
  const std::uint64_t high = mix(stream_number);
  return fmt::format("{:016x}{:016x}", high, mix(sequence ^ high));
}

}  // namespace penstock::dynamodb
