// Encoding and decoding of what is stored. A value begins with its format version.
#include "services/firehose/store.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "gen/firehose/model.h"
#include "protocol/json_codec.h"
#include "services/firehose/firehose.h"
#include "services/firehose/keys.h"
#include "services/firehose/ledger_codec.h"
#include "storage/key.h"

namespace penstock::firehose {
namespace {

using storage::Batch;
using storage::Family;
using storage::Next;
using storage::Store;
using storage::ValueReader;
using storage::ValueWriter;

constexpr std::uint8_t kVersion = 1;
// Version 2 adds the marks of error lines.
constexpr std::uint8_t kPlanVersion = 2;

std::unexpected<Error> corrupt(std::string_view what) {
  return fail(ErrorKind::kCorrupt, fmt::format("stored {} of Firehose is not readable", what));
}

std::string encode_stream(const StreamConfig& config) {
  ValueWriter writer(kVersion);
  writer.u64(config.id).text(config.place.account).text(config.place.region).text(config.name);
  writer.u64(static_cast<std::uint64_t>(config.source));
  writer.text(config.kinesis_arn).text(config.kinesis_role);
  writer.i64(config.throughput_hint.value_or(0));
  writer.i64(config.created.micros).i64(config.changed ? config.changed->micros : 0);
  writer.u64(config.version).boolean(config.deleting);
  writer.u64(config.tags.size());
  for (const auto& [key, value] : config.tags) writer.text(key).text(value);
  // The destination is kept as AWS writes it: its shape is part of the API.
  std::string json;
  protocol::encode_json(Destination::shape(), &config.destination, json);
  writer.text(json);
  return writer.take();
}

Result<StreamConfig> decode_stream(std::string_view value) {
  ValueReader reader(value);
  if (reader.version() != kVersion) return corrupt("stream");
  StreamConfig config;
  config.id = reader.u64();
  config.place.account = reader.text();
  config.place.region = reader.text();
  config.name = reader.text();
  config.source = reader.u64() == 0 ? SourceKind::kDirectPut : SourceKind::kKinesisStream;
  config.kinesis_arn = reader.text();
  config.kinesis_role = reader.text();
  if (const std::int64_t hint = reader.i64(); hint != 0) {
    config.throughput_hint = static_cast<std::int32_t>(hint);
  }
  config.created.micros = reader.i64();
  if (const std::int64_t changed = reader.i64(); changed != 0) config.changed = Timestamp{changed};
  config.version = reader.u64();
  config.deleting = reader.boolean();
  const std::uint64_t tags = reader.u64();
  for (std::uint64_t i = 0; i < tags && reader.ok(); ++i) {
    std::string key(reader.text());
    config.tags[std::move(key)] = reader.text();
  }
  const std::string_view json = reader.text();
  if (!reader.done()) return corrupt("stream");
  protocol::Missing missing;
  if (!protocol::decode_json(kServiceInfo, Destination::shape(), std::string(json),
                             &config.destination, missing)) {
    return corrupt("destination");
  }
  return config;
}

std::string encode_position(const Position& position) {
  const Totals& t = position.totals;
  ValueWriter writer(kVersion);
  writer.text(position.after).u64(position.next_plan).i64(position.newest_millis);
  for (const std::uint64_t n :
       {t.records, t.bytes, t.delivered, t.dropped, t.failed, t.lost, t.objects, t.object_bytes}) {
    writer.u64(n);
  }
  return writer.take();
}

Result<Position> decode_position(std::string_view value) {
  ValueReader reader(value);
  if (reader.version() != kVersion) return corrupt("position");
  Position position;
  position.after = reader.text();
  position.next_plan = reader.u64();
  position.newest_millis = reader.i64();
  Totals& t = position.totals;
  for (std::uint64_t* n : {&t.records, &t.bytes, &t.delivered, &t.dropped, &t.failed, &t.lost,
                           &t.objects, &t.object_bytes}) {
    *n = reader.u64();
  }
  if (!reader.done()) return corrupt("position");
  return position;
}

std::string encode_plan(const Plan& plan) {
  ValueWriter writer(kPlanVersion);
  writer.u64(plan.number).text(plan.from).text(plan.to).u64(plan.records).u64(plan.bytes);
  writer.i64(plan.oldest_millis).i64(plan.newest_millis);
  writer.text(plan.bucket).text(plan.key).text(plan.error_key);
  writer.u64(static_cast<std::uint64_t>(plan.compression)).u64(plan.errors.size());
  for (const SettledErrors& errors : plan.errors) {
    writer.text(errors.key).u64(errors.bytes).u64(errors.indices.size());
    std::uint32_t previous = 0;
    for (const std::uint32_t index : errors.indices) {
      writer.u64(index - previous);
      previous = index;
    }
    for (std::size_t i = 0; i < errors.indices.size(); ++i) {
      const Mark mark = i < errors.marks.size() ? errors.marks[i] : Mark{};
      writer.u64(mark.bytes).u64(mark.crc);
    }
  }
  return writer.take();
}

Mark read_mark(ValueReader& reader) {
  Mark mark;
  mark.bytes = static_cast<std::uint32_t>(reader.u64());
  mark.crc = static_cast<std::uint32_t>(reader.u64());
  return mark;
}

Result<Plan> decode_plan(std::string_view value) {
  ValueReader reader(value);
  const std::uint8_t version = reader.version().value_or(0);
  if (version != 1 && version != kPlanVersion) return corrupt("plan");
  Plan plan;
  plan.number = reader.u64();
  plan.from = reader.text();
  plan.to = reader.text();
  plan.records = static_cast<std::uint32_t>(reader.u64());
  plan.bytes = reader.u64();
  plan.oldest_millis = reader.i64();
  plan.newest_millis = reader.i64();
  plan.bucket = reader.text();
  plan.key = reader.text();
  plan.error_key = reader.text();
  const std::uint64_t compression = reader.u64();
  if (compression > static_cast<std::uint64_t>(Compression::kHadoopSnappy)) return corrupt("plan");
  plan.compression = static_cast<Compression>(compression);
  const std::uint64_t errors = reader.u64();
  for (std::uint64_t i = 0; i < errors && reader.ok(); ++i) {
    SettledErrors& settled = plan.errors.emplace_back();
    settled.key = reader.text();
    settled.bytes = reader.u64();
    const std::uint64_t indices = reader.u64();
    std::uint32_t index = 0;
    for (std::uint64_t k = 0; k < indices && reader.ok(); ++k) {
      index += static_cast<std::uint32_t>(reader.u64());
      settled.indices.push_back(index);
    }
    for (std::uint64_t k = 0; version >= 2 && k < indices && reader.ok(); ++k) {
      settled.marks.push_back(read_mark(reader));
    }
    // The indices are used as such.
    if (!settled.indices.empty() && settled.indices.back() >= plan.records) return corrupt("plan");
  }
  if (!reader.done()) return corrupt("plan");
  return plan;
}

// Shows each entry of a range to `visit` until it fails.
template <typename Visit>
Status scan_all(const Store& store, Family family, const std::string& begin, const std::string& end,
                Visit visit) {
  Status outcome;
  TRY_VOID(store.scan(family, begin, end, [&](std::string_view key, std::string_view value) {
    outcome = visit(key, value);
    return outcome ? Next::kContinue : Next::kStop;
  }));
  return outcome;
}

void erase_prefix(Batch& batch, Family family, const std::string& prefix) {
  batch.erase_range(family, prefix, storage::prefix_end(prefix));
}

}  // namespace

Result<std::vector<StreamConfig>> load_streams(const Store& store) {
  std::vector<StreamConfig> streams;
  TRY_VOID(scan_all(store, Family::kMeta, streams_begin(), streams_end(),
                    [&streams](std::string_view, std::string_view value) -> Status {
                      TRY(streams.emplace_back(), decode_stream(value));
                      return {};
                    }));
  return streams;
}

void put_stream(Batch& batch, const StreamConfig& config) {
  batch.put(Family::kMeta, stream_key(config.place, config.name), encode_stream(config));
}

void erase_stream(Batch& batch, const StreamConfig& config) {
  batch.erase(Family::kMeta, stream_key(config.place, config.name));
  erase_records(batch, config.id, 0, 0);
  erase_prefix(batch, Family::kPositions, positions_prefix(config.id));
  erase_prefix(batch, Family::kPositions, plans_prefix(config.id));
  erase_prefix(batch, Family::kPositions, ledger_prefix(config.id));
  stream::forget_reader(batch, shards_of(config.id));
}

stream::PositionSpace shards_of(std::uint64_t stream) {
  return stream::PositionSpace::of_reader(fmt::format("firehose/{:016x}", stream));
}

std::string direct_sequence(std::uint64_t index) { return fmt::format("{:020}", index); }

std::optional<std::uint64_t> parse_direct_sequence(std::string_view text) {
  if (text.size() != 20) return std::nullopt;
  std::uint64_t index = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    index = index * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return index;
}

void add_record(Batch& batch, std::uint64_t stream, std::uint64_t index,
                std::int64_t arrival_millis, std::string_view data) {
  batch.put(Family::kRecords, record_key(stream, index),
            ValueWriter(kVersion).i64(arrival_millis).raw(data).take());
}

Result<std::vector<SourceRecord>> read_records(const Store& store, std::uint64_t stream,
                                               std::uint64_t first, std::uint64_t end,
                                               std::size_t records_max, std::size_t bytes_max) {
  std::vector<SourceRecord> records;
  std::size_t bytes = 0;
  Status outcome;
  TRY_VOID(store.scan(Family::kRecords, record_key(stream, first), record_key(stream, end),
                      [&](std::string_view key, std::string_view value) {
                        const std::optional<std::uint64_t> index = parse_record_key(key, stream);
                        ValueReader reader(value);
                        if (!index || reader.version() != kVersion) {
                          outcome = corrupt("record");
                          return Next::kStop;
                        }
                        SourceRecord record;
                        record.sequence_number = direct_sequence(*index);
                        record.arrival_millis = reader.i64();
                        record.data = reader.raw();
                        if (!reader.ok()) {
                          outcome = corrupt("record");
                          return Next::kStop;
                        }
                        bytes += record.data.size();
                        records.push_back(std::move(record));
                        return records.size() < records_max && bytes < bytes_max ? Next::kContinue
                                                                                 : Next::kStop;
                      }));
  TRY_VOID(outcome);
  return records;
}

void erase_records(Batch& batch, std::uint64_t stream, std::uint64_t first, std::uint64_t end) {
  batch.erase_range(Family::kRecords, record_key(stream, first),
                    end == 0 ? records_end(stream) : record_key(stream, end));
}

Result<DirectTail> load_direct_tail(const Store& store, std::uint64_t stream) {
  DirectTail tail;
  TRY_VOID(scan_all(store, Family::kRecords, record_key(stream, 0), records_end(stream),
                    [&](std::string_view key, std::string_view value) -> Status {
                      const std::optional<std::uint64_t> index = parse_record_key(key, stream);
                      if (!index) return corrupt("record");
                      tail.next_index = *index + 1;
                      tail.bytes += value.size();
                      return {};
                    }));
  TRY(const Position position, load_position(store, stream, ""));
  // Settled records are gone from the store; their numbers are not used again.
  if (const auto settled = parse_direct_sequence(position.after)) {
    tail.next_index = std::max(tail.next_index, *settled + 1);
  }
  return tail;
}

Result<Position> load_position(const Store& store, std::uint64_t stream, std::string_view lane) {
  TRY(const std::optional<std::string> value,
      store.get(Family::kPositions, position_key(stream, lane)));
  if (!value) return Position{};
  return decode_position(*value);
}

Result<std::map<std::string, Position>> load_positions(const Store& store, std::uint64_t stream) {
  std::map<std::string, Position> positions;
  const std::string prefix = positions_prefix(stream);
  TRY_VOID(scan_all(store, Family::kPositions, prefix, storage::prefix_end(prefix),
                    [&](std::string_view key, std::string_view value) -> Status {
                      const std::optional<std::string> lane = parse_position_key(key, stream);
                      if (!lane) return corrupt("position");
                      TRY(positions[*lane], decode_position(value));
                      return {};
                    }));
  return positions;
}

void put_position(Batch& batch, std::uint64_t stream, std::string_view lane,
                  const Position& position) {
  batch.put(Family::kPositions, position_key(stream, lane), encode_position(position));
}

Result<std::vector<Plan>> load_plans(const Store& store, std::uint64_t stream,
                                     std::string_view lane) {
  std::vector<Plan> plans;
  const std::string prefix = lane_plans_prefix(stream, lane);
  TRY_VOID(scan_all(store, Family::kPositions, prefix, storage::prefix_end(prefix),
                    [&plans](std::string_view, std::string_view value) -> Status {
                      TRY(plans.emplace_back(), decode_plan(value));
                      return {};
                    }));
  return plans;
}

void put_plan(Batch& batch, std::uint64_t stream, std::string_view lane, const Plan& plan) {
  batch.put(Family::kPositions, plan_key(stream, lane, plan.number), encode_plan(plan));
}

void erase_plan(Batch& batch, std::uint64_t stream, std::string_view lane, std::uint64_t number) {
  batch.erase(Family::kPositions, plan_key(stream, lane, number));
}

void put_ledger_entry(Batch& batch, std::uint64_t stream, const LedgerEntry& entry) {
  batch.put(Family::kPositions, ledger_key(stream, entry.number), encode_ledger_entry(entry));
}

Result<std::vector<LedgerEntry>> read_ledger(const Store& store, std::uint64_t stream,
                                             std::uint64_t after, std::size_t limit) {
  std::vector<LedgerEntry> entries;
  limit = std::min(limit, limits::kFirehoseLedgerPageMax);
  if (limit == 0 || after == UINT64_MAX) return entries;
  std::size_t bytes = 0;
  Status outcome;
  TRY_VOID(store.scan(
      Family::kPositions, ledger_key(stream, after + 1), storage::prefix_end(ledger_prefix(stream)),
      [&](std::string_view key, std::string_view value) {
        const auto number = parse_ledger_key(key, stream);
        Result<LedgerEntry> entry = decode_ledger_entry(number.value_or(0), value);
        if (!entry || !number) {
          outcome = corrupt("ledger entry");
          return Next::kStop;
        }
        entries.push_back(std::move(*entry));
        bytes += value.size();
        return entries.size() < limit && bytes < kLedgerPageBytes ? Next::kContinue : Next::kStop;
      }));
  TRY_VOID(outcome);
  return entries;
}

Result<std::uint64_t> last_ledger_number(const Store& store, std::uint64_t stream) {
  std::uint64_t last = 0;
  const std::string prefix = ledger_prefix(stream);
  TRY_VOID(store.scan(Family::kPositions, prefix, storage::prefix_end(prefix),
                      [&](std::string_view key, std::string_view) {
                        last = parse_ledger_key(key, stream).value_or(0);
                        return Next::kStop;
                      },
                      {.reverse = true}));
  return last;
}

}  // namespace penstock::firehose
