// Reading pages into the buffer and cutting batches out of it.
#include "stream/shard_reader.h"

#include <algorithm>

#include "async/executor.h"

namespace penstock::stream {
namespace {

// An idle reader asks this often, so that its iterator stays valid.
constexpr std::chrono::seconds kIdle{20};
constexpr std::chrono::milliseconds kBehindPause{200};
constexpr std::chrono::milliseconds kPauseFirst{100};
constexpr std::size_t kAheadRecordsLeast = 2'000;
// Then the lane's deliveries, on the same executor, have their turn.
constexpr std::size_t kTakenAtOnce = 50;
// A record may get into its shard a moment after the time that it bears.
constexpr std::chrono::seconds kLateRecords{2};

}  // namespace

ShardReader::ShardReader(Setting setting, std::string shard, Position position,
                         std::string iterator)
    : setting_(std::move(setting)),
      arrivals_key_(protocol::arrivals_key(setting_.source.arn(), shard)),
      cursor_(setting_.source, setting_.reader, std::move(shard), position, std::move(iterator)),
      position_(std::move(position)),
      queues_(sub_lanes_most()),
      lanes_stored_(position_.lanes) {}

std::uint32_t ShardReader::sub_lanes_most() const {
  return std::max(position_.lanes, setting_.rules.sub_lanes);
}

Task<bool> ShardReader::read(std::stop_token stop) {
  if (stop.stop_requested()) co_return false;
  const std::uint64_t changed = changed_.version("");
  divide();
  if (full()) {
    co_await changed_.wait_beyond("", changed, kIdle, stop);
    co_return true;
  }
  // Before looking, so as to miss nothing.
  const std::uint64_t seen = setting_.arrivals.version(arrivals_key_);
  auto pull = co_await cursor_.pull(limits::kStreamPageRecords);
  if (!pull) {
    ++setting_.stats.source_errors;
    setting_.stats.set_error(pull.error().code + ": " + pull.error().message);
    co_await pause(stop);
    co_return true;
  }
  failures_in_a_row_ = 0;
  const bool empty = pull->records.empty();
  if (!co_await take(std::move(pull->records), stop)) co_return false;
  ended_ = pull->ended;
  tip_seen_ = tip_seen_ || pull->idle;
  tip_ = pull->idle ? std::optional(seen) : std::nullopt;
  divide();
  signal();
  if (ended_) co_return false;
  if (pull->idle) {
    co_await setting_.arrivals.wait_beyond(arrivals_key_, seen, kIdle, stop);
  } else if (empty) {
    // AWS answers empty pages on the way to what is there: ask again, but not without a pause.
    co_await sleep_for(kBehindPause, stop);
  } else {
    co_await hop_to(Executor::current());  // Let the batch go before more is read.
  }
  co_return true;
}

Task<void> ShardReader::pause(std::stop_token stop) {
  const int doublings = std::min(failures_in_a_row_++, 8);
  co_await sleep_for(kPauseFirst * (std::int64_t{1} << doublings), stop);
}

Task<bool> ShardReader::take(std::vector<Record> records, std::stop_token stop) {
  std::size_t taken = 0;
  for (Record& record : records) {
    if (taken > 0 && taken % kTakenAtOnce == 0) {
      signal();
      co_await hop_to(Executor::current());
      if (stop.stop_requested()) co_return false;
    }
    ++taken;
    ++taken_;
    Admission admission = setting_.consumer.admit(record);
    add(std::move(record), std::move(admission));
  }
  co_return true;
}

void ShardReader::add(Record record, Admission admission) {
  const std::uint64_t index = progress_.add(record.sequence, admission.fate);
  if (admission.fate != Fate::kPending) return;
  Queue& queue = queues_[record.key_hash % position_.lanes];
  if (queue.items.empty()) queue.since = setting_.clock.monotonic();
  Item item;
  item.bytes = admission.bytes;
  item.shaped = std::move(admission.shaped);
  item.problem = std::move(admission.problem);
  item.index = index;
  queue.bytes += item.bytes;
  bytes_ += std::max(item.bytes, record.bytes);
  item.record = std::move(record);
  queue.items.push_back(std::move(item));
}

bool ShardReader::full() const {
  const BatchRules& rules = setting_.rules;
  if (dividing() && taken_ >= limits::kStreamAheadRecords && !progress_.empty()) return true;
  const std::size_t lanes = sub_lanes_most();
  const std::size_t records_most = std::clamp<std::size_t>(
      2 * rules.records_max * lanes, kAheadRecordsLeast, limits::kStreamAheadRecords);
  return progress_.outstanding() >= records_most || bytes_ >= rules.payload_max * (lanes + 1);
}

bool ShardReader::crosses_window(const Queue& queue) const {
  if (setting_.rules.tumbling.count() == 0 || queue.items.empty()) return false;
  const std::int64_t first = window_of(queue.items.front().record.created);
  // Nothing more can come into the window of the first.
  return window_of(queue.items.back().record.created) > first ||
         window_of(setting_.clock.now()) > first;
}

std::optional<std::chrono::microseconds> ShardReader::closing_in() const {
  const std::optional<Timestamp> deadline = setting_.consumer.deadline();
  if (!deadline) return std::nullopt;
  if (ended_) return std::chrono::microseconds(0);
  const auto left = *deadline + kLateRecords - setting_.clock.now();
  const bool all_seen = tip_ && setting_.arrivals.version(arrivals_key_) == *tip_;
  // What comes wakes the reader, and this is asked again.
  return left.count() > 0 || all_seen ? left : kIdle;
}

bool ShardReader::due(const Queue& queue) const {
  return !queue.items.empty() && due_in(queue).count() <= 0;
}

std::chrono::microseconds ShardReader::due_in(const Queue& queue) const {
  const BatchRules& rules = setting_.rules;
  if (queue.items.empty()) return kIdle;
  const bool now = ended_ || rules.window.count() == 0 || queue.items.size() >= rules.records_max ||
                   queue.bytes >= rules.payload_max || full() || crosses_window(queue);
  if (now) return std::chrono::microseconds(0);
  return queue.since + rules.window - setting_.clock.monotonic();
}

Task<std::optional<std::vector<Item>>> ShardReader::next_batch(std::uint32_t sub_lane,
                                                               std::stop_token stop) {
  while (!stop.stop_requested()) {
    const std::uint64_t changed = changed_.version("");
    Queue& queue = queues_[sub_lane];
    if (due(queue)) co_return cut(queue);
    const bool closes = sub_lane == 0 && queue.items.empty();  // There is only one, with windows.
    const auto closing = closes ? closing_in() : std::nullopt;
    if (closing && closing->count() <= 0) co_return std::vector<Item>();
    if (ended_) break;
    // A millisecond at least: the clock may stand still between two looks at it.
    const auto timeout = std::clamp<std::chrono::microseconds>(
        std::min(due_in(queue), closing.value_or(kIdle)), std::chrono::milliseconds(1), kIdle);
    co_await changed_.wait_beyond("", changed, timeout, stop);
  }
  co_return std::nullopt;
}

std::vector<Item> ShardReader::cut(Queue& queue) {
  const BatchRules& rules = setting_.rules;
  std::vector<Item> batch;
  batch.reserve(std::min(rules.records_max, queue.items.size()));
  std::size_t bytes = 0;
  while (!queue.items.empty() && batch.size() < rules.records_max) {
    Item& next = queue.items.front();
    if (!batch.empty() && bytes + next.bytes > rules.payload_max) break;
    if (!batch.empty() && rules.tumbling.count() > 0 &&
        window_of(next.record.created) > window_of(batch.front().record.created)) {
      break;
    }
    bytes += next.bytes;
    batch.push_back(std::move(next));
    queue.items.pop_front();
  }
  queue.bytes -= bytes;
  queue.since = setting_.clock.monotonic();
  return batch;
}

void ShardReader::settle(const std::vector<Item>& batch) {
  for (const Item& item : batch) {
    progress_.settle(item.index, item.fate);
    if (item.fate != Fate::kPending) bytes_ -= std::max(item.bytes, item.record.bytes);
  }
  signal();
}

bool ShardReader::advance() {
  const Counters counted = progress_.advance(position_);
  setting_.stats.add(counted);
  if (counted.read == 0 && position_.lanes == lanes_stored_) return false;
  lanes_stored_ = position_.lanes;
  return true;
}

void ShardReader::divide() {
  if (!dividing() || !progress_.empty()) return;
  if (!tip_seen_ && taken_ < limits::kStreamAheadRecords) return;
  position_.lanes = setting_.rules.sub_lanes;
}

}  // namespace penstock::stream
