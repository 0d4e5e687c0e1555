// Tables and streams as they are stored and described. Pure: no I/O, no clock.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "protocol/attribute_value.h"
#include "protocol/place.h"

namespace penstock::dynamodb {

using protocol::Place;

struct KeyAttribute {
  std::string name;
  AttributeValue::Type type = AttributeValue::Type::kS;  // kS, kN or kB.
  friend bool operator==(const KeyAttribute&, const KeyAttribute&) = default;
};

struct KeySchema {
  KeyAttribute hash;
  std::optional<KeyAttribute> range;

  bool contains(std::string_view name) const {
    return hash.name == name || (range && range->name == name);
  }
};

// The key of an index: a global one has up to four attributes of each kind.
struct IndexKeys {
  std::vector<KeyAttribute> hash;
  std::vector<KeyAttribute> range;

  bool contains(std::string_view name) const;
  bool is_multi_attribute() const { return hash.size() > 1 || range.size() > 1; }
};

// The key attributes of a table or an index, which it does not own.
struct KeyParts {
  KeyParts(const KeySchema& keys);  // NOLINT: a schema is its parts.
  KeyParts(const IndexKeys& keys) : hash(keys.hash), range(keys.range) {}

  std::span<const KeyAttribute> hash;
  std::span<const KeyAttribute> range;

  bool contains(std::string_view name) const;
  bool is_multi_attribute() const { return hash.size() > 1 || range.size() > 1; }
};

struct Throughput {
  std::int64_t read = 0;
  std::int64_t write = 0;
  friend bool operator==(const Throughput&, const Throughput&) = default;
};
// The larger of each.
Throughput max_of(const Throughput& a, const Throughput& b);

// What a table or index that was ever on demand takes at once before it has to scale.
inline constexpr Throughput kOnDemandWarm{12'000, 4'000};

// When provisioned throughput was last changed, of the table or of a global index.
struct ThroughputHistory {
  std::optional<Timestamp> increased;
  std::optional<Timestamp> decreased;
  std::int64_t decreases = 0;  // On the UTC day of `decreased`.

  std::int64_t decreases_on_day_of(Timestamp now) const;
};

// OnDemandThroughput: -1 means no maximum.
struct OnDemandMaximum {
  std::int64_t read = -1;
  std::int64_t write = -1;
  friend bool operator==(const OnDemandMaximum&, const OnDemandMaximum&) = default;
};

enum class ProjectionKind : std::uint8_t { kAll = 0, kKeysOnly = 1, kInclude = 2 };
std::string_view to_string(ProjectionKind kind);

// The numbers are stored. The last two are only shown in replies of UpdateTable.
enum class IndexStatus : std::uint8_t { kActive = 0, kCreating = 1, kUpdating = 2, kDeleting = 3 };

struct Index {
  std::string name;
  std::uint32_t number = 0;  // Names its entries; never reused.
  bool global = true;
  IndexKeys keys;
  ProjectionKind projection = ProjectionKind::kAll;
  std::vector<std::string> non_key_attributes;
  Throughput throughput;
  std::optional<OnDemandMaximum> on_demand_maximum;
  IndexStatus status = IndexStatus::kActive;
  Throughput warm;  // WarmThroughput: never falls.
  ThroughputHistory history;

  bool projects(std::string_view attribute, const KeySchema& table_keys) const;
};

// TimeToLiveSpecification.
struct TimeToLive {
  std::string attribute;
  bool enabled = false;
  Timestamp changed;     // When UpdateTimeToLive last had an effect.
  bool indexed = false;  // Every item's expiry is in the store (expiry.h).
};

struct PointInTimeRecovery {
  Timestamp since;
  std::int64_t days = 35;  // RecoveryPeriodInDays
};

// A log of all changes with both images, for what has to know the past of a table: point-in-time
// recovery, incremental exports, Kinesis destinations. Its records are changes (change.h), numbered
// from 1; no client reads it. It is there as long as one of those needs it.
struct Journal {
  std::uint32_t number = 0;  // Names its records; never reused.
  Timestamp since;
  std::string arrivals_key;  // Of its followers in this process; follows from the number.
};

// What PutResourcePolicy keeps, for the table or one of its streams.
struct ResourcePolicy {
  std::string stream_label;  // Empty: of the table.
  std::string document;
  std::string revision;
};

// Where a restored table comes from (RestoreSummary).
struct Restore {
  std::string backup_arn;  // Empty: restored from the table's past.
  std::string table_arn;
  Timestamp moment;
  bool in_progress = false;  // It is being filled, and CREATING.
};

// The stream that a table writes to at present.
struct StreamRef {
  std::uint32_t number = 0;  // Names its records; never reused.
  std::string label;
  std::string view_type;
  std::string arn;
  std::string shard_id;      // Of the open shard.
  std::string arrivals_key;  // Of the open shard.

  void set_shard(std::string id);
};

struct Table {
  Place place;
  std::string name;
  std::uint32_t number = 0;   // Names its items; never reused.
  std::uint64_t version = 0;  // Grows with every change of the table.
  std::string id;             // A UUID.
  Timestamp created;
  std::vector<KeyAttribute> definitions;
  KeySchema keys;
  std::vector<Index> indexes;
  bool on_demand = false;
  std::optional<Timestamp> on_demand_since;  // When it was last switched to it, if ever.
  Throughput throughput;
  Throughput warm;  // WarmThroughput: what was ever provisioned or asked for; never falls.
  ThroughputHistory history;
  std::optional<OnDemandMaximum> on_demand_maximum;
  bool deletion_protection = false;
  std::string table_class;               // Empty: never named, shown as nothing.
  std::vector<Timestamp> class_changes;  // Within the last 30 days, oldest first.
  std::optional<StreamRef> stream;
  std::string latest_stream_label;  // Stays when the stream is disabled.
  std::vector<std::pair<std::string, std::string>> tags;
  std::optional<TimeToLive> time_to_live;
  std::optional<PointInTimeRecovery> recovery;
  std::optional<Journal> journal;
  std::vector<ResourcePolicy> policies;
  std::optional<Restore> restore;

  std::string arn() const;
  std::string index_arn(const Index& index) const;
  const Index* find_index(std::string_view index_name) const;
  bool has_local_index() const;
  bool is_filling() const { return restore && restore->in_progress; }
  bool tracks_expiry() const { return time_to_live && time_to_live->enabled; }
};

Journal make_journal(std::uint32_t number, Timestamp since);

std::string table_arn(const Place& place, std::string_view name);
std::string stream_arn(const Place& place, std::string_view table, std::string_view label);

// A part of a stream in time: the records from first_sequence on, to last_sequence once it is
// closed. A table is one partition, so that a stream has one open shard, and each shard at most one
// child.
struct StreamShard {
  std::string id;
  std::string parent;  // Empty: the first of its stream.
  Timestamp created;
  std::uint64_t first_sequence = 1;
  std::optional<Timestamp> closed;
  std::uint64_t last_sequence = 0;  // Of a closed shard; before first_sequence when it is empty.
};

// It outlives its table by the retention time.
struct Stream {
  Place place;
  std::string table;
  std::string label;
  std::uint32_t number = 0;
  std::string view_type;
  KeySchema keys;
  Timestamp created;
  std::vector<StreamShard> shards;  // Oldest first; all but the last are closed.
  std::optional<Timestamp> closed;  // When it was disabled; its last shard is closed then, too.

  std::string arn() const { return stream_arn(place, table, label); }
  // A shard that still has something to read at this time, or nullptr.
  const StreamShard* find_shard(std::string_view id, Timestamp now) const;
  // Closes the open shard; `last` is the newest sequence number given out.
  void close_shard(Timestamp now, std::uint64_t last);
};

// A closed shard is listed until its last record is past the retention.
bool is_listed(const StreamShard& shard, Timestamp now);

std::string encode_table(const Table& table);
Result<Table> decode_table(std::string_view bytes);
std::string encode_stream(const Stream& stream);
Result<Stream> decode_stream(std::string_view bytes);

// 21 decimal digits, so that their order as texts is their order as numbers.
std::string sequence_text(std::uint64_t sequence);
std::optional<std::uint64_t> parse_sequence(std::string_view text);

// shardId-<20 digits of the creation time in milliseconds>-<8 hex digits>
std::string make_shard_id(Timestamp created, std::uint32_t stream_number);
// YYYY-MM-DDTHH:MM:SS.mmm
std::string make_stream_label(Timestamp created);
// 32 hex digits that no other change has.
std::string make_event_id(std::uint32_t stream_number, std::uint64_t sequence);

}  // namespace penstock::dynamodb
