// The loops of a lane, and what a restart does before they begin.
#include "services/firehose/lane.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/crash_points.h"
#include "base/limits.h"
#include "base/log.h"
#include "services/firehose/firehose.h"

namespace penstock::firehose {
namespace {

using std::chrono::microseconds;

constexpr microseconds kForever = std::chrono::hours(1);
constexpr std::uint64_t kEarlyCutBytes = 1 << 20;

// The records that no error object holds yet. What is missing from the source is missing from the
// front: retention takes the oldest first.
std::vector<SourceRecord> unsettled(const Plan& plan, std::vector<SourceRecord> records) {
  std::vector<std::uint32_t> held;
  for (const SettledErrors& errors : plan.errors) {
    held.insert(held.end(), errors.indices.begin(), errors.indices.end());
  }
  std::ranges::sort(held);
  const std::size_t gone = plan.records - std::min<std::size_t>(plan.records, records.size());
  std::vector<SourceRecord> left;
  for (std::size_t i = 0; i < records.size(); ++i) {
    records[i].index = static_cast<std::uint32_t>(gone + i);
    if (!std::ranges::binary_search(held, records[i].index)) left.push_back(std::move(records[i]));
  }
  return left;
}

// Records that the source no longer has and that no error object holds.
std::uint64_t lost_of(const Plan& plan, std::size_t found) {
  const std::size_t gone = plan.records - std::min<std::size_t>(plan.records, found);
  std::uint64_t held = 0;
  for (const SettledErrors& errors : plan.errors) {
    held += static_cast<std::uint64_t>(
        std::ranges::count_if(errors.indices, [gone](std::uint32_t i) { return i < gone; }));
  }
  return gone - std::min<std::uint64_t>(gone, held);
}

std::uint64_t bytes_of(const std::vector<SourceRecord>& records) {
  std::uint64_t bytes = 0;
  for (const SourceRecord& record : records) bytes += record.data.size();
  return bytes;
}

}  // namespace

Lane::Lane(Service& service, std::shared_ptr<LiveStream> stream, std::string name,
           std::unique_ptr<Source> source)
    : service_(service),
      stream_(std::move(stream)),
      name_(std::move(name)),
      key_(fmt::format("lane/{}/{}", stream_->id(), name_)),
      source_(std::move(source)) {}

Task<void> Lane::run(std::stop_token stop) {
  if (!co_await load(stop)) co_return;
  Gate loops;
  // The loops listen to `stop`, not to the gate: they end by it or when the lane is done.
  loops.spawn(Executor::current(), transform_loop(stop));
  loops.spawn(Executor::current(), settle_loop(stop));
  const bool recovered = co_await recover(stop);
  if (recovered) {
    loops.spawn(Executor::current(), cut_loop(stop));
    co_await read_loop(stop);
  }
  co_await loops.closed();
  finished_ = recovered && done();
  service_.buffered_bytes -= buffer_.bytes();
  service_.notifier.forget(key_);
}

Task<bool> Lane::load(std::stop_token stop) {
  for (int failures = 1;; ++failures) {
    const storage::Store* const store = &service_.deps.store;
    const std::uint64_t id = stream_->id();
    const std::string* const name = &name_;
    Result<Position> position = co_await run_blocking(
        service_.deps.runtime, [=] { return load_position(*store, id, *name); });
    if (position) {
      position_ = std::move(*position);
      next_plan_ = position_.next_plan;
      source_->seek(position_.after);
      show();
      co_return true;
    }
    log::error("firehose", "the position of a lane is not readable",
               {{"stream", stream_->arn()}, {"error", position.error().message}});
    co_await pause(failures, stop);
    if (stop.stop_requested()) co_return false;
  }
}

Task<bool> Lane::recover(std::stop_token stop) {
  const storage::Store* const store = &service_.deps.store;
  const std::uint64_t id = stream_->id();
  const std::string* const name = &name_;
  Result<std::vector<Plan>> plans =
      co_await run_blocking(service_.deps.runtime, [=] { return load_plans(*store, id, *name); });
  if (!plans) {
    // Going on would put records into other objects than those that were decided.
    log::error("firehose", "the plans of a lane are not readable",
               {{"stream", stream_->arn()}, {"error", plans.error().message}});
    ended_ = true;
    signal();
    co_return false;
  }
  for (Plan& plan : *plans) {
    next_plan_ = plan.number + 1;
    source_->seek(plan.to);
    if (!co_await redo(std::move(plan), stop)) co_return false;
  }
  co_return true;
}

Task<bool> Lane::redo(Plan plan, std::stop_token stop) {
  log::info("firehose", "a batch is done again",
            {{"stream", stream_->arn()}, {"key", plan.key}, {"from", plan.from}});
  for (int failures = 1;; ++failures) {
    protocol::ApiResult<std::vector<SourceRecord>> records =
        co_await source_->read_range(plan.from, plan.to);
    if (records) {
      Work work;
      work.lost = lost_of(plan, records->size());
      // The plan fixes where and how; the transform is the present one.
      auto settings = std::make_shared<Settings>(*stream_->settings());
      settings->bucket = plan.bucket;
      settings->compression = plan.compression;
      work.settings = std::move(settings);
      work.records =
          std::make_shared<const std::vector<SourceRecord>>(unsettled(plan, std::move(*records)));
      in_flight_oldest_.push_back(plan.oldest_millis);
      work.plan = std::move(plan);
      ++in_flight_;
      ++untransformed_;
      to_transform_.push_back(std::move(work));
      signal();
      co_return true;
    }
    report(service_, *stream_, *stream_->settings(),
           {"Source.ReadFailed", records.error().message, {}});
    co_await pause(failures, stop);
    if (stop.stop_requested()) co_return false;
  }
}

Task<void> Lane::read_loop(std::stop_token stop) {
  int failures = 0;
  while (!stop.stop_requested() && !ended_) {
    const std::uint64_t lane_seen = service_.notifier.version(key_);
    const CutRule rule = rule_for(*stream_->settings());
    if (buffer_.full(rule)) {
      co_await changed(lane_seen, kForever, stop);
      continue;
    }
    const std::uint64_t seen = source_->version();
    protocol::ApiResult<SourcePage> page = co_await source_->read();
    if (!page) {
      ++failures;
      if (page.error().code != "ExpiredIteratorException") {
        report(service_, *stream_, *stream_->settings(),
               {"Source.ReadFailed", page.error().message, {}});
      }
      co_await pause(failures, stop);
      continue;
    }
    failures = 0;
    behind_millis_ = page->behind_millis;
    if (page->ended) ended_ = true;
    if (page->records.empty()) {
      if (!ended_) co_await source_->wait_beyond(seen, kForever, stop);
      continue;
    }
    const Timestamp now = service_.deps.clock.now();
    std::uint64_t bytes = 0;
    stream_->counters.read_records += page->records.size();
    for (SourceRecord& record : page->records) {
      bytes += record.data.size();
      record.buffered = now;
      buffer_.add(std::move(record));
    }
    stream_->counters.read_bytes += bytes;
    service_.buffered_bytes += bytes;
    show();
    signal();
  }
  signal();
}

Task<void> Lane::cut_loop(std::stop_token stop) {
  while (!stop.stop_requested() && !done()) {
    const std::uint64_t seen = service_.notifier.version(key_);
    const std::shared_ptr<const Settings> settings = stream_->settings();
    std::optional<microseconds> due;
    if (in_flight_ < limits::kFirehoseBatchesInFlight) {
      due = buffer_.due_in(rule_for(*settings), service_.deps.clock.now(), untransformed_ == 0);
    }
    if (due && *due == microseconds(0)) {
      if (!co_await cut(settings, stop)) co_return;
    } else {
      co_await changed(seen, due.value_or(kForever), stop);
    }
  }
}

CutRule Lane::rule_for(const Settings& settings) const {
  CutRule rule;
  rule.bytes = settings.buffer_bytes;
  rule.records = limits::kFirehoseBatchRecordsMax;
  rule.immediate = settings.interval.count() == 0;
  rule.interval = rule.immediate ? std::chrono::duration_cast<microseconds>(service_.options.linger)
                                 : std::chrono::duration_cast<microseconds>(
                                       settings.interval / service_.options.interval_scale);
  // All lanes together hold too much: smaller objects rather than more memory.
  if (service_.buffered_bytes.load() > limits::kFirehoseBufferedBytesMax) {
    rule.bytes = std::min(rule.bytes, kEarlyCutBytes);
  }
  return rule;
}

Plan Lane::plan_for(const Settings& settings, const std::vector<SourceRecord>& records) {
  Plan plan;
  plan.number = next_plan_++;
  plan.from = records.front().sequence_number;
  plan.to = records.back().sequence_number;
  plan.records = static_cast<std::uint32_t>(records.size());
  plan.bytes = bytes_of(records);
  plan.oldest_millis = records.front().arrival_millis;
  plan.newest_millis = records.back().arrival_millis;
  plan.bucket = settings.bucket;
  plan.compression = settings.compression;
  const KeyParts parts{stream_->name(), settings.version,
                       Timestamp::from_millis(plan.oldest_millis), settings.extension};
  plan.key = object_key(settings.keys, parts, service_.deps.random);
  plan.error_key = error_object_key(settings.keys, parts, service_.deps.random);
  return plan;
}

Task<bool> Lane::cut(std::shared_ptr<const Settings> settings, std::stop_token stop) {
  std::vector<SourceRecord> records = buffer_.cut(rule_for(*settings));
  Work work;
  work.plan = plan_for(*settings, records);
  service_.buffered_bytes -= work.plan.bytes;
  ++in_flight_;
  ++untransformed_;
  in_flight_oldest_.push_back(work.plan.oldest_millis);
  storage::Batch batch;
  put_plan(batch, stream_->id(), name_, work.plan);
  const Status written = co_await service_.deps.store.commit(std::move(batch));
  if (!written) {
    // The store takes nothing until a restart, which begins at the durable position.
    log::error("firehose", "a batch could not be written down",
               {{"stream", stream_->arn()}, {"error", written.error().message}});
    co_return false;
  }
  crash_point("firehose.after_decide");
  if (stop.stop_requested()) co_return false;
  work.settings = std::move(settings);
  work.records = std::make_shared<const std::vector<SourceRecord>>(std::move(records));
  to_transform_.push_back(std::move(work));
  signal();
  co_return true;
}

Task<void> Lane::transform_loop(std::stop_token stop) {
  while (!stop.stop_requested() && !done()) {
    const std::uint64_t seen = service_.notifier.version(key_);
    if (to_transform_.empty()) {
      co_await changed(seen, kForever, stop);
      continue;
    }
    Work work = std::move(to_transform_.front());
    to_transform_.pop_front();
    work.outcome =
        co_await transform(service_, {stream_, work.settings, name_, work.records}, stop);
    if (work.outcome.stopped) co_return;
    --untransformed_;
    to_settle_.push_back(std::move(work));
    signal();
  }
}

Task<void> Lane::settle_loop(std::stop_token stop) {
  while (!stop.stop_requested() && !done()) {
    const std::uint64_t seen = service_.notifier.version(key_);
    if (to_settle_.empty()) {
      co_await changed(seen, kForever, stop);
      continue;
    }
    Work work = std::move(to_settle_.front());
    to_settle_.pop_front();
    if (!co_await settle(work, stop)) co_return;
    --in_flight_;
    in_flight_oldest_.pop_front();
    show();
    signal();
  }
}

Task<void> Lane::changed(std::uint64_t seen, microseconds timeout, std::stop_token stop) {
  // A millisecond at least: the clock may stand still between two looks at it.
  co_await service_.notifier.wait_beyond(key_, seen, std::max(timeout, microseconds(1000)), stop);
}

void Lane::signal() { service_.notifier.notify(key_); }

void Lane::show() {
  LaneView view;
  view.position = position_;
  view.buffered_records = buffer_.size();
  view.behind_millis = behind_millis_;
  view.oldest_pending_millis =
      in_flight_oldest_.empty() ? buffer_.oldest_millis() : in_flight_oldest_.front();
  stream_->show_lane(name_, std::move(view));
}

Task<void> Lane::pause(int failures, std::stop_token stop) {
  co_await sleep_for(retry_delay(service_, failures), stop);
}

}  // namespace penstock::firehose
