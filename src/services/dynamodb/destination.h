// Kinesis streaming destinations of tables: every change of a table, in order, to a Kinesis stream.
//
// A destination follows the table's journal. How far it has come is stored after each request that
// Kinesis has answered, so that after a crash the last request is made again; Kinesis in this
// process recognises and drops the repetition (protocol::Producer), a remote one delivers it twice,
// as AWS may. One destination of a table is alive at a time; ended ones stay in the list.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/dynamodb/change.h"
#include "services/dynamodb/dynamodb.h"
#include "services/dynamodb/table.h"

namespace penstock::dynamodb {

// The numbers are stored.
enum class DestinationStatus : std::uint8_t {
  kEnabling = 0,
  kActive = 1,
  kDisabling = 2,
  kDisabled = 3,
  kEnableFailed = 4,
  kUpdating = 5,
};
std::string_view to_string(DestinationStatus status);

struct Destination {
  std::uint32_t number = 0;  // Never reused.
  std::string stream_arn;
  DestinationStatus status = DestinationStatus::kEnabling;
  std::string description;       // DestinationStatusDescription
  bool in_microseconds = false;  // ApproximateCreationDateTimePrecision
  std::uint64_t after = 0;       // Changes up to this one are not for it.
  std::uint64_t until = 0;       // kDisabling: the last one that is.

  bool is_alive() const {
    return status != DestinationStatus::kDisabled && status != DestinationStatus::kEnableFailed;
  }
};

// All of one table, the newest last.
struct TableDestinations {
  Place place;
  std::string table;
  std::vector<Destination> all;

  Destination* find(std::string_view stream_arn);
  const Destination* alive() const;
};
std::string encode_destinations(const TableDestinations& destinations);
Result<TableDestinations> decode_destinations(std::string_view bytes);

// By table number. Thread-safe.
struct Destinations {
  std::optional<TableDestinations> of(std::uint32_t table_number) const;
  void set(std::uint32_t table_number, TableDestinations destinations);
  void erase(std::uint32_t table_number);
  std::vector<std::pair<std::uint32_t, TableDestinations>> all() const;

  // The last change that is known to be delivered.
  std::uint64_t position(std::uint32_t destination_number) const;
  void set_position(std::uint32_t destination_number, std::uint64_t position);

 private:
  mutable std::mutex mutex_;
  std::map<std::uint32_t, TableDestinations> tables_;
  std::map<std::uint32_t, std::uint64_t> positions_;
};

// The Data of the Kinesis record: JSON. `event_id` has 32 hex digits and becomes a UUID.
std::string destination_record(const Place& place, std::string_view table, const Change& change,
                               std::string event_id, bool in_microseconds);
// The same for every change of an item.
std::string destination_partition_key(const Change& change);

// From which sequence on the table's journal is still to be delivered; nullopt: nobody needs it.
std::optional<std::uint64_t> destinations_need(const Service& service, const Table& table);

// At start, before any request; and what goes on from there.
Status load_destinations(Service& service);
void start_destinations(Service& service);
void start_destination(Service& service, std::uint32_t table_number, const Place& place,
                       std::string table, std::uint32_t destination_number);
// Of a table that goes: adds to the batch what erases them. Their runners find out by themselves.
void erase_destinations(Service& service, const Table& table, storage::Batch& batch);
// Wakes the runner of a destination after its state has changed.
void wake_destination(Service& service, std::uint32_t destination_number);

}  // namespace penstock::dynamodb
