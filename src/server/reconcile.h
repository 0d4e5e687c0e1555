// Reconciliation: proof that every change of a table is in exactly one place.
//
// For each pipe from a DynamoDB stream to a Kinesis stream, and each delivery stream behind it,
// three accounts are laid side by side: the table's change log, the records of the Kinesis stream,
// and the delivery ledger with the objects themselves, whose lines are read and counted. Changes
// are told apart by their event id or sequence number, which the records carry; lines name theirs
// when the transform keeps event_id (or eventID, sequenceNumber), otherwise they are counted.
//
// What is older than the streams' retention can only be counted against the ledger.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace penstock::server {

enum class Fault : std::uint8_t { kLost, kDuplicate };

struct Problem {
  Fault fault;
  std::string change;  // Event id, or what is known of it.
  std::string where;   // Hop or object.
  std::string detail;
};

struct Report {
  std::string pipe;  // ARN.
  std::vector<std::string> deliveries;
  std::uint64_t written = 0;    // Changes in the table's log that the pipe is to carry.
  std::uint64_t delivered = 0;  // Lines found in objects.
  std::uint64_t filtered = 0;   // By the pipe, or dropped by the transform.
  std::uint64_t failed = 0;     // Given up by the pipe, or in error objects.
  std::uint64_t pending = 0;    // Still on the way.
  std::uint64_t lost = 0;
  std::uint64_t duplicate = 0;
  std::uint64_t expired = 0;      // Settled, but no longer in the streams: counted, not named.
  std::uint64_t objects = 0;      // Objects read.
  std::vector<Problem> problems;  // At most kProblemsMax; the counts are complete.

  bool good() const { return lost == 0 && duplicate == 0; }
  void add(Fault fault, std::uint64_t count, Problem problem);
};
inline constexpr std::size_t kProblemsMax = 1'000;

// ---- the pure part ----

// One change on its way.
struct Change {
  std::string event_id;
  std::string sequence_number;
  std::uint32_t records = 0;  // Seen in the Kinesis stream.
  std::uint32_t lines = 0;    // Seen in objects of the delivery stream that is looked at.
  bool errored = false;       // Seen in an error object of it.
};

class ChangeBook {
 public:
  void add(std::string event_id, std::string sequence_number);
  Change* find(std::string_view id);  // By either id.
  std::vector<Change>& changes() { return changes_; }
  void forget_lines();

 private:
  std::vector<Change> changes_;
  std::map<std::string, std::size_t, std::less<>> index_;
};

// The id of the change that a record of a pipe, or a line of a transform, speaks of. Empty: none is
// named.
std::string change_id_of(std::string_view json);

// A settled batch beside what was found of it.
struct SettledBatch {
  std::string object;  // s3://bucket/key; empty when nothing was to be delivered.
  std::uint64_t records = 0, delivered = 0, dropped = 0, failed = 0, lost = 0;
  std::vector<Change*> members;  // The changes of its records that are still known, in order.
  bool complete = true;          // members has all of `records`.
  std::vector<std::string>
      lines;             // Ids of the lines found; empty strings for lines that name none.
  bool readable = true;  // The object exists and could be read.
  std::string fault;     // Why not.
};
// Adds one batch to the sums and names what does not fit.
void settle(Report& report, ChangeBook& book, SettledBatch& batch);

}  // namespace penstock::server
