// The key grammar of DynamoDB in the store; keys.h has the table.
#include "services/dynamodb/keys.h"

#include "async/turns.h"
#include "base/check.h"
#include "protocol/number.h"
#include "storage/key.h"

namespace penstock::dynamodb {
namespace {

using storage::KeyReader;
using storage::KeyWriter;

constexpr std::uint8_t kTagTable = 0x20;
constexpr std::uint8_t kTagStream = 0x21;
constexpr std::uint8_t kTagCounter = 0x22;
constexpr std::uint8_t kTagTrim = 0x23;
constexpr std::uint8_t kTagToken = 0x24;
constexpr std::uint8_t kTagBackup = 0x25;
constexpr std::uint8_t kTagRestore = 0x26;
constexpr std::uint8_t kTagImport = 0x2D;
constexpr std::uint8_t kTagExport = 0x2E;
constexpr std::uint8_t kTagDestination = 0x2F;
constexpr std::uint8_t kTagItem = 0x28;
constexpr std::uint8_t kTagExpiry = 0x29;
constexpr std::uint8_t kTagChange = 0x2C;

// Terminates a text field (storage/key.h).
constexpr std::size_t kTerminatorBytes = 2;

// Of several hash attributes the bytes as they stand in the key, which no other values give.
std::uint32_t hash32_of_all(std::span<const std::string> values) {
  if (values.size() == 1) return hash32_of(values.front());
  KeyWriter all(0);
  for (const std::string& value : values) all.text(value);
  return hash32_of(all.view());
}

KeyWriter partition(std::uint32_t number, std::span<const std::string> hash_bytes) {
  KeyWriter writer(kTagItem);
  writer.u32(number).u32(hash32_of_all(hash_bytes));
  for (const std::string& value : hash_bytes) writer.text(value);
  return writer;
}

std::string bytes_in(const AttributeMap& item, const KeyAttribute& attribute) {
  const AttributeValue* value = item.find(attribute.name);
  CHECK(value != nullptr);
  return key_bytes(*value);
}

void append_range_fields(KeyWriter& writer, const KeyParts& keys, const AttributeMap& item) {
  for (const KeyAttribute& attribute : keys.range) writer.text(bytes_in(item, attribute));
  if (keys.range.empty()) writer.text({});
}

KeyWriter entry(std::uint32_t number, const KeyParts& keys, const AttributeMap& item) {
  if (keys.hash.size() == 1) {
    const std::string hash = bytes_in(item, keys.hash.front());
    KeyWriter writer = partition(number, std::span(&hash, 1));
    append_range_fields(writer, keys, item);
    return writer;
  }
  std::vector<std::string> hash;
  for (const KeyAttribute& attribute : keys.hash) hash.push_back(bytes_in(item, attribute));
  KeyWriter writer = partition(number, hash);
  append_range_fields(writer, keys, item);
  return writer;
}

}  // namespace

std::string table_key(const Place& place, std::string_view table) {
  return KeyWriter(kTagTable).text(place.account).text(place.region).text(table).take();
}

std::string stream_key(const Stream& stream) {
  return KeyWriter(kTagStream)
      .text(stream.place.account)
      .text(stream.place.region)
      .text(stream.table)
      .text(stream.label)
      .take();
}

std::string counter_key() { return KeyWriter(kTagCounter).take(); }

std::string trim_key(std::uint32_t stream_number) {
  return KeyWriter(kTagTrim).u32(stream_number).take();
}

std::string token_key(const Place& place, std::string_view token) {
  return KeyWriter(kTagToken).text(place.account).text(place.region).text(token).take();
}

std::string backup_key(const Place& place, std::string_view table, std::string_view id) {
  return KeyWriter(kTagBackup).text(place.account).text(place.region).text(table).text(id).take();
}

std::string restore_key(std::uint32_t target_number) {
  return KeyWriter(kTagRestore).u32(target_number).take();
}

std::string backups_prefix() { return KeyWriter(kTagBackup).take(); }
std::string restores_prefix() { return KeyWriter(kTagRestore).take(); }
std::string tables_prefix() { return KeyWriter(kTagTable).take(); }
std::string streams_prefix() { return KeyWriter(kTagStream).take(); }
std::string tokens_prefix() { return KeyWriter(kTagToken).take(); }

std::string import_key(const Place& place, std::string_view table, std::string_view id) {
  return KeyWriter(kTagImport).text(place.account).text(place.region).text(table).text(id).take();
}

std::string export_key(const Place& place, std::string_view table, std::string_view id) {
  return KeyWriter(kTagExport).text(place.account).text(place.region).text(table).text(id).take();
}

std::string destinations_key(std::uint32_t table_number) {
  return KeyWriter(kTagDestination).u32(table_number).take();
}

std::string destination_position_key(std::uint32_t destination_number) {
  return KeyWriter(kTagDestination).u32(destination_number).take();
}

std::string imports_prefix() { return KeyWriter(kTagImport).take(); }
std::string exports_prefix() { return KeyWriter(kTagExport).take(); }
std::string destinations_prefix() { return KeyWriter(kTagDestination).take(); }

std::string key_bytes(const AttributeValue& value) {
  if (value.type() != AttributeValue::Type::kN) {
    CHECK(value.is_scalar_key());
    return value.scalar();
  }
  const auto number = Number::parse(value.scalar());
  CHECK(number.has_value());
  std::string out;
  number->append_key(out);
  return out;
}

std::uint32_t hash32_of(std::string_view hash_bytes_) {
  return static_cast<std::uint32_t>(hash_bytes(hash_bytes_) >> 32);
}

std::string items_prefix(std::uint32_t number) { return KeyWriter(kTagItem).u32(number).take(); }

std::string items_from(std::uint32_t number, std::uint32_t hash32) {
  return KeyWriter(kTagItem).u32(number).u32(hash32).take();
}

std::string partition_prefix(std::uint32_t number, std::span<const std::string> hash_bytes) {
  return partition(number, hash_bytes).take();
}

void append_range(std::string& prefix, std::string_view range_bytes) {
  KeyWriter writer(0);
  writer.text(range_bytes);
  prefix += std::string_view(writer.view()).substr(1);
}

void append_range_beginning(std::string& prefix, std::string_view range_bytes) {
  append_range(prefix, range_bytes);
  prefix.resize(prefix.size() - kTerminatorBytes);
}

std::string item_key(std::uint32_t number, const KeySchema& keys, const AttributeMap& item) {
  return entry(number, keys, item).take();
}

std::string index_entry_key(const Index& index, const KeySchema& table_keys,
                            const AttributeMap& item) {
  KeyWriter writer = entry(index.number, index.keys, item);
  writer.text(bytes_in(item, table_keys.hash));
  append_range_fields(writer, table_keys, item);
  return writer.take();
}

std::string expiry_key(std::uint32_t table_number, std::uint64_t second,
                       std::string_view item_key) {
  return KeyWriter(kTagExpiry).u32(table_number).u64(second).raw(item_key).take();
}

std::string expiries_from(std::uint32_t table_number, std::uint64_t second) {
  return KeyWriter(kTagExpiry).u32(table_number).u64(second).take();
}

std::string expiries_prefix(std::uint32_t table_number) {
  return KeyWriter(kTagExpiry).u32(table_number).take();
}

std::optional<ExpiryEntry> decode_expiry_key(std::string_view key) {
  KeyReader reader(key);
  if (!reader.tag(kTagExpiry)) return std::nullopt;
  reader.u32();
  const auto second = reader.u64();
  if (!reader.ok()) return std::nullopt;
  return ExpiryEntry{*second, std::string(reader.raw())};
}

std::string change_key(std::uint32_t stream_number, std::uint64_t sequence) {
  return KeyWriter(kTagChange).u32(stream_number).u64(sequence).take();
}

std::string changes_prefix(std::uint32_t stream_number) {
  return KeyWriter(kTagChange).u32(stream_number).take();
}

std::optional<std::uint32_t> changes_number(std::string_view key) {
  KeyReader reader(key);
  if (!reader.tag(kTagChange)) return std::nullopt;
  return reader.u32();
}

std::optional<std::uint64_t> sequence_of(std::string_view key) {
  KeyReader reader(key);
  if (!reader.tag(kTagChange)) return std::nullopt;
  reader.u32();
  const auto sequence = reader.u64();
  return reader.done() ? sequence : std::nullopt;
}

}  // namespace penstock::dynamodb
