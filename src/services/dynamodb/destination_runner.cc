// Delivering a table's journal to its Kinesis destination: one runner per destination that is
// alive. It waits for what is announced and asks for nothing at intervals; only a stream that
// refuses is tried again after a pause.
#include <fmt/format.h>

#include "async/runners.h"
#include "base/log.h"
#include "gen/kinesis/client.h"
#include "services/dynamodb/destination.h"
#include "services/dynamodb/journal.h"
#include "services/dynamodb/keys.h"
#include "services/dynamodb/tables.h"
#include "storage/key.h"

namespace penstock::dynamodb {
namespace {

using storage::Family;

constexpr std::size_t kRecordsPerPut = 500;          // Of one PutRecords.
constexpr std::size_t kStoredBytesPerPut = 1 << 20;  // As stored; JSON with base64 is less than 4x.
constexpr std::chrono::milliseconds kPauseMin{100};
constexpr std::chrono::milliseconds kPauseMax{30'000};
constexpr std::chrono::hours kWaitMax{24};

std::string wake_key(std::uint32_t destination_number) {
  return fmt::format("destination/{}", destination_number);
}

struct DestinationRecord {
  std::uint64_t sequence = 0;
  kinesis::api::PutRecordsRequestEntry entry;
};

struct DestinationView {
  TablePtr live;
  TableDestinations destinations;
  Destination destination;
};

class DestinationRunner {
 public:
  DestinationRunner(Service& service, std::uint32_t table_number, Place place, std::string table,
                    std::uint32_t number)
      : service_(service),
        table_number_(table_number),
        place_(std::move(place)),
        table_(std::move(table)),
        number_(number),
        position_(service.destinations->position(number)),
        stop_(service.gate.stop_token()) {}

  Task<Status> run();

 private:
  std::optional<DestinationView> view() const;
  Task<bool> step(DestinationView now, std::uint64_t seen_changes, std::uint64_t seen_state);
  Task<void> enable(Destination destination);
  Task<bool> put(const Destination& destination, std::vector<DestinationRecord> records);
  Task<bool> put_once(const Destination& destination, std::vector<DestinationRecord>& records);
  Task<Status> change_state(DestinationStatus status, std::string description);
  Task<Status> close_unused_journal();
  Result<std::vector<DestinationRecord>> read(std::uint32_t journal, std::uint64_t until,
                                              bool in_microseconds) const;
  protocol::Context context() const;

  Service& service_;
  const std::uint32_t table_number_;
  const Place place_;
  const std::string table_;
  const std::uint32_t number_;
  std::uint64_t position_;
  std::chrono::milliseconds pause_ = kPauseMin;
  const std::stop_token stop_;
};

protocol::Context DestinationRunner::context() const {
  protocol::Context context;
  context.account = place_.account;
  context.region = place_.region;
  // The service-linked role that AWS uses for this.
  context.principal_arn = fmt::format(
      "arn:aws:iam::{}:role/aws-service-role/kinesisreplication.dynamodb.amazonaws.com/"
      "AWSServiceRoleForDynamoDBKinesisDataStreamsReplication",
      place_.account);
  return context;
}

// nullopt: the table or the destination is gone, or is not to be delivered to any more.
std::optional<DestinationView> DestinationRunner::view() const {
  TablePtr live = service_.registry.find_table(place_.account, place_.region, table_);
  if (live == nullptr || live->table.number != table_number_) return std::nullopt;
  auto destinations = service_.destinations->of(table_number_);
  if (!destinations) return std::nullopt;
  for (const Destination& one : destinations->all) {
    if (one.number != number_) continue;
    if (!one.is_alive()) return std::nullopt;
    Destination found = one;
    return DestinationView{std::move(live), std::move(*destinations), std::move(found)};
  }
  return std::nullopt;
}

Task<Status> DestinationRunner::run() {
  while (!stop_.stop_requested()) {
    const std::uint64_t seen_state = service_.notifier.version(wake_key(number_));
    auto now = view();
    if (!now || !now->live->table.journal) break;
    const std::uint64_t seen = service_.notifier.version(now->live->table.journal->arrivals_key);
    if (!co_await step(std::move(*now), seen, seen_state)) break;
  }
  co_return Status();
}

// False: there is nothing more to do.
Task<bool> DestinationRunner::step(DestinationView now, std::uint64_t seen_changes,
                                   std::uint64_t seen_state) {
  const Destination& destination = now.destination;
  if (destination.status == DestinationStatus::kEnabling) {
    co_await enable(destination);
    co_return true;
  }
  if (destination.status == DestinationStatus::kUpdating) {
    co_return (co_await change_state(DestinationStatus::kActive, "")).has_value();
  }
  const bool ending = destination.status == DestinationStatus::kDisabling;
  const std::uint64_t until = ending ? destination.until : UINT64_MAX;
  if (position_ < destination.after) position_ = destination.after;
  auto records = co_await run_blocking(service_.deps.runtime,
                                       [this, journal = now.live->table.journal->number, until,
                                        in_microseconds = destination.in_microseconds] {
                                         return read(journal, until, in_microseconds);
                                       });
  if (!records) {
    log::error("dynamodb", "a journal could not be read",
               {{"table", table_}, {"error", records.error().message}});
    co_await sleep_for(kPauseMax, stop_);
    co_return true;
  }
  if (records->empty() && ending) {
    (void)co_await change_state(DestinationStatus::kDisabled, "");
    (void)co_await close_unused_journal();
    co_return false;
  }
  if (records->empty()) {
    co_await service_.notifier.wait_beyond(now.live->table.journal->arrivals_key, seen_changes,
                                           kWaitMax, stop_);
    co_return true;
  }
  if (co_await put(destination, std::move(*records))) {
    pause_ = kPauseMin;
    co_return true;
  }
  if (ending) {
    // The stream takes nothing, and nobody waits for it any more.
    (void)co_await change_state(DestinationStatus::kDisabled, "");
    (void)co_await close_unused_journal();
    co_return false;
  }
  co_await service_.notifier.wait_beyond(wake_key(number_), seen_state, pause_, stop_);
  pause_ = std::min(pause_ * 2, kPauseMax);
  co_return true;
}

Task<void> DestinationRunner::enable(Destination destination) {
  const std::string prefix =
      fmt::format("arn:aws:kinesis:{}:{}:stream/", place_.region, place_.account);
  std::string problem;
  if (!destination.stream_arn.starts_with(prefix)) {
    problem = "The stream ARN is not of this account and region";
  } else {
    kinesis::api::DescribeStreamSummaryInput input;
    input.stream_arn = destination.stream_arn;
    const auto reply = co_await kinesis::Client(*service_.deps.kinesis)
                           .describe_stream_summary(context(), std::move(input));
    if (!reply && reply.error().status >= 500) {
      co_await sleep_for(pause_, stop_);
      pause_ = std::min(pause_ * 2, kPauseMax);
      co_return;
    }
    if (!reply) problem = reply.error().message;
  }
  pause_ = kPauseMin;
  const Status changed = co_await change_state(
      problem.empty() ? DestinationStatus::kActive : DestinationStatus::kEnableFailed, problem);
  if (!changed) co_await sleep_for(kPauseMax, stop_);
  if (!problem.empty()) (void)co_await close_unused_journal();
}

Result<std::vector<DestinationRecord>> DestinationRunner::read(std::uint32_t journal,
                                                               std::uint64_t until,
                                                               bool in_microseconds) const {
  std::vector<DestinationRecord> records;
  std::size_t bytes = 0;
  Status status;
  TRY_VOID(service_.deps.store.scan(
      Family::kChanges, change_key(journal, position_ + 1),
      storage::prefix_end(changes_prefix(journal)),
      [&](std::string_view key, std::string_view value) {
        const auto sequence = sequence_of(key);
        const auto change = decode_change(value);
        if (!sequence || !change) {
          status = fail(ErrorKind::kCorrupt, "a stored change does not decode");
          return storage::Next::kStop;
        }
        if (*sequence > until) return storage::Next::kStop;
        DestinationRecord record{*sequence, {}};
        record.entry.partition_key = destination_partition_key(*change);
        record.entry.data.bytes = destination_record(
            place_, table_, *change, make_event_id(journal, *sequence), in_microseconds);
        bytes += value.size();
        records.push_back(std::move(record));
        return records.size() < kRecordsPerPut && bytes < kStoredBytesPerPut
                   ? storage::Next::kContinue
                   : storage::Next::kStop;
      }));
  if (!status) return std::unexpected(status.error());
  return records;
}

Task<bool> DestinationRunner::put(const Destination& destination,
                                  std::vector<DestinationRecord> records) {
  const std::uint64_t last = records.back().sequence;
  if (!co_await put_once(destination, records)) {
    // One record that is too large must not hold up the others for ever.
    for (DestinationRecord& record : records) {
      std::vector<DestinationRecord> one;
      one.push_back(std::move(record));
      if (!co_await put_once(destination, one)) co_return false;
    }
  }
  position_ = last;
  service_.destinations->set_position(number_, last);
  storage::Batch batch;
  batch.put(Family::kPositions, destination_position_key(number_),
            storage::ValueWriter(1).u64(last).take());
  const Status stored = co_await service_.deps.store.commit(std::move(batch));
  co_return stored.has_value();
}

// Whether Kinesis has all of them, or will never take the only one.
Task<bool> DestinationRunner::put_once(const Destination& destination,
                                       std::vector<DestinationRecord>& records) {
  kinesis::api::PutRecordsInput input;
  input.stream_arn = destination.stream_arn;
  protocol::Context caller = context();
  caller.producer.emplace().id = fmt::format("dynamodb/{:08x}", number_);
  for (const DestinationRecord& record : records) {
    caller.producer->positions.push_back(storage::KeyWriter(0).u64(record.sequence).take());
    input.records.push_back(record.entry);
  }
  const auto reply =
      co_await kinesis::Client(*service_.deps.kinesis).put_records(caller, std::move(input));
  if (reply && reply->failed_record_count.value_or(0) == 0) co_return true;
  if (reply) co_return false;
  const std::string& code = reply.error().code;
  const bool refused = code == "ValidationException" || code == "InvalidArgumentException";
  if (refused && records.size() == 1) {
    log::error(
        "dynamodb", "a change cannot be delivered",
        {{"table", table_}, {"stream", destination.stream_arn}, {"error", reply.error().message}});
    co_return true;
  }
  if (pause_ == kPauseMin) {
    log::warning(
        "dynamodb", "changes could not be delivered",
        {{"table", table_}, {"stream", destination.stream_arn}, {"error", reply.error().message}});
  }
  co_return false;
}

Task<Status> DestinationRunner::change_state(DestinationStatus status, std::string description) {
  const auto turn = co_await service_.control_turns.enter(hash_bytes(table_key(place_, table_)));
  auto now = view();
  if (!now) co_return Status();
  // What was asked for in the meantime stays.
  const bool may_change = status != DestinationStatus::kActive ||
                          now->destination.status != DestinationStatus::kDisabling;
  if (!may_change) co_return Status();
  Destination* const one = now->destinations.find(now->destination.stream_arn);
  one->status = status;
  one->description = std::move(description);
  storage::Batch batch;
  batch.put(Family::kMeta, destinations_key(table_number_), encode_destinations(now->destinations));
  CO_TRY_VOID(co_await service_.deps.store.commit(std::move(batch)));
  service_.destinations->set(table_number_, std::move(now->destinations));
  co_return Status();
}

Task<Status> DestinationRunner::close_unused_journal() {
  const auto turn = co_await service_.control_turns.enter(hash_bytes(table_key(place_, table_)));
  const TablePtr live = service_.registry.find_table(place_.account, place_.region, table_);
  if (live == nullptr || live->table.number != table_number_ || !live->table.journal) {
    co_return Status();
  }
  if (needs_journal(service_, live->table)) co_return Status();
  Table next = live->table;
  close_journal(next);
  co_return co_await change_table(service_, live, std::move(next), {}, nullptr);
}

// Owns the runner for as long as it runs.
Task<Status> run_destination(Service& service, std::uint32_t table_number, Place place,
                             std::string table, std::uint32_t number) {
  DestinationRunner runner(service, table_number, std::move(place), std::move(table), number);
  co_return co_await runner.run();
}

Result<std::uint64_t> read_position(Service& service, const Destination& destination) {
  TRY(const auto value,
      service.deps.store.get(Family::kPositions, destination_position_key(destination.number)));
  if (!value) return destination.after;
  storage::ValueReader in(*value);
  in.version();
  const std::uint64_t position = in.u64();
  if (!in.done()) return fail(ErrorKind::kCorrupt, "a stored position does not decode");
  return position;
}

}  // namespace

std::optional<std::uint64_t> destinations_need(const Service& service, const Table& table) {
  const auto destinations = service.destinations->of(table.number);
  const Destination* const alive = destinations ? destinations->alive() : nullptr;
  if (alive == nullptr) return std::nullopt;
  return std::max(service.destinations->position(alive->number), alive->after) + 1;
}

Status load_destinations(Service& service) {
  const std::string prefix = destinations_prefix();
  std::vector<std::pair<std::string, std::string>> found;
  TRY_VOID(service.deps.store.scan(Family::kMeta, prefix, storage::prefix_end(prefix),
                                   [&found](std::string_view key, std::string_view value) {
                                     found.emplace_back(key, value);
                                     return storage::Next::kContinue;
                                   }));
  for (const auto& [key, value] : found) {
    storage::KeyReader reader(std::string_view(key).substr(prefix.size()));
    const auto number = reader.u32();
    TRY(TableDestinations destinations, decode_destinations(value));
    if (!number) return fail(ErrorKind::kCorrupt, "a key of Kinesis destinations does not decode");
    for (const Destination& one : destinations.all) {
      TRY(const std::uint64_t position, read_position(service, one));
      service.destinations->set_position(one.number, position);
    }
    service.destinations->set(*number, std::move(destinations));
  }
  return {};
}

void start_destinations(Service& service) {
  for (const auto& [table_number, destinations] : service.destinations->all()) {
    const Destination* const alive = destinations.alive();
    if (alive == nullptr) continue;
    start_destination(service, table_number, destinations.place, destinations.table, alive->number);
  }
}

void start_destination(Service& service, std::uint32_t table_number, const Place& place,
                       std::string table, std::uint32_t destination_number) {
  if (service.deps.kinesis == nullptr) return;
  Runtime& runtime = service.deps.runtime;
  std::string name = fmt::format("{}/kinesis/{}", table_arn(place, table), destination_number);
  runtime.runners().start(service.gate, runtime.next_loop(), std::move(name),
                          [&service, table_number, place, table, destination_number] {
                            return run_destination(service, table_number, place, table,
                                                   destination_number);
                          });
}

void erase_destinations(Service& service, const Table& table, storage::Batch& batch) {
  const auto destinations = service.destinations->of(table.number);
  if (!destinations) return;
  batch.erase(Family::kMeta, destinations_key(table.number));
  for (const Destination& one : destinations->all) {
    batch.erase(Family::kPositions, destination_position_key(one.number));
  }
}

void wake_destination(Service& service, std::uint32_t destination_number) {
  service.notifier.notify(wake_key(destination_number));
}

}  // namespace penstock::dynamodb
