// Durable positions of a reader, one per shard, and the note that it has begun.
//
//   kPositions  <prefix of the reader> shard      Position
//   kPositions  <prefix of the reader> ""         the reader has begun
//
// A reader with keys of its own kind gives the prefix (Pipes: tag 40, pipe); all others have tag C0
// and their name. The functions put a position into the caller's batch, so that it commits with
// what the caller stores beside it. Loading blocks on the disk.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "storage/store.h"
#include "stream/position.h"

namespace penstock::stream {

// By shard id.
using Positions = std::map<std::string, Position>;

// Under which keys a reader's positions are kept.
class PositionSpace {
 public:
  // Whole fields, a tag byte first; no other key begins with it.
  explicit PositionSpace(std::string prefix) : prefix_(std::move(prefix)) {}
  // Of a reader without keys of its own: "lambda/<uuid of the mapping>", "firehose/<number>".
  static PositionSpace of_reader(std::string_view reader);

  const std::string& prefix() const { return prefix_; }
  std::string key(std::string_view shard) const;

 private:
  std::string prefix_;
};

// nullopt when the reader has not begun: where it starts in which shards is not decided.
Result<std::optional<Positions>> load_positions(const storage::Store& store,
                                                const PositionSpace& space);
void put_begun(storage::Batch& batch, const PositionSpace& space);
void put_position(storage::Batch& batch, const PositionSpace& space, std::string_view shard,
                  const Position& position);
void erase_position(storage::Batch& batch, const PositionSpace& space, std::string_view shard);
// All of them, and that it has begun.
void forget_reader(storage::Batch& batch, const PositionSpace& space);

}  // namespace penstock::stream
