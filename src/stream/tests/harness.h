// A stream in memory that can be split and merged, a target that knows producers, and a reader
// between them that runs until a condition holds.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "async/gate.h"
#include "async/notifier.h"
#include "base/check.h"
#include "stream/follower.h"
#include "stream/shard_lane.h"

namespace penstock::stream {

inline constexpr const char* kArn = "arn:aws:kinesis:us-east-1:000000000000:stream/s";

// Iterators are "<shard>:<index>". Thread-safe.
class FakeSource final : public Source {
 public:
  struct Log {
    std::vector<std::string> parents;
    bool closed = false;
    std::size_t trimmed = 0;  // Records that are gone.
    std::vector<Record> records;
  };

  const std::string& arn() const override { return arn_; }

  protocol::Reply<std::vector<Shard>> shards() override {
    const std::scoped_lock lock(mutex_);
    std::vector<Shard> shards;
    if (gone) co_return protocol::refuse("ResourceNotFoundException", "gone");
    for (const auto& [id, log] : logs_) shards.push_back({id, log.parents, log.closed});
    co_return shards;
  }
  protocol::Reply<std::string> open(std::string shard, Position position) override {
    const std::scoped_lock lock(mutex_);
    ++opened;
    Log& log = logs_.at(shard);
    if (position.sequence.empty()) {
      std::size_t index = log.trimmed;
      while (position.start != "TRIM_HORIZON" && index < log.records.size() &&
             log.records[index].created < position.anchor) {
        ++index;
      }
      co_return shard + ":" + std::to_string(index);
    }
    std::size_t index = 0;
    while (index < log.records.size() &&
           !sequence_less(position.sequence, log.records[index].sequence)) {
      ++index;
    }
    if (index < log.trimmed && trims_are_errors) {
      co_return protocol::refuse("TrimmedDataAccessException", "trimmed");
    }
    co_return shard + ":" + std::to_string(std::max(index, log.trimmed));
  }
  protocol::Reply<std::string> open_at(std::string shard, std::string sequence) override {
    const std::scoped_lock lock(mutex_);
    Log& log = logs_.at(shard);
    std::size_t index = log.trimmed;
    while (index < log.records.size() && sequence_less(log.records[index].sequence, sequence)) {
      ++index;
    }
    co_return shard + ":" + std::to_string(index);
  }
  protocol::Reply<std::optional<std::string>> open_latest(std::string) override {
    co_return std::nullopt;
  }
  protocol::Reply<Page> read(std::string shard, std::string iterator, std::size_t limit) override {
    const std::scoped_lock lock(mutex_);
    if (expire_next > 0) {
      --expire_next;
      co_return protocol::refuse("ExpiredIteratorException", "expired");
    }
    const Log& log = logs_.at(shard);
    std::size_t index = std::stoul(iterator.substr(iterator.find(':') + 1));
    if (index < log.trimmed && trims_are_errors) {
      co_return protocol::refuse("TrimmedDataAccessException", "trimmed");
    }
    index = std::max(index, log.trimmed);
    Page page;
    while (index < log.records.size() && page.records.size() < std::min(limit, page_max.load())) {
      page.records.push_back(copy(log.records[index++], shard));
    }
    read_total += page.records.size();
    ++reads;
    if (!log.closed || index < log.records.size()) {
      page.next = shard + ":" + std::to_string(index);
    }
    co_return page;
  }

  void add_shard(std::string id, std::vector<std::string> parents = {}) {
    const std::scoped_lock lock(mutex_);
    logs_[id].parents = std::move(parents);
  }
  void close_shard(const std::string& id) {
    {
      const std::scoped_lock lock(mutex_);
      logs_.at(id).closed = true;
    }
    notifier.notify(protocol::arrivals_key(kArn, id));
  }
  void drop_shard(const std::string& id) {
    const std::scoped_lock lock(mutex_);
    logs_.erase(id);
  }
  void trim(const std::string& id, std::size_t count) {
    const std::scoped_lock lock(mutex_);
    logs_.at(id).trimmed = count;
  }
  // One record; its data is its number among all records, from 1.
  int put(const std::string& shard, const std::string& key, Timestamp created,
          std::size_t bytes = 0) {
    int number = 0;
    {
      const std::scoped_lock lock(mutex_);
      number = ++last_;
      kinesis::api::Record record;
      record.sequence_number = std::to_string(number);
      record.partition_key = key;
      record.approximate_arrival_timestamp = created;
      record.data.bytes = std::to_string(number) + std::string(bytes, ' ');
      logs_.at(shard).records.push_back(to_record(std::move(record), shard));
    }
    notifier.notify(protocol::arrivals_key(kArn, shard));
    return number;
  }
  std::vector<std::string> open_shards() {
    const std::scoped_lock lock(mutex_);
    std::vector<std::string> open;
    for (const auto& [id, log] : logs_) {
      if (!log.closed) open.push_back(id);
    }
    return open;
  }

  Notifier notifier;
  protocol::LocalArrivals arrivals{notifier};
  std::atomic<bool> gone{false};
  std::atomic<bool> trims_are_errors{false};
  std::atomic<int> expire_next{0};
  std::atomic<int> opened{0};
  std::atomic<std::size_t> read_total{0};
  std::atomic<int> reads{0};  // Pages.
  std::atomic<std::size_t> page_max{1'000};

 private:
  static Record copy(const Record& record, const std::string& shard) {
    return to_record(record.kinesis(), shard);
  }

  const std::string arn_ = kArn;
  std::mutex mutex_;
  std::map<std::string, Log> logs_;
  int last_ = 0;
};

// Keeps, like a Kinesis shard of this server, the highest position of each producer, and drops what
// is not beyond it. Thread-safe.
class FakeSink {
 public:
  struct Taken {
    int number;
    std::string key, shard, worker;
  };
  // False when it was a repetition.
  bool take(const std::string& producer, Taken taken) {
    const std::scoped_lock lock(mutex_);
    int& highest = highest_[producer];
    if (taken.number <= highest) return false;
    highest = taken.number;
    taken_.push_back(std::move(taken));
    changed_.notify_all();
    return true;
  }
  void give_up(int number, Reason reason, std::size_t together) {
    const std::scoped_lock lock(mutex_);
    given_up_.insert(number);
    reasons_.push_back(std::string(to_string(reason)) + " " + std::to_string(together));
    changed_.notify_all();
  }
  void note_call(std::size_t size) {
    const std::scoped_lock lock(mutex_);
    sizes_.push_back(size);
    changed_.notify_all();
  }
  template <typename Condition>
  bool wait(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), condition);
  }
  bool wait_for(std::size_t count) {
    return wait([&] { return taken_.size() + given_up_.size() >= count; });
  }
  bool wait_for_calls(std::size_t count) {
    return wait([&] { return sizes_.size() >= count; });
  }
  std::vector<int> numbers() {
    const std::scoped_lock lock(mutex_);
    std::vector<int> numbers;
    for (const Taken& taken : taken_) numbers.push_back(taken.number);
    return numbers;
  }
  std::vector<Taken> taken() {
    const std::scoped_lock lock(mutex_);
    return taken_;
  }
  std::set<int> given_up() {
    const std::scoped_lock lock(mutex_);
    return given_up_;
  }
  std::vector<std::string> reasons() {
    const std::scoped_lock lock(mutex_);
    return reasons_;
  }
  std::vector<std::size_t> sizes() {
    const std::scoped_lock lock(mutex_);
    return sizes_;
  }
  void forget_calls() {
    const std::scoped_lock lock(mutex_);
    sizes_.clear();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, int> highest_;
  std::vector<Taken> taken_;
  std::set<int> given_up_;  // Durable, as a consumer has to keep them.
  std::vector<std::string> reasons_;
  std::vector<std::size_t> sizes_;
};

struct Number final : Shaped {
  int number = 0;
};
inline int number_of(const Item& item) { return static_cast<const Number&>(*item.shaped).number; }

// What the target answers, by the numbers of the records; nothing: it takes them all.
using Answer = std::function<std::optional<Outcome>(const std::vector<int>& numbers)>;
// nullopt: the record passes.
using Admit = std::function<std::optional<Admission>(int number)>;

class FakeConsumer final : public Consumer {
 public:
  FakeConsumer(FakeSink& sink, std::string shard, std::string worker, Answer answer, Admit admit)
      : sink_(sink),
        shard_(std::move(shard)),
        worker_(std::move(worker)),
        answer_(std::move(answer)),
        admit_(std::move(admit)),
        given_up_(sink.given_up()) {}

  Admission admit(Record& record) override {
    Admission admission;
    const int number = std::stoi(record.sequence);
    if (given_up_.contains(number)) {
      admission.fate = Fate::kFailed;
      return admission;
    }
    if (admit_) {
      if (auto special = admit_(number)) return std::move(*special);
    }
    auto shaped = std::make_unique<Number>();
    shaped->number = number;
    admission.bytes = record.kinesis().data.bytes.size();
    admission.shaped = std::move(shaped);
    return admission;
  }

  Task<Outcome> deliver(Delivering delivering) override {
    std::vector<int> numbers;
    for (const Item* item : delivering.items) numbers.push_back(number_of(*item));
    sink_.note_call(numbers.size());
    co_await hop_to(Executor::current());  // Others may run meanwhile.
    if (delivering.stop.stop_requested() && answer_) {
      co_return Outcome::fault("the test ends");
    }
    Outcome outcome;
    if (answer_) {
      if (auto answer = answer_(numbers)) outcome = std::move(*answer);
    }
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      if (!taken(outcome, i)) continue;
      const Item& item = *delivering.items[i];
      sink_.take(shard_ + "/" + std::to_string(delivering.sub_lane.count) + "." +
                     std::to_string(delivering.sub_lane.index),
                 {numbers[i], item.record.kinesis().partition_key, shard_, worker_});
    }
    co_return outcome;
  }

  Task<Status> give_up(GivingUp giving_up) override {
    for (const Item* item : giving_up.items) {
      sink_.give_up(std::stoi(item->record.sequence), giving_up.reason, giving_up.items.size());
    }
    co_return Status();
  }

 private:
  static bool taken(const Outcome& outcome, std::size_t index) {
    switch (outcome.kind) {
      case Outcome::Kind::kDelivered: return true;
      case Outcome::Kind::kAllFailed: return false;
      case Outcome::Kind::kFailedFrom: return index < outcome.failed.front();
      case Outcome::Kind::kItemsFailed:
        return std::find(outcome.failed.begin(), outcome.failed.end(), index) ==
               outcome.failed.end();
    }
    return false;
  }

  FakeSink& sink_;
  const std::string shard_;
  const std::string worker_;
  const Answer answer_;
  const Admit admit_;
  const std::set<int> given_up_;
};

// One running reader; several of them may share a stream.
class Reader {
 public:
  struct Parts {
    Runtime& runtime;
    SimClock& clock;
    storage::Store& store;
    FakeSource& source;
    FakeSink& sink;
    LaneRules rules;
    Answer answer;
    Admit admit;
    std::string starting_position = "TRIM_HORIZON";
    std::string name = "reader";
    LeaseSetting leases = {};
  };
  explicit Reader(Parts parts) : parts_(std::move(parts)) {
    parts_.rules.retry.pause_first = std::chrono::milliseconds(1);
    parts_.rules.retry.pause_max = std::chrono::milliseconds(4);
    follower_ = std::make_shared<Follower>(
        FollowerSetting{parts_.name, parts_.runtime, parts_.store, parts_.clock, parts_.source,
                        stats, space, parts_.starting_position, std::nullopt,
                        parts_.rules.batch.sub_lanes, parts_.leases},
        [this](LaneStart start) { return run(std::move(start)); });
    follower_->start(gate_);
  }
  ~Reader() { gate_.close(); }

  bool begun() {
    block_on(parts_.runtime.loop(0), follower_->begun(std::chrono::seconds(10), {}));
    return load_positions(parts_.store, space)->has_value();
  }
  void stop() { gate_.close(); }

  ReaderStats stats;
  const PositionSpace space = PositionSpace::of_reader("reader");

 private:
  Task<Result<LaneEnd>> run(LaneStart start) {
    FakeConsumer consumer(parts_.sink, start.shard, parts_.name, parts_.answer, parts_.admit);
    co_return co_await run_shard_lane({parts_.source, parts_.source.arrivals, parts_.store,
                                       parts_.clock, stats, space, parts_.rules, parts_.name},
                                      std::move(start), consumer);
  }

  Parts parts_;
  std::shared_ptr<Follower> follower_;
  Gate gate_;
};

class Harness {
 public:
  Harness() {
    std::string path = (std::filesystem::temp_directory_path() / "stream-XXXXXX").string();
    CHECK(mkdtemp(path.data()) != nullptr);
    directory = path;
    store = storage::Store::open({.directory = directory}).value();
  }
  ~Harness() {
    store.reset();
    std::filesystem::remove_all(directory);
  }

  std::unique_ptr<Reader> reader(LaneRules rules = {}, Answer answer = {}, Admit admit = {},
                                 std::string start = "TRIM_HORIZON") {
    return std::make_unique<Reader>(Reader::Parts{runtime, clock, *store, source, sink,
                                                  std::move(rules), std::move(answer),
                                                  std::move(admit), std::move(start)});
  }
  // One of several workers on the stream.
  std::unique_ptr<Reader> worker(const std::string& name, std::shared_ptr<LeaseTable> table,
                                 LaneRules rules = {}, Answer answer = {}) {
    Reader::Parts parts{runtime, clock, *store, source, sink, std::move(rules), std::move(answer)};
    parts.name = name;
    parts.leases = {std::move(table), name, std::chrono::milliseconds(60)};
    return std::make_unique<Reader>(std::move(parts));
  }
  // Records 1.. on one shard, over ten keys.
  void put(const std::string& shard, int count, std::size_t bytes = 0) {
    for (int i = 0; i < count; ++i) {
      source.put(shard, "k" + std::to_string(i % 10), clock.now(), bytes);
    }
  }
  Positions positions() {
    return load_positions(*store, PositionSpace::of_reader("reader")).value().value_or(Positions{});
  }
  Counters counters() {
    Counters sum;
    for (const auto& [shard, position] : positions()) sum += position.counters;
    return sum;
  }
  // Until the durable counters say so, for at most ten seconds.
  bool wait_for_counters(const Counters& expected) {
    return wait_until([&] { return counters() == expected; });
  }
  template <typename Condition>
  static bool wait_until(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < deadline) {
      if (condition()) return true;
      std::this_thread::yield();
    }
    return false;
  }

  std::string directory;
  Runtime runtime{{.loops = 2, .blocking_threads = 2}};
  SimClock clock;
  FakeSource source;
  FakeSink sink;
  std::unique_ptr<storage::Store> store;
};

inline std::vector<int> numbers_upto(int last) {
  std::vector<int> numbers;
  for (int i = 1; i <= last; ++i) numbers.push_back(i);
  return numbers;
}

}  // namespace penstock::stream
