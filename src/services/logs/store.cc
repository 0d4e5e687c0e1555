// Values: version 1, then fields in the order written here.
#include "services/logs/store.h"

#include "storage/key.h"

namespace penstock::logs {
namespace {

using storage::Batch;
using storage::Family;
using storage::Next;
using storage::ValueReader;
using storage::ValueWriter;

constexpr std::uint8_t kVersion = 1;

void write_optional(ValueWriter& writer, const std::optional<std::int64_t>& value) {
  writer.boolean(value.has_value());
  if (value) writer.i64(*value);
}

std::optional<std::int64_t> read_optional(ValueReader& reader) {
  if (!reader.boolean()) return std::nullopt;
  return reader.i64();
}

std::unexpected<Error> corrupt(std::string_view what) {
  return fail(ErrorKind::kCorrupt, "stored log " + std::string(what) + " cannot be read");
}

Result<GroupConfig> decode_group(std::string_view key, std::string_view value) {
  auto parsed = parse_group_key(key);
  ValueReader reader(value);
  if (!parsed || reader.version() != kVersion) return corrupt("group");
  GroupConfig config;
  config.place = std::move(parsed->place);
  config.name = std::move(parsed->name);
  config.id = reader.u64();
  config.created_millis = reader.i64();
  if (const std::uint64_t days = reader.u64(); days > 0) {
    config.retention_days = static_cast<std::int32_t>(days);
  }
  config.deletion_protected = reader.boolean();
  for (std::uint64_t count = reader.u64(); count > 0 && reader.ok(); --count) {
    std::string name(reader.text());
    config.tags[std::move(name)] = reader.text();
  }
  if (!reader.done()) return corrupt("group");
  return config;
}

Result<StreamState> decode_stream(std::string_view key, std::string_view value) {
  auto name = parse_stream_name(key);
  ValueReader reader(value);
  if (!name || reader.version() != kVersion) return corrupt("stream");
  StreamState stream;
  stream.name = std::move(*name);
  stream.id = reader.u64();
  stream.created_millis = reader.i64();
  stream.first_millis = read_optional(reader);
  stream.last_millis = read_optional(reader);
  stream.ingested_millis = read_optional(reader);
  stream.bytes = reader.u64();
  if (!reader.done()) return corrupt("stream");
  return stream;
}

Status load_streams(const storage::Store& store, Group& group) {
  Status outcome;
  TRY_VOID(store.scan(Family::kMeta, streams_begin(group.config.id), streams_end(group.config.id),
                      [&](std::string_view key, std::string_view value) {
                        auto stream = decode_stream(key, value);
                        if (!stream) {
                          outcome = std::unexpected(stream.error());
                          return Next::kStop;
                        }
                        group.streams[stream->name] = *stream;
                        return Next::kContinue;
                      }));
  return outcome;
}

}  // namespace

Result<std::vector<std::shared_ptr<Group>>> load_groups(const storage::Store& store) {
  std::vector<std::shared_ptr<Group>> groups;
  Status outcome;
  TRY_VOID(store.scan(Family::kMeta, groups_begin(), groups_end(),
                      [&](std::string_view key, std::string_view value) {
                        auto config = decode_group(key, value);
                        if (!config) {
                          outcome = std::unexpected(config.error());
                          return Next::kStop;
                        }
                        groups.push_back(std::make_shared<Group>(std::move(*config)));
                        return Next::kContinue;
                      }));
  TRY_VOID(outcome);
  for (const auto& group : groups) TRY_VOID(load_streams(store, *group));
  return groups;
}

void put_group(Batch& batch, const GroupConfig& config) {
  ValueWriter writer(kVersion);
  writer.u64(config.id).i64(config.created_millis);
  writer.u64(static_cast<std::uint64_t>(config.retention_days.value_or(0)));
  writer.boolean(config.deletion_protected).u64(config.tags.size());
  for (const auto& [name, value] : config.tags) writer.text(name).text(value);
  batch.put(Family::kMeta, group_key(config.place, config.name), writer.take());
}

void put_stream(Batch& batch, std::uint64_t group, const StreamState& stream) {
  ValueWriter writer(kVersion);
  writer.u64(stream.id).i64(stream.created_millis);
  write_optional(writer, stream.first_millis);
  write_optional(writer, stream.last_millis);
  write_optional(writer, stream.ingested_millis);
  writer.u64(stream.bytes);
  batch.put(Family::kMeta, stream_key(group, stream.name), writer.take());
}

void erase_group(Batch& batch, const GroupConfig& config) {
  batch.erase(Family::kMeta, group_key(config.place, config.name));
  batch.erase_range(Family::kMeta, streams_begin(config.id), streams_end(config.id));
  batch.erase_range(Family::kLogs, group_events_begin(config.id), group_events_end(config.id));
}

void erase_stream(Batch& batch, std::uint64_t group, const StreamState& stream) {
  batch.erase(Family::kMeta, stream_key(group, stream.name));
  batch.erase_range(Family::kLogs, event_key({group, stream.id, {}}), events_end(group, stream.id));
}

void put_event(Batch& batch, const EventKey& key, std::int64_t ingested_millis,
               std::string_view message) {
  ValueWriter writer(kVersion);
  writer.i64(ingested_millis).raw(message);
  batch.put(Family::kLogs, event_key(key), writer.take());
}

Status scan_events(const storage::Store& store, const EventRange& range,
                   const std::function<Next(const StoredEvent&)>& visit) {
  Status outcome;
  TRY_VOID(store.scan(Family::kLogs, event_key({range.group, range.stream, range.from}),
                      event_key({range.group, range.stream, range.until}),
                      [&](std::string_view key, std::string_view value) {
                        const auto parsed = parse_event_key(key);
                        ValueReader reader(value);
                        if (!parsed || reader.version() != kVersion) {
                          outcome = corrupt("event");
                          return Next::kStop;
                        }
                        StoredEvent event{.position = parsed->position};
                        event.ingested_millis = reader.i64();
                        event.message = reader.raw();
                        return visit(event);
                      },
                      {.reverse = range.reverse}));
  return outcome;
}

void erase_events(Batch& batch, std::uint64_t group, std::uint64_t stream, EventPosition until) {
  batch.erase_range(Family::kLogs, event_key({group, stream, {}}),
                    event_key({group, stream, until}));
}

}  // namespace penstock::logs
