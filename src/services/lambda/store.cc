// Values: version 1, then fields in the order written here. A FunctionVersion is written the same
// way in both kinds of row.
#include "services/lambda/store.h"

#include "storage/key.h"

namespace penstock::lambda {
namespace {

using storage::Batch;
using storage::Family;
using storage::KeyReader;
using storage::KeyWriter;
using storage::Next;
using storage::ValueReader;
using storage::ValueWriter;

constexpr std::uint8_t kFunctionTag = 0x50;
constexpr std::uint8_t kVersionTag = 0x51;
constexpr std::uint8_t kFormat = 1;

std::string version_key(const Place& place, std::string_view name, std::uint64_t number) {
  return KeyWriter(kVersionTag)
      .text(place.account)
      .text(place.region)
      .text(name)
      .u64(number)
      .take();
}

void write_map(ValueWriter& writer, const std::map<std::string, std::string>& map) {
  writer.u64(map.size());
  for (const auto& [name, value] : map) writer.text(name).text(value);
}

std::map<std::string, std::string> read_map(ValueReader& reader) {
  std::map<std::string, std::string> map;
  for (std::uint64_t count = reader.u64(); count > 0 && reader.ok(); --count) {
    std::string name(reader.text());
    map[std::move(name)] = reader.text();
  }
  return map;
}

void write_version(ValueWriter& writer, const FunctionVersion& v) {
  writer.text(v.version).text(v.runtime).text(v.handler).text(v.role).text(v.description);
  writer.u64(v.timeout_seconds).u64(v.memory_mb).u64(v.tmp_mb).text(v.architecture);
  writer.boolean(v.environment.has_value());
  if (v.environment) write_map(writer, *v.environment);
  writer.text(v.log_group).text(v.code.sha256).u64(v.code.size).text(v.code.blob);
  writer.i64(v.modified.micros).text(v.revision).text(v.serial);
}

FunctionVersion read_version(ValueReader& reader) {
  FunctionVersion v;
  v.version = reader.text();
  v.runtime = reader.text();
  v.handler = reader.text();
  v.role = reader.text();
  v.description = reader.text();
  v.timeout_seconds = static_cast<std::uint32_t>(reader.u64());
  v.memory_mb = static_cast<std::uint32_t>(reader.u64());
  v.tmp_mb = static_cast<std::uint32_t>(reader.u64());
  v.architecture = reader.text();
  if (reader.boolean()) v.environment = read_map(reader);
  v.log_group = reader.text();
  v.code.sha256 = reader.text();
  v.code.size = reader.u64();
  v.code.blob = reader.text();
  v.modified = {reader.i64()};
  v.revision = reader.text();
  v.serial = reader.text();
  return v;
}

std::unexpected<Error> corrupt() {
  return fail(ErrorKind::kCorrupt, "a stored function cannot be read");
}

// Adds the version in this row to `function`, whose row it belongs to.
Status add_version(Function& function, std::string_view key, std::string_view value) {
  KeyReader reader(key);
  reader.tag(kVersionTag);
  reader.text();
  reader.text();
  reader.text();
  const auto number = reader.u64();
  ValueReader fields(value);
  if (!reader.done() || fields.version() != kFormat) return corrupt();
  FunctionVersion version = read_version(fields);
  if (!fields.done()) return corrupt();
  function.versions[*number] = std::move(version);
  return {};
}

std::string versions_begin(const Function& f) {
  return KeyWriter(kVersionTag).text(f.place.account).text(f.place.region).text(f.name).take();
}

}  // namespace

std::string function_key(const Place& place, std::string_view name) {
  return KeyWriter(kFunctionTag).text(place.account).text(place.region).text(name).take();
}

std::string encode_function(const Function& function) {
  ValueWriter writer(kFormat);
  write_version(writer, function.latest);
  writer.u64(function.next_version);
  write_map(writer, function.tags);
  writer.boolean(function.reserved.has_value());
  if (function.reserved) writer.i64(*function.reserved);
  writer.u64(function.policy.size());
  for (const PolicyStatement& statement : function.policy) {
    writer.text(statement.id).text(statement.qualifier).text(statement.json);
  }
  return writer.take();
}

Result<Function> decode_function(std::string_view key, std::string_view value) {
  KeyReader reader(key);
  if (!reader.tag(kFunctionTag)) return corrupt();
  const auto account = reader.text();
  const auto region = reader.text();
  const auto name = reader.text();
  ValueReader fields(value);
  if (!reader.done() || fields.version() != kFormat) return corrupt();
  Function function{.place = {*account, *region}, .name = *name};
  function.latest = read_version(fields);
  function.next_version = fields.u64();
  function.tags = read_map(fields);
  if (fields.boolean()) function.reserved = static_cast<std::int32_t>(fields.i64());
  for (std::uint64_t count = fields.u64(); count > 0 && fields.ok(); --count) {
    PolicyStatement& statement = function.policy.emplace_back();
    statement.id = fields.text();
    statement.qualifier = fields.text();
    statement.json = fields.text();
  }
  if (!fields.done()) return corrupt();
  return function;
}

Result<std::vector<std::shared_ptr<const Function>>> load_functions(const storage::Store& store) {
  std::vector<std::shared_ptr<Function>> loaded;
  Status outcome;
  const std::string begin = KeyWriter(kFunctionTag).take();
  TRY_VOID(store.scan(Family::kMeta, begin, storage::prefix_end(begin),
                      [&](std::string_view key, std::string_view value) {
                        auto function = decode_function(key, value);
                        if (!function) {
                          outcome = std::unexpected(function.error());
                          return Next::kStop;
                        }
                        loaded.push_back(std::make_shared<Function>(std::move(*function)));
                        return Next::kContinue;
                      }));
  TRY_VOID(outcome);
  for (const auto& function : loaded) {
    const std::string first = versions_begin(*function);
    TRY_VOID(store.scan(Family::kMeta, first, storage::prefix_end(first),
                        [&](std::string_view key, std::string_view value) {
                          outcome = add_version(*function, key, value);
                          return outcome ? Next::kContinue : Next::kStop;
                        }));
    TRY_VOID(outcome);
  }
  return std::vector<std::shared_ptr<const Function>>(loaded.begin(), loaded.end());
}

void put_function(Batch& batch, const Function& function) {
  batch.put(Family::kMeta, function_key(function.place, function.name), encode_function(function));
}

void put_version(Batch& batch, const Function& function, std::uint64_t number) {
  ValueWriter writer(kFormat);
  write_version(writer, function.versions.at(number));
  batch.put(Family::kMeta, version_key(function.place, function.name, number), writer.take());
}

void erase_version(Batch& batch, const Function& function, std::uint64_t number) {
  batch.erase(Family::kMeta, version_key(function.place, function.name, number));
}

void erase_function(Batch& batch, const Function& function) {
  batch.erase(Family::kMeta, function_key(function.place, function.name));
  for (const auto& [number, version] : function.versions) erase_version(batch, function, number);
}

}  // namespace penstock::lambda
