// What moves through a delivery stream: records, the batches they are put into, and the accounts
// that are kept of them. Plain data.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "protocol/place.h"
#include "services/firehose/compression.h"
#include "services/firehose/destination.h"

namespace penstock::firehose {

using protocol::Place;

enum class SourceKind : std::uint8_t { kDirectPut = 0, kKinesisStream = 1 };

// A delivery stream as it is stored.
struct StreamConfig {
  std::uint64_t id = 0;  // Never reused: a stream made again under its name is another one.
  Place place;
  std::string name;
  SourceKind source = SourceKind::kDirectPut;
  std::string kinesis_arn, kinesis_role;        // kKinesisStream
  std::optional<std::int32_t> throughput_hint;  // kDirectPut, as Describe shows it.
  Timestamp created;
  std::optional<Timestamp> changed;
  std::uint64_t version = 1;
  bool deleting = false;
  std::map<std::string, std::string> tags;
  Destination destination;
};
std::string stream_arn(const StreamConfig& config);
std::string_view to_string(SourceKind kind);

struct SourceRecord {
  std::string sequence_number;  // Its position in its lane: digits of equal length.
  std::string partition_key;    // From Kinesis only.
  std::string data;
  std::int64_t arrival_millis = 0;
  Timestamp buffered;       // When it was read.
  std::uint32_t index = 0;  // In its batch.
};

// What was written into an object for one record: so many bytes, with this CRC-32.
struct Mark {
  std::uint32_t bytes = 0;
  std::uint32_t crc = 0;
  friend bool operator==(const Mark&, const Mark&) = default;
};
Mark mark_of(std::string_view written);

// Where one record of a batch ended. The numbers are part of the storage format.
enum class Fate : std::uint8_t { kDelivered = 0, kDropped = 1, kFailed = 2, kLost = 3 };
struct RecordFate {
  Fate fate = Fate::kLost;
  std::uint16_t error_object = 0;  // kFailed: which of the batch's error objects has its line.
  Mark mark;                       // kDelivered, kFailed
  friend bool operator==(const RecordFate&, const RecordFate&) = default;
};

// An error object that is durable, and which records of its batch it holds.
struct SettledErrors {
  std::string key;
  std::uint64_t bytes = 0;
  std::vector<std::uint32_t> indices;  // Increasing.
  std::vector<Mark> marks;             // Of their lines; absent in plans of version 1.
};

// A batch that was decided: what belongs to it and where it goes. Written down before anything is
// done, so that a redo after a crash does the same.
struct Plan {
  std::uint64_t number = 0;  // Increasing in its lane.
  std::string from, to;      // Sequence numbers, both included.
  std::uint32_t records = 0;
  std::uint64_t bytes = 0;
  std::int64_t oldest_millis = 0, newest_millis = 0;
  std::string bucket, key, error_key;
  Compression compression = Compression::kUncompressed;
  std::vector<SettledErrors> errors;
};

// What became of the records of a lane since it began.
struct Totals {
  std::uint64_t records = 0, bytes = 0;  // Read from the source and settled.
  std::uint64_t delivered = 0, dropped = 0, failed = 0, lost = 0;
  std::uint64_t objects = 0, object_bytes = 0;
};

// How far a lane has come.
struct Position {
  std::string after;  // The last settled sequence number; empty: none yet.
  std::uint64_t next_plan = 1;
  std::int64_t newest_millis = 0;  // Arrival of the newest settled record.
  Totals totals;
};

}  // namespace penstock::firehose
