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
std::string pipe_key(const PipeConfig& c) {
  return KeyWriter(kTagPipe).text(c.place.account).text(c.place.region).text(c.name).take();
}

std::string failure_prefix(std::uint64_t pipe) { return KeyWriter(kTagFailure).u64(pipe).take(); }

std::string failure_prefix(std::uint64_t pipe, std::string_view shard) {
  return KeyWriter(kTagFailure).u64(pipe).text(shard).take();
}

std::unexpected<Error> corrupt(std::string_view what) {
  return fail(ErrorKind::kCorrupt, "a stored pipe's " + std::string(what) + " cannot be read");
}

// Shows the failures in [begin, end) to `visit` until it says kStop.
template <typename Visit>
Status scan_failures(const storage::Store& store, const std::string& begin, const std::string& end,
                     Visit visit) {
  bool readable = true;
  TRY_VOID(
      store.scan(Family::kPositions, begin, end, [&](std::string_view key, std::string_view value) {
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
        return readable ? visit(std::move(f)) : Next::kStop;
      }));
  if (!readable) return corrupt("failure");
  return {};
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
  stream::forget_reader(batch, positions_of(config.id));
  const std::string failures = failure_prefix(config.id);
  batch.erase_range(Family::kPositions, failures, prefix_end(failures));
}

stream::PositionSpace positions_of(std::uint64_t pipe) {
  return stream::PositionSpace(KeyWriter(kTagPosition).u64(pipe).take());
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
  const std::string prefix = failure_prefix(pipe);
  TRY_VOID(scan_failures(store, prefix, prefix_end(prefix), [&](Failure failure) {
    if (failures.size() == max) return Next::kStop;
    failures.push_back(std::move(failure));
    return Next::kContinue;
  }));
  return failures;
}

Result<std::unordered_set<std::string>> load_failed_beyond(const storage::Store& store,
                                                           std::uint64_t pipe,
                                                           std::string_view shard,
                                                           std::string_view after) {
  std::unordered_set<std::string> sequences;
  const std::string prefix = failure_prefix(pipe, shard);
  std::string begin = prefix;
  if (!after.empty()) {
    KeyWriter key(kTagFailure);
    begin = key.u64(pipe).text(shard).text(ordered_position(after)).take() + '\0';
  }
  TRY_VOID(scan_failures(store, begin, prefix_end(prefix), [&](Failure failure) {
    sequences.insert(std::move(failure.sequence));
    return Next::kContinue;
  }));
  return sequences;
}

}  // namespace penstock::pipes
