// The state of Kinesis streaming destinations, and the record that a change becomes. No I/O.
#include "services/dynamodb/destination.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "protocol/attribute_value_json.h"
#include "protocol/json_writer.h"
#include "storage/key.h"

namespace penstock::dynamodb {
namespace {

constexpr std::uint8_t kDestinationsVersion = 1;

// 8-4-4-4-12, with the marks of a version 4 UUID.
std::string uuid_of(std::string digits) {
  digits[12] = '4';
  digits[16] = "89ab"[static_cast<unsigned char>(digits[16]) % 4];
  for (const std::size_t at : {8U, 13U, 18U, 23U}) digits.insert(at, 1, '-');
  return digits;
}

}  // namespace

std::string_view to_string(DestinationStatus status) {
  switch (status) {
    case DestinationStatus::kEnabling: return "ENABLING";
    case DestinationStatus::kActive: return "ACTIVE";
    case DestinationStatus::kDisabling: return "DISABLING";
    case DestinationStatus::kDisabled: return "DISABLED";
    case DestinationStatus::kEnableFailed: return "ENABLE_FAILED";
    case DestinationStatus::kUpdating: return "UPDATING";
  }
  return {};
}

Destination* TableDestinations::find(std::string_view stream_arn) {
  const auto found = std::ranges::find(all, stream_arn, &Destination::stream_arn);
  return found != all.end() ? &*found : nullptr;
}

const Destination* TableDestinations::alive() const {
  const auto found = std::ranges::find_if(all, &Destination::is_alive);
  return found != all.end() ? &*found : nullptr;
}

std::string encode_destinations(const TableDestinations& destinations) {
  storage::ValueWriter out(kDestinationsVersion);
  out.text(destinations.place.account).text(destinations.place.region).text(destinations.table);
  out.u64(destinations.all.size());
  for (const Destination& one : destinations.all) {
    out.u64(one.number).text(one.stream_arn).u64(static_cast<std::uint64_t>(one.status));
    out.text(one.description).boolean(one.in_microseconds).u64(one.after).u64(one.until);
  }
  return out.take();
}

Result<TableDestinations> decode_destinations(std::string_view bytes) {
  storage::ValueReader in(bytes);
  if (in.version() != kDestinationsVersion) {
    return fail(ErrorKind::kCorrupt, "unknown version of stored Kinesis destinations");
  }
  TableDestinations out;
  out.place.account = in.text();
  out.place.region = in.text();
  out.table = in.text();
  for (std::uint64_t count = in.u64(); count > 0 && in.ok(); --count) {
    Destination one;
    one.number = static_cast<std::uint32_t>(in.u64());
    one.stream_arn = in.text();
    const std::uint64_t status = in.u64();
    if (status > static_cast<std::uint64_t>(DestinationStatus::kUpdating)) break;
    one.status = static_cast<DestinationStatus>(status);
    one.description = in.text();
    one.in_microseconds = in.boolean();
    one.after = in.u64();
    one.until = in.u64();
    out.all.push_back(std::move(one));
  }
  if (!in.done()) return fail(ErrorKind::kCorrupt, "stored Kinesis destinations do not decode");
  return out;
}

std::optional<TableDestinations> Destinations::of(std::uint32_t table_number) const {
  const std::lock_guard lock(mutex_);
  const auto found = tables_.find(table_number);
  if (found == tables_.end()) return std::nullopt;
  return found->second;
}

void Destinations::set(std::uint32_t table_number, TableDestinations destinations) {
  const std::lock_guard lock(mutex_);
  tables_[table_number] = std::move(destinations);
}

void Destinations::erase(std::uint32_t table_number) {
  const std::lock_guard lock(mutex_);
  const auto found = tables_.find(table_number);
  if (found == tables_.end()) return;
  for (const Destination& one : found->second.all) positions_.erase(one.number);
  tables_.erase(found);
}

std::vector<std::pair<std::uint32_t, TableDestinations>> Destinations::all() const {
  const std::lock_guard lock(mutex_);
  return {tables_.begin(), tables_.end()};
}

std::uint64_t Destinations::position(std::uint32_t destination_number) const {
  const std::lock_guard lock(mutex_);
  const auto found = positions_.find(destination_number);
  return found != positions_.end() ? found->second : 0;
}

void Destinations::set_position(std::uint32_t destination_number, std::uint64_t position) {
  const std::lock_guard lock(mutex_);
  positions_[destination_number] = position;
}

std::string destination_record(const Place& place, std::string_view table, const Change& change,
                               std::string event_id, bool in_microseconds) {
  std::string out;
  protocol::JsonWriter json(out);
  json.begin_object().key("awsRegion").string(place.region);
  json.key("eventID").string(uuid_of(std::move(event_id)));
  json.key("eventName").string(event_name(change.kind)).key("userIdentity");
  if (change.by_service) {
    json.begin_object().key("type").string("Service");
    json.key("principalId").string("dynamodb.amazonaws.com").end_object();
  } else {
    json.null();
  }
  json.key("recordFormat").string("application/json").key("tableName").string(table);
  json.key("dynamodb").begin_object().key("ApproximateCreationDateTime");
  json.integer(in_microseconds ? change.created.micros : change.created.millis());
  if (in_microseconds) {
    json.key("ApproximateCreationDateTimePrecision").string("MICROSECOND");
  }
  json.key("Keys");
  encode_attribute_map(json, change.keys);
  if (change.new_image) {
    json.key("NewImage");
    encode_attribute_map(json, *change.new_image);
  }
  if (change.old_image) {
    json.key("OldImage");
    encode_attribute_map(json, *change.old_image);
  }
  json.key("SizeBytes").integer(static_cast<std::int64_t>(change_size(change))).end_object();
  json.key("eventSource").string("aws:dynamodb").end_object();
  return out;
}

std::string destination_partition_key(const Change& change) {
  std::string key = to_hex(md5(encode_item(change.keys)));
  for (char& c : key) {
    if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
  }
  return key;
}

}  // namespace penstock::dynamodb
