// Changes of tables. A change is submitted under the table's sequencer with the version raised, so
// writes that were decided on the old version find out before they submit (write.cc) and are
// decided again.
#include "services/dynamodb/tables.h"

#include <algorithm>

#include "services/dynamodb/change.h"
#include "services/dynamodb/destination.h"
#include "services/dynamodb/history.h"
#include "services/dynamodb/keys.h"
#include "services/dynamodb/load.h"
#include "services/dynamodb/throughput_rules.h"
#include "storage/key.h"

namespace penstock::dynamodb {
namespace {

using storage::Batch;
using storage::Family;

void erase_contents(Batch& batch, std::uint32_t number) {
  const std::string prefix = items_prefix(number);
  batch.erase_range(Family::kItems, prefix, storage::prefix_end(prefix));
}

void erase_changes(Batch& batch, std::uint32_t number) {
  const std::string prefix = changes_prefix(number);
  batch.erase_range(Family::kChanges, prefix, storage::prefix_end(prefix));
  batch.erase(Family::kMeta, trim_key(number));
}

// The table's stream as `next` leaves it: disabled, or with a new open shard. nullptr: as it is.
// Requires the sequencer's mutex.
StreamPtr changed_stream(Service& service, const LiveTable& live, const Table* next) {
  if (!live.table.stream) return nullptr;
  const StreamRef& old = *live.table.stream;
  const bool stays = next != nullptr && next->stream && next->stream->number == old.number;
  if (stays && next->stream->shard_id == old.shard_id) return nullptr;
  const StreamPtr open = service.registry.find_stream(old.arn);
  if (open == nullptr) return nullptr;
  auto changed = std::make_shared<LiveStream>(*open);
  Stream& stream = changed->stream;
  const Timestamp now = service.deps.clock.now();
  const std::uint64_t last = live.sequencer->last_sequence;
  stream.close_shard(now, last);
  if (stays) {
    std::erase_if(stream.shards,
                  [now](const StreamShard& shard) { return !is_listed(shard, now); });
    stream.shards.push_back({.id = next->stream->shard_id,
                             .parent = old.shard_id,
                             .created = now,
                             .first_sequence = last + 1});
  } else {
    stream.closed = now;
  }
  return changed;
}

struct Submitted {
  storage::Commit commit;
  StreamPtr stream;  // To be shown once it is durable.
};

// `next` is null when the table goes.
Submitted submit_change(Service& service, const LiveTable& current, const Table* next,
                        Batch batch) {
  const std::lock_guard lock(current.sequencer->mutex);
  StreamPtr stream = changed_stream(service, current, next);
  if (stream != nullptr) {
    batch.put(Family::kMeta, stream_key(stream->stream), encode_stream(stream->stream));
  }
  if (next != nullptr) {
    batch.put(Family::kMeta, table_key(next->place, next->name), encode_table(*next));
    current.sequencer->version = next->version;
    const bool new_journal =
        next->journal &&
        (!current.table.journal || current.table.journal->number != next->journal->number);
    if (new_journal) {
      current.sequencer->last_journal = 0;
      current.sequencer->last_journal_time = next->journal->since;
    }
  } else {
    batch.erase(Family::kMeta, table_key(current.table.place, current.table.name));
    current.sequencer->deleted = true;
  }
  return {service.deps.store.submit(std::move(batch)), std::move(stream)};
}

// Waits until the change is durable; then readers of the stream find the end of the shard.
Task<Status> settle(Service& service, Submitted submitted, TablePtr before) {
  const Status status = co_await submitted.commit.durable();
  if (submitted.stream != nullptr) {
    service.registry.put_stream(submitted.stream);
    service.notifier.notify(before->table.stream->arrivals_key);
  }
  co_return status;
}

Result<std::uint64_t> read_trim(Service& service, std::uint32_t stream_number) {
  TRY(const auto value, service.deps.store.get(Family::kMeta, trim_key(stream_number)));
  if (!value) return 0;
  storage::ValueReader in(*value);
  in.version();
  const std::uint64_t trimmed = in.u64();
  if (!in.done()) return fail(ErrorKind::kCorrupt, "a stored trim position does not decode");
  return trimmed;
}

Result<std::uint64_t> newest_sequence(Service& service, std::uint32_t stream_number) {
  const std::string prefix = changes_prefix(stream_number);
  std::optional<std::uint64_t> newest;
  TRY_VOID(service.deps.store.scan(Family::kChanges, prefix, storage::prefix_end(prefix),
                                   [&newest](std::string_view key, std::string_view) {
                                     newest = sequence_of(key);
                                     return storage::Next::kStop;
                                   },
                                   {.reverse = true}));
  return newest.value_or(0);
}

// Numbers never go back, not even when every record of the stream or journal is trimmed.
Result<std::uint64_t> last_given(Service& service, std::uint32_t number) {
  TRY(const std::uint64_t newest, newest_sequence(service, number));
  TRY(const std::uint64_t trimmed, read_trim(service, number));
  return std::max(newest, trimmed);
}

}  // namespace

StreamPtr open_stream(Service& service, Table& table, const std::string& view_type, Batch& batch) {
  const Timestamp now = service.deps.clock.now();
  auto live = std::make_shared<LiveStream>();
  Stream& stream = live->stream;
  stream.place = table.place;
  stream.table = table.name;
  stream.created = now;
  stream.label = make_stream_label(now);
  stream.number = service.next_number();
  stream.view_type = view_type;
  stream.shards.push_back({.id = make_shard_id(now, stream.number), .created = now});
  stream.keys = table.keys;
  // Another stream of this table within the same millisecond would get the same name.
  for (Timestamp later = now; service.registry.find_stream(stream.arn()) != nullptr;) {
    later = later + std::chrono::milliseconds(1);
    stream.label = make_stream_label(later);
  }
  live->trimmed = std::make_shared<std::atomic<std::uint64_t>>(0);
  table.stream = StreamRef{
      .number = stream.number, .label = stream.label, .view_type = view_type, .arn = stream.arn()};
  table.stream->set_shard(stream.shards.back().id);
  table.latest_stream_label = stream.label;
  batch.put(Family::kMeta, stream_key(stream), encode_stream(stream));
  batch.put(Family::kMeta, counter_key(), service.counter_value());
  return live;
}

void erase_expiries(Batch& batch, std::uint32_t table_number) {
  const std::string prefix = expiries_prefix(table_number);
  batch.erase_range(Family::kItems, prefix, storage::prefix_end(prefix));
}

void open_journal(Service& service, Table& table, Batch& batch) {
  if (table.journal) return;
  table.journal = make_journal(service.next_number(), service.deps.clock.now());
  batch.put(Family::kMeta, counter_key(), service.counter_value());
}

void close_journal(Table& table) { table.journal.reset(); }

Task<Status> change_table(Service& service, TablePtr current, Table next, Batch batch,
                          StreamPtr opened) {
  next.version = current->table.version + 1;
  if (service.options.throttle) current->sequencer->meter.follow(next, service.deps.clock.now());
  Submitted submitted = submit_change(service, *current, &next, std::move(batch));
  // Writers that were turned away look the table up again: let them find it at once. A stream is
  // shown before it is durable only to writers, who wait for a later commit anyway.
  if (opened != nullptr) service.registry.put_stream(opened);
  service.registry.put_table(
      std::make_shared<LiveTable>(LiveTable{std::move(next), current->sequencer}));
  co_return co_await settle(service, std::move(submitted), current);
}

Task<Status> rotate_shard(Service& service, TablePtr current) {
  Table next = current->table;
  StreamRef& stream = *next.stream;
  // Shards are listed in the order of their names: never the same millisecond twice.
  Timestamp born = service.deps.clock.now();
  std::string id = make_shard_id(born, stream.number);
  while (id <= stream.shard_id) {
    born = born + std::chrono::milliseconds(1);
    id = make_shard_id(born, stream.number);
  }
  stream.set_shard(std::move(id));
  co_return co_await change_table(service, std::move(current), std::move(next), {}, nullptr);
}

Task<Status> remove_table(Service& service, TablePtr current) {
  Batch batch;
  BackupPtr kept;
  if (current->table.recovery) kept = keep_as_backup(service, current->table, batch);
  // What a restore reads goes when it is done.
  const bool is_read = service.history->restores_from(current->table.number);
  if (kept == nullptr && !is_read) erase_contents(batch, current->table.number);
  for (const Index& index : current->table.indexes) erase_contents(batch, index.number);
  if (current->table.journal && !is_read) erase_changes(batch, current->table.journal->number);
  if (current->table.time_to_live) erase_expiries(batch, current->table.number);
  erase_destinations(service, current->table, batch);
  Submitted submitted = submit_change(service, *current, nullptr, std::move(batch));
  service.registry.erase_table(current->table);
  if (kept != nullptr) service.history->put_backup(std::move(kept));
  service.destinations->erase(current->table.number);
  if (current->table.journal) service.notifier.forget(current->table.journal->arrivals_key);
  co_return co_await settle(service, std::move(submitted), current);
}

Throughput provisioned_by_others(Service& service, const Table& table) {
  Throughput sum;
  for (const TablePtr& live : service.registry.all_tables()) {
    const Table& other = live->table;
    if (other.on_demand || other.name == table.name) continue;
    if (other.place.account != table.place.account || other.place.region != table.place.region)
      continue;
    const Throughput total = provisioned_total(other);
    sum.read += total.read;
    sum.write += total.write;
  }
  return sum;
}

Status load(Service& service) {
  TRY(const auto counter, service.deps.store.get(Family::kMeta, counter_key()));
  if (counter) {
    storage::ValueReader in(*counter);
    in.version();
    service.last_number_ = static_cast<std::uint32_t>(in.u64());
    if (!in.done()) return fail(ErrorKind::kCorrupt, "the stored number counter does not decode");
  }
  std::vector<Stream> streams;
  TRY_VOID(load_each(service, streams_prefix(), decode_stream,
                     [&streams](Stream stream) { streams.push_back(std::move(stream)); }));
  for (Stream& stream : streams) {
    TRY(const std::uint64_t trimmed, read_trim(service, stream.number));
    auto live = std::make_shared<LiveStream>();
    live->stream = std::move(stream);
    live->trimmed = std::make_shared<std::atomic<std::uint64_t>>(trimmed);
    service.registry.put_stream(std::move(live));
  }
  std::vector<Table> tables;
  TRY_VOID(load_each(service, tables_prefix(), decode_table,
                     [&tables](Table table) { tables.push_back(std::move(table)); }));
  for (Table& table : tables) {
    auto sequencer = std::make_shared<Sequencer>();
    sequencer->version = table.version;
    if (table.stream) {
      TRY(sequencer->last_sequence, last_given(service, table.stream->number));
    }
    if (table.journal) {
      TRY(sequencer->last_journal, last_given(service, table.journal->number));
      sequencer->last_journal_time = table.journal->since;
      const std::string newest = change_key(table.journal->number, sequencer->last_journal);
      TRY(const auto record, service.deps.store.get(Family::kChanges, newest));
      if (record) {
        TRY(sequencer->last_journal_time, change_time(*record));
      }
    }
    service.registry.put_table(
        std::make_shared<LiveTable>(LiveTable{std::move(table), std::move(sequencer)}));
  }
  return {};
}

}  // namespace penstock::dynamodb
