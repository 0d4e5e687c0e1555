// Keys and bytes of stored pipes, positions and failures.
#include "services/pipes/store.h"

#include "services/pipes/pipe_record.h"
#include "storage/key.h"

namespace penstock::pipes {
namespace {

using storage::Batch;
using storage::Family;
using storage::KeyReader;
using storage::KeyWriter;
using storage::Next;
using storage::prefix_end;
using storage::ValueReader;
using storage::ValueWriter;

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kTagPipe = 0x40;
constexpr std::uint8_t kTagPosition = 0x40;  // In kPositions.
constexpr std::uint8_t kTagFailure = 0x41;
// The row under which a pipe notes that it has begun. No shard has an empty id.
constexpr std::string_view kBegun = "";

std::string pipe_key(const PipeConfig& c) {
  return KeyWriter(kTagPipe).text(c.place.account).text(c.place.region).text(c.name).take();
}

std::string position_prefix(std::uint64_t pipe) { return KeyWriter(kTagPosition).u64(pipe).take(); }
std::string failure_prefix(std::uint64_t pipe) { return KeyWriter(kTagFailure).u64(pipe).take(); }

std::string position_key(std::uint64_t pipe, std::string_view shard) {
  return KeyWriter(kTagPosition).u64(pipe).text(shard).take();
}

std::unexpected<Error> corrupt(std::string_view what) {
  return fail(ErrorKind::kCorrupt, "a stored pipe's " + std::string(what) + " cannot be read");
}

Result<Position> decode_position(std::string_view value) {
  ValueReader r(value);
  if (r.version() != kVersion) return corrupt("position");
  Position p;
  p.sequence = r.text();
  p.finished = r.boolean();
  p.start = r.text();
  p.anchor.micros = r.i64();
  p.counters = {r.u64(), r.u64(), r.u64(), r.u64()};
  if (!r.done()) return corrupt("position");
  return p;
}

}  // namespace

Result<std::vector<PipeConfig>> load_pipes(const storage::Store& store) {
  std::vector<PipeConfig> pipes;
  Status problem;
  const std::string begin = KeyWriter(kTagPipe).take();
  TRY_VOID(store.scan(Family::kMeta, begin, prefix_end(begin),
                      [&](std::string_view, std::string_view value) {
                        Result<PipeConfig> config = decode_pipe(value);
                        if (!config) {
                          problem = std::unexpected(config.error());
                          return Next::kStop;
                        }
                        pipes.push_back(std::move(*config));
                        return Next::kContinue;
                      }));
  TRY_VOID(problem);
  return pipes;
}

void put_pipe(Batch& batch, const PipeConfig& config) {
  batch.put(Family::kMeta, pipe_key(config), encode_pipe(config));
}

void erase_pipe(Batch& batch, const PipeConfig& config) {
  batch.erase(Family::kMeta, pipe_key(config));
  for (const std::string& prefix : {position_prefix(config.id), failure_prefix(config.id)}) {
    batch.erase_range(Family::kPositions, prefix, prefix_end(prefix));
  }
}

Result<std::optional<std::map<std::string, Position>>> load_positions(const storage::Store& store,
                                                                      std::uint64_t pipe) {
  std::map<std::string, Position> positions;
  bool begun = false;
  Status problem;
  const std::string prefix = position_prefix(pipe);
  TRY_VOID(store.scan(Family::kPositions, prefix, prefix_end(prefix),
                      [&](std::string_view key, std::string_view value) {
                        KeyReader reader(key);
                        reader.tag(kTagPosition);
                        reader.u64();
                        std::optional<std::string> shard = reader.text();
                        Result<Position> position = decode_position(value);
                        if (!shard || !reader.done() || !position) {
                          problem = corrupt("position");
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

void put_begun(Batch& batch, std::uint64_t pipe) { put_position(batch, pipe, kBegun, {}); }

void put_position(Batch& batch, std::uint64_t pipe, std::string_view shard,
                  const Position& position) {
  ValueWriter w(kVersion);
  w.text(position.sequence).boolean(position.finished).text(position.start);
  w.i64(position.anchor.micros).u64(position.counters.read).u64(position.counters.delivered);
  w.u64(position.counters.filtered).u64(position.counters.failed);
  batch.put(Family::kPositions, position_key(pipe, shard), w.take());
}

void erase_position(Batch& batch, std::uint64_t pipe, std::string_view shard) {
  batch.erase(Family::kPositions, position_key(pipe, shard));
}

void put_failure(Batch& batch, std::uint64_t pipe, const Failure& failure) {
  ValueWriter w(kVersion);
  w.text(failure.sequence).text(failure.event_id).text(failure.reason).i64(failure.at.micros);
  KeyWriter key(kTagFailure);
  key.u64(pipe).text(failure.shard).text(ordered_position(failure.sequence));
  batch.put(Family::kPositions, key.take(), w.take());
}

Result<std::vector<Failure>> load_failures(const storage::Store& store, std::uint64_t pipe,
                                           std::size_t max) {
  std::vector<Failure> failures;
  bool readable = true;
  const std::string prefix = failure_prefix(pipe);
  TRY_VOID(store.scan(Family::kPositions, prefix, prefix_end(prefix),
                      [&](std::string_view key, std::string_view value) {
                        if (failures.size() == max) return Next::kStop;
                        KeyReader reader(key);
                        reader.tag(kTagFailure);
                        reader.u64();
                        std::optional<std::string> shard = reader.text();
                        ValueReader r(value);
                        readable = shard.has_value() && r.version() == kVersion;
                        if (!readable) return Next::kStop;
                        Failure f{.shard = std::move(*shard)};
                        f.sequence = r.text();
                        f.event_id = r.text();
                        f.reason = r.text();
                        f.at.micros = r.i64();
                        readable = r.done();
                        failures.push_back(std::move(f));
                        return readable ? Next::kContinue : Next::kStop;
                      }));
  if (!readable) return corrupt("failure");
  return failures;
}

}  // namespace penstock::pipes
