// Keys and bytes of stored positions.
#include "stream/positions.h"

#include "storage/key.h"

namespace penstock::stream {
namespace {

using storage::Batch;
using storage::Family;
using storage::KeyReader;
using storage::KeyWriter;
using storage::Next;
using storage::ValueReader;
using storage::ValueWriter;

constexpr std::uint8_t kTagReader = 0xC0;
// Version 2 adds the number of sub-lanes.
constexpr std::uint8_t kPositionVersion = 2;
// No shard has an empty id.
constexpr std::string_view kBegun = "";

std::string encode_position(const Position& position) {
  ValueWriter w(kPositionVersion);
  w.text(position.sequence).boolean(position.finished).text(position.start);
  w.i64(position.anchor.micros).u64(position.counters.read).u64(position.counters.delivered);
  w.u64(position.counters.filtered).u64(position.counters.failed).u64(position.lanes);
  return w.take();
}

Result<Position> decode_position(std::string_view value) {
  ValueReader r(value);
  const std::uint8_t version = r.version().value_or(0);
  Position p;
  p.sequence = r.text();
  p.finished = r.boolean();
  p.start = r.text();
  p.anchor.micros = r.i64();
  p.counters = {r.u64(), r.u64(), r.u64(), r.u64()};
  if (version >= 2) p.lanes = static_cast<std::uint32_t>(r.u64());
  if (version < 1 || version > kPositionVersion || !r.done() || p.lanes == 0) {
    return fail(ErrorKind::kCorrupt, "a stored position cannot be read");
  }
  return p;
}

}  // namespace

PositionSpace PositionSpace::of_reader(std::string_view reader) {
  return PositionSpace(KeyWriter(kTagReader).text(reader).take());
}

std::string PositionSpace::key(std::string_view shard) const {
  KeyWriter writer(static_cast<std::uint8_t>(prefix_.front()));
  return writer.raw(std::string_view(prefix_).substr(1)).text(shard).take();
}

Result<std::optional<Positions>> load_positions(const storage::Store& store,
                                                const PositionSpace& space) {
  Positions positions;
  bool begun = false;
  Status problem;
  const std::string& prefix = space.prefix();
  TRY_VOID(store.scan(Family::kPositions, prefix, storage::prefix_end(prefix),
                      [&](std::string_view key, std::string_view value) {
                        KeyReader reader(key.substr(prefix.size()));
                        std::optional<std::string> shard = reader.text();
                        Result<Position> position = decode_position(value);
                        if (!shard || !reader.done() || !position) {
                          problem = fail(ErrorKind::kCorrupt, "a stored position cannot be read");
                          return Next::kStop;
                        }
                        if (*shard == kBegun) {
                          begun = true;
                        } else {
                          positions.emplace(std::move(*shard), std::move(*position));
                        }
                        return Next::kContinue;
                      }));
  TRY_VOID(problem);
  if (!begun) return std::nullopt;
  return positions;
}

void put_begun(Batch& batch, const PositionSpace& space) { put_position(batch, space, kBegun, {}); }

void put_position(Batch& batch, const PositionSpace& space, std::string_view shard,
                  const Position& position) {
  batch.put(Family::kPositions, space.key(shard), encode_position(position));
}

void erase_position(Batch& batch, const PositionSpace& space, std::string_view shard) {
  batch.erase(Family::kPositions, space.key(shard));
}

void forget_reader(Batch& batch, const PositionSpace& space) {
  batch.erase_range(Family::kPositions, space.prefix(), storage::prefix_end(space.prefix()));
}

}  // namespace penstock::stream
