// What streams and tables need from time to time. Rotation: a shard past its life is closed, and a
// child takes over. Trimming: stream records older than 24 hours go, together with the position
// through which they went (in one batch, so a reader never takes a gap for an end). A disabled
// stream goes once that time has passed. Counting: ItemCount and TableSizeBytes are renewed every
// few hours, as on AWS.
#include "services/dynamodb/retention.h"

#include <algorithm>
#include <set>

#include "async/runners.h"
#include "services/dynamodb/change.h"
#include "services/dynamodb/expiry.h"
#include "services/dynamodb/history.h"
#include "services/dynamodb/journal.h"
#include "services/dynamodb/keys.h"
#include "services/dynamodb/limits.h"
#include "services/dynamodb/tables.h"
#include "services/dynamodb/token.h"
#include "storage/key.h"

namespace penstock::dynamodb {
namespace {

using storage::Batch;
using storage::Family;

// Of one round on one stream; the next round continues.
constexpr std::size_t kTrimmedPerRound = 200'000;
constexpr std::size_t kCountedPerBreath = 4'096;

Result<std::uint64_t> last_expired(Service& service, std::uint32_t number, Timestamp horizon) {
  const std::string prefix = changes_prefix(number);
  std::uint64_t last = 0;
  std::size_t seen = 0;
  Status status;
  TRY_VOID(service.deps.store.scan(Family::kChanges, prefix, storage::prefix_end(prefix),
                                   [&](std::string_view key, std::string_view value) {
                                     const auto created = change_time(value);
                                     const auto sequence = sequence_of(key);
                                     if (!created || !sequence) {
                                       status = fail(ErrorKind::kCorrupt,
                                                     "a stored stream record does not decode");
                                       return storage::Next::kStop;
                                     }
                                     if (*created >= horizon || ++seen > kTrimmedPerRound) {
                                       return storage::Next::kStop;
                                     }
                                     last = *sequence;
                                     return storage::Next::kContinue;
                                   }));
  if (!status) return std::unexpected(status.error());
  return last;
}

Status trim_stream(Service& service, const LiveStream& live, Timestamp horizon) {
  const std::uint32_t number = live.stream.number;
  if (live.stream.closed && *live.stream.closed < horizon) {
    const std::string prefix = changes_prefix(number);
    Batch batch;
    batch.erase_range(Family::kChanges, prefix, storage::prefix_end(prefix));
    batch.erase(Family::kMeta, trim_key(number));
    batch.erase(Family::kMeta, stream_key(live.stream));
    const std::string arn = live.stream.arn();
    service.registry.erase_stream(arn);
    for (const StreamShard& shard : live.stream.shards) {
      service.notifier.forget(protocol::arrivals_key(arn, shard.id));
    }
    return service.deps.store.commit_blocking(std::move(batch));
  }
  TRY(const std::uint64_t last, last_expired(service, number, horizon));
  if (last == 0) return {};
  Batch batch;
  batch.erase_range(Family::kChanges, changes_prefix(number), change_key(number, last + 1));
  batch.put(Family::kMeta, trim_key(number), storage::ValueWriter(1).u64(last).take());
  // Readers are turned away before the records go.
  live.trimmed->store(last);
  return service.deps.store.commit_blocking(std::move(batch));
}

Status count_one(Service& service, std::uint32_t number) {
  const std::string prefix = items_prefix(number);
  const std::string end = storage::prefix_end(prefix);
  std::string from = prefix;
  Contents contents;
  bool more = true;
  while (more && !service.gate.stop_token().stop_requested()) {
    std::size_t seen = 0;
    more = false;
    TRY_VOID(service.deps.store.scan(
        Family::kItems, from, end, [&](std::string_view key, std::string_view value) {
          if (const auto item = decode_item(value)) {
            ++contents.items;
            contents.bytes += static_cast<std::int64_t>(item_size(*item));
          }
          if (++seen < kCountedPerBreath) return storage::Next::kContinue;
          from.assign(key).push_back('\0');
          more = true;
          return storage::Next::kStop;
        }));
  }
  service.set_contents(number, contents);
  return {};
}

}  // namespace

Status trim(Service& service) {
  const Timestamp horizon = service.deps.clock.now() - kStreamRetention;
  for (const StreamPtr& live : service.registry.all_streams()) {
    TRY_VOID(trim_stream(service, *live, horizon));
  }
  TRY_VOID(trim_backups(service));
  return trim_journals(service);
}

Status count_contents(Service& service) {
  std::set<std::uint32_t> numbers;
  for (const TablePtr& live : service.registry.all_tables()) {
    numbers.insert(live->table.number);
    for (const Index& index : live->table.indexes) numbers.insert(index.number);
  }
  for (const std::uint32_t number : numbers) TRY_VOID(count_one(service, number));
  service.keep_contents([&numbers](std::uint32_t number) { return numbers.contains(number); });
  return {};
}

Task<Status> rotate_shards(Service& service) {
  for (const TablePtr& listed : service.registry.all_tables()) {
    const Place& place = listed->table.place;
    const std::string& name = listed->table.name;
    const auto turn = co_await service.control_turns.enter(hash_bytes(table_key(place, name)));
    const TablePtr live = service.registry.find_table(place.account, place.region, name);
    if (live == nullptr || !live->table.stream) continue;
    const StreamPtr stream = service.registry.find_stream(live->table.stream->arn);
    if (stream == nullptr) continue;
    if (stream->stream.shards.back().created + service.options.shard_life >
        service.deps.clock.now())
      continue;
    CO_TRY_VOID(co_await rotate_shard(service, live));
  }
  co_return Status();
}

namespace {

Task<Status> keep_counting(Service& service) {
  const std::stop_token stop = service.gate.stop_token();
  while (!stop.stop_requested()) {
    CO_TRY_VOID(co_await run_blocking(service.deps.runtime,
                                      [&service] { return count_contents(service); }));
    co_await sleep_for(service.options.count_interval, stop);
  }
  co_return Status();
}

}  // namespace

void start_runners(Service& service) {
  Runtime& runtime = service.deps.runtime;
  Runners& runners = runtime.runners();
  runners.start_every(
      service.gate, runtime.next_loop(), "dynamodb/retention", service.options.trim_interval,
      [&runtime, &service] { return run_blocking(runtime, [&service] { return trim(service); }); });
  runners.start_every(service.gate, runtime.next_loop(), "dynamodb/shards",
                      std::min(service.options.trim_interval, service.options.shard_life),
                      [&service] { return rotate_shards(service); });
  runners.start_every(service.gate, runtime.next_loop(), "dynamodb/tokens",
                      service.options.trim_interval, [&runtime, &service] {
                        return run_blocking(runtime, [&service] { return forget_tokens(service); });
                      });
  runners.start(service.gate, runtime.next_loop(), "dynamodb/expiry",
                [&service] { return keep_expiring(service); });
  runners.start(service.gate, runtime.next_loop(), "dynamodb/contents",
                [&service] { return keep_counting(service); });
}

}  // namespace penstock::dynamodb
