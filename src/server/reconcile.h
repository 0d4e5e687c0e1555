// Reconciliation: proof that every change of a table is in exactly one place.
//
// For each pipe from a DynamoDB stream to a Kinesis stream, and each delivery stream behind it,
// these accounts are laid side by side: the table's change log, the records of the Kinesis stream,
// the pipe's position, counters and stored failures, and the delivery ledger with the objects
// themselves. The ledger has length and checksum of what was written for each record, so that every
// piece of every object is one record's, whether or not it names it.
//
// This file is the arithmetic; it does no I/O.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace penstock::server {

enum class Fault : std::uint8_t {
  kLost,       // Nowhere, though it must be somewhere.
  kDuplicate,  // Once more than it must be.
  kAltered,    // Something else stands in the place of its line.
  kMisplaced,  // Its line stands in another object than the ledger says.
  kForeign,    // A line of no record.
};
std::string_view to_string(Fault fault);

struct Problem {
  Fault fault;
  std::string change;  // Event id; where it is not known, what is known of the record.
  std::string where;   // Hop or object.
  std::string detail;
};

// A change that rightly is in no object of the lake.
struct Note {
  std::string change;
  std::string where;
  std::string detail;  // The reason.
};

// Every record is in one of the first eight; duplicate and foreign are what is there beyond them.
struct Counts {
  std::uint64_t delivered = 0;
  std::uint64_t filtered = 0;  // By the pipe, or dropped by the transform.
  std::uint64_t failed = 0;    // Given up by the pipe, or in error objects.
  std::uint64_t pending = 0;   // Still on the way.
  // Given to an enrichment that answered, and no record names it: dropped or lost, who can tell.
  std::uint64_t untraced = 0;
  std::uint64_t lost = 0, altered = 0, misplaced = 0;
  std::uint64_t duplicate = 0, foreign = 0;
  std::uint64_t expired = 0;  // Of the above, records of no change that is still in the log.
  std::uint64_t objects = 0;  // Read, error objects included.

  std::uint64_t accounted() const {
    return delivered + filtered + failed + pending + untraced + lost + altered + misplaced;
  }
  bool faultless() const { return lost + altered + misplaced + duplicate + foreign == 0; }
};

struct DeliveryReport {
  std::string arn;
  std::uint64_t records = 0;  // Of the stream that are the delivery stream's to deliver.
  Counts counts;
};

inline constexpr std::size_t kNamesDefault = 1'000;

struct Report {
  std::vector<std::string> pipes;     // ARNs; several when they have the same source and target.
  std::size_t names = kNamesDefault;  // How many to name of a kind; the counts are complete.
  std::uint64_t written = 0;          // Changes in the table's log that the pipe is to carry.
  std::uint64_t carried = 0;          // Of these, in the Kinesis stream.
  Counts hop;                         // Of the pipe alone.
  Counts counts;                      // Of pipe and deliveries together.
  std::vector<DeliveryReport> deliveries;
  std::vector<Problem> problems;
  std::vector<Note> filtered, failed, untraced;

  // The sums come out at each hop, and there is no fault.
  bool good() const;
  // Count for the delivery that was begun last, or for the pipe when none was.
  void count(std::uint64_t Counts::* field, std::uint64_t number = 1);
  void add(Problem problem, std::uint64_t number = 1);
  void add_filtered(Note note);
  void add_failed(Note note);
  void add_untraced(Note note);
};

// One change of a table.
struct Change {
  std::string event_id;
  std::string sequence_number;
  std::uint32_t owner = 0;    // Which of the tables (reports) that are looked at together.
  std::uint32_t records = 0;  // Seen in the Kinesis stream.
};

class ChangeBook {
 public:
  void add(std::string event_id, std::string sequence_number, std::uint32_t owner);
  // By event id, or by sequence number; that of two tables may be the same, then the first is
  // meant.
  Change* find(std::string_view id);
  std::deque<Change>& changes() { return changes_; }

 private:
  std::deque<Change> changes_;  // The index looks into its strings.
  std::unordered_map<std::string_view, Change*> index_;
};

// The id of the change that a record of a pipe, or a line of a transform, speaks of. Empty: none is
// named.
std::string change_id_of(std::string_view json);

// What a pipe says of itself.
struct PipeAccount {
  std::string name;      // For `where`.
  std::string position;  // Up to here it has passed; empty: nothing.
  bool from_latest = false;
  std::uint64_t filtered = 0;                           // Counted by the pipe.
  std::unordered_map<std::string, std::string> failed;  // Event id → reason.
  std::uint32_t copies = 1;                             // Pipes of this source and target.
  bool enriched = false;                                // One of them has an enrichment.
  std::unordered_set<std::string> held_back;  // Event ids that the pipe's filter lets not pass.
};
// Table → Kinesis: each change that the pipe has passed has one record, was filtered, or is a
// stored failure. `unnamed`: records that name no change; each may be one that is not found. Behind
// an enrichment a change may have any number of records.
void settle_pipe(Report& report, ChangeBook& book, std::uint32_t owner, const PipeAccount& pipe,
                 std::uint64_t& unnamed);

// The reports as a JSON document.
std::string reports_json(const std::vector<Report>& reports);

}  // namespace penstock::server
