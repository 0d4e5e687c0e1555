// How pipes, their positions and their failures are stored: the only file of Pipes that knows
// storage.
//
//   kMeta       40 account region name           configuration and state
//   kPositions  40 pipe shard                    how far the pipe has come in a shard of its source
//   kPositions  41 pipe shard sequence           a record that was given up, with the reason
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "services/pipes/pipe.h"
#include "storage/store.h"

namespace penstock::pipes {

struct Counters {
  std::uint64_t read = 0;
  std::uint64_t delivered = 0;
  std::uint64_t filtered = 0;
  std::uint64_t failed = 0;  // Given up, with the reason stored.
  friend bool operator==(const Counters&, const Counters&) = default;
};

// Everything up to `sequence` is delivered, filtered out or failed, and is counted.
struct Position {
  std::string sequence;   // Empty: nothing yet.
  bool finished = false;  // The shard is closed and read to its end.
  std::string start;      // TRIM_HORIZON, LATEST or AT_TIMESTAMP: where it began.
  Timestamp anchor;       // LATEST: when it was decided; AT_TIMESTAMP: the time meant.
  Counters counters;
  friend bool operator==(const Position&, const Position&) = default;
};

struct Failure {
  std::string shard;
  std::string sequence;
  std::string event_id;
  std::string reason;
  Timestamp at;
};

Result<std::vector<PipeConfig>> load_pipes(const storage::Store& store);
void put_pipe(storage::Batch& batch, const PipeConfig& config);
// With all positions and failures.
void erase_pipe(storage::Batch& batch, const PipeConfig& config);

// By shard id. nullopt when the pipe has not begun: which shards it starts in is not decided.
Result<std::optional<std::map<std::string, Position>>> load_positions(const storage::Store& store,
                                                                      std::uint64_t pipe);
void put_begun(storage::Batch& batch, std::uint64_t pipe);
void put_position(storage::Batch& batch, std::uint64_t pipe, std::string_view shard,
                  const Position& position);
void erase_position(storage::Batch& batch, std::uint64_t pipe, std::string_view shard);
void put_failure(storage::Batch& batch, std::uint64_t pipe, const Failure& failure);
// At most `max`, in the order of shard and sequence.
Result<std::vector<Failure>> load_failures(const storage::Store& store, std::uint64_t pipe,
                                           std::size_t max);

}  // namespace penstock::pipes
