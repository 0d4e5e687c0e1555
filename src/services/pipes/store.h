// How pipes, their positions and their failures are stored: the only file of Pipes that knows
// storage.
//
//   kMeta       40 account region name           configuration and state
//   kPositions  40 pipe shard                    how far the pipe has come in a shard of its source
//   kPositions  41 pipe shard sequence           a record that was given up, with the reason
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/result.h"
#include "services/pipes/pipe.h"
#include "storage/store.h"
#include "stream/positions.h"

namespace penstock::pipes {

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

// Under which keys a pipe's positions are kept (stream/positions.h).
stream::PositionSpace positions_of(std::uint64_t pipe);
void put_failure(storage::Batch& batch, std::uint64_t pipe, const Failure& failure);
// At most `max`, in the order of shard and sequence.
Result<std::vector<Failure>> load_failures(const storage::Store& store, std::uint64_t pipe,
                                           std::size_t max);
// The sequence numbers of those in `shard` that are beyond `after`.
Result<std::unordered_set<std::string>> load_failed_beyond(const storage::Store& store,
                                                           std::uint64_t pipe,
                                                           std::string_view shard,
                                                           std::string_view after);

}  // namespace penstock::pipes
