// Values: version 1, then fields in the order written here.
#include "services/lambda/mapping_store.h"

#include "storage/key.h"

namespace penstock::lambda {
namespace {

using storage::KeyReader;
using storage::KeyWriter;
using storage::ValueReader;
using storage::ValueWriter;

constexpr std::uint8_t kMappingTag = 0x52;
constexpr std::uint8_t kMappingFormat = 1;

std::unexpected<Error> unreadable() {
  return fail(ErrorKind::kCorrupt, "a stored event source mapping cannot be read");
}

std::int32_t read_int(ValueReader& reader) { return static_cast<std::int32_t>(reader.i64()); }

}  // namespace

std::string mapping_key(const Mapping& mapping) {
  return KeyWriter(kMappingTag)
      .text(mapping.place.account)
      .text(mapping.place.region)
      .text(mapping.uuid)
      .take();
}

std::string encode_mapping(const Mapping& m) {
  ValueWriter writer(kMappingFormat);
  writer.u64(static_cast<std::uint64_t>(m.source)).text(m.source_arn);
  writer.text(m.function).text(m.qualifier).boolean(m.enabled).boolean(m.deleting);
  writer.i64(m.batch_size).i64(m.window_seconds).boolean(m.partial_failures);
  writer.u64(m.filters.size());
  for (const std::string& pattern : m.filters) writer.text(pattern);
  writer.u64(m.tags.size());
  for (const auto& [name, value] : m.tags) writer.text(name).text(value);
  writer.i64(m.modified.micros);
  writer.boolean(m.concurrency_max.has_value()).i64(m.concurrency_max.value_or(0));
  writer.text(m.start).boolean(m.start_time.has_value());
  writer.i64(m.start_time ? m.start_time->micros : 0);
  writer.i64(m.parallelization).i64(m.age_seconds_max).i64(m.retries_max).boolean(m.bisect);
  writer.i64(m.tumbling_seconds).text(m.on_failure);
  return writer.take();
}

Result<Mapping> decode_mapping(std::string_view key, std::string_view value) {
  KeyReader reader(key);
  if (!reader.tag(kMappingTag)) return unreadable();
  const auto account = reader.text();
  const auto region = reader.text();
  const auto uuid = reader.text();
  ValueReader fields(value);
  if (!reader.done() || fields.version() != kMappingFormat) return unreadable();
  Mapping m;
  m.place = {*account, *region};
  m.uuid = *uuid;
  const std::uint64_t source = fields.u64();
  if (source > static_cast<std::uint64_t>(Mapping::Source::kSqs)) return unreadable();
  m.source = static_cast<Mapping::Source>(source);
  m.source_arn = fields.text();
  m.function = fields.text();
  m.qualifier = fields.text();
  m.enabled = fields.boolean();
  m.deleting = fields.boolean();
  m.batch_size = read_int(fields);
  m.window_seconds = read_int(fields);
  m.partial_failures = fields.boolean();
  for (std::uint64_t count = fields.u64(); count > 0 && fields.ok(); --count) {
    m.filters.emplace_back(fields.text());
  }
  for (std::uint64_t count = fields.u64(); count > 0 && fields.ok(); --count) {
    std::string name(fields.text());
    m.tags[std::move(name)] = fields.text();
  }
  m.modified = {fields.i64()};
  const bool limited = fields.boolean();
  const std::int32_t most = read_int(fields);
  if (limited) m.concurrency_max = most;
  m.start = fields.text();
  const bool timed = fields.boolean();
  const std::int64_t micros = fields.i64();
  if (timed) m.start_time = Timestamp{micros};
  m.parallelization = read_int(fields);
  m.age_seconds_max = read_int(fields);
  m.retries_max = read_int(fields);
  m.bisect = fields.boolean();
  m.tumbling_seconds = read_int(fields);
  m.on_failure = fields.text();
  if (!fields.done()) return unreadable();
  return m;
}

Result<std::vector<Mapping>> load_mappings(const storage::Store& store) {
  std::vector<Mapping> loaded;
  Status outcome;
  const std::string begin = KeyWriter(kMappingTag).take();
  TRY_VOID(store.scan(storage::Family::kMeta, begin, storage::prefix_end(begin),
                      [&](std::string_view key, std::string_view value) {
                        auto mapping = decode_mapping(key, value);
                        if (!mapping) {
                          outcome = std::unexpected(mapping.error());
                          return storage::Next::kStop;
                        }
                        loaded.push_back(std::move(*mapping));
                        return storage::Next::kContinue;
                      }));
  TRY_VOID(outcome);
  return loaded;
}

void put_mapping(storage::Batch& batch, const Mapping& mapping) {
  batch.put(storage::Family::kMeta, mapping_key(mapping), encode_mapping(mapping));
}

void erase_mapping(storage::Batch& batch, const Mapping& mapping) {
  batch.erase(storage::Family::kMeta, mapping_key(mapping));
}

}  // namespace penstock::lambda
