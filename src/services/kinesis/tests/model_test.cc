// A stream under random writes, splits, merges, changes of its shard count and of its retention,
// restarts and crashes, against a simple one in memory. A reader that takes children after their
// parents sees each record once and each key's records in order; it misses none that was within
// the retention all the time, and is shown none that is past it. Expectations: documented
// semantics; that a repeated append is dropped is our own promise.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <filesystem>
#include <set>

#include "services/kinesis/tests/harness.h"
#include "storage/tests/scratch.h"

namespace penstock::kinesis {
namespace {

struct Step {
  enum Kind {
    kPut,
    kRepeat,
    kSplit,
    kMerge,
    kScale,
    kRetention,
    kWait,
    kRead,
    kTrim,
    kReopen,
    kCrash
  };
  int kind = kPut;
  int which = 0;  // A shard, a count, a key: as the kind has it.
  int much = 0;
};

std::ostream& operator<<(std::ostream& out, const Step& s) {
  return out << "{kind " << s.kind << " " << s.which << " " << s.much << "}";
}

rc::Gen<Step> any_step() {
  return rc::gen::build<Step>(
      rc::gen::set(&Step::kind, rc::gen::weightedElement<int>({{16, Step::kPut},
                                                               {5, Step::kRepeat},
                                                               {5, Step::kSplit},
                                                               {5, Step::kMerge},
                                                               {2, Step::kScale},
                                                               {1, Step::kRetention},
                                                               {4, Step::kWait},
                                                               {10, Step::kRead},
                                                               {1, Step::kTrim},
                                                               {1, Step::kReopen},
                                                               {1, Step::kCrash}})),
      rc::gen::set(&Step::which, rc::gen::inRange(0, 1000)),
      rc::gen::set(&Step::much, rc::gen::inRange(0, 1000)));
}

// What the stream has to hold.
struct Written {
  std::string key;
  std::int64_t millis;
};

class History {
 public:
  History() { harness_.create("orders", 2); }

  void step(const Step& s) {
    switch (s.kind) {
      case Step::kPut: return put(s);
      case Step::kRepeat: return repeat();
      case Step::kSplit: return split(s);
      case Step::kMerge: return merge(s);
      case Step::kScale: return scale(s);
      case Step::kRetention: return change_retention(s);
      case Step::kWait: return wait(s);
      case Step::kRead: return read_round(1 + s.much % 7);
      case Step::kTrim: return harness_.keep_retention();
      case Step::kReopen: return harness_.reopen();
      default: return crash();
    }
  }

  void finish() {
    std::size_t before = 0;
    do {
      before = seen_.size() + finished_.size();
      read_round(10'000);
    } while (seen_.size() + finished_.size() != before);
    for (const auto& [data, written] : written_) {
      if (written.millis >= horizon_) RC_ASSERT(seen_.contains(data));
    }
  }

 private:
  using Requests = std::vector<api::PutRecordsRequestEntry>;

  void put(const Step& s) {
    last_.clear();
    last_positions_.clear();
    for (int i = 0; i <= s.much % 6; ++i) {
      const std::string number = std::to_string(100'000 + next_++);
      const std::string key = "key" + std::to_string((s.which + i) % 5);
      written_[number] = {key, harness_.clock.now().millis()};
      last_.push_back({Blob{number}, std::nullopt, key});
      last_positions_.push_back(number);
    }
    send();
  }

  // Of a producer that does not know whether its last request was carried out.
  void repeat() {
    if (!last_.empty()) send();
  }

  void send() {
    protocol::Context context = harness_.context;
    context.producer = protocol::Producer{"producer", last_positions_};
    api::PutRecordsInput input;
    input.stream_name = "orders";
    input.records = last_;
    const auto reply = harness_.run(put_records(*harness_.service, context, std::move(input)));
    RC_ASSERT(reply.has_value());
    RC_ASSERT(reply->failed_record_count == 0);
  }

  std::vector<api::Shard> open_shards() {
    std::vector<api::Shard> open;
    for (api::Shard& shard : harness_.shards("orders")) {
      if (!shard.sequence_number_range.ending_sequence_number) open.push_back(std::move(shard));
    }
    std::ranges::sort(open, {}, [](const api::Shard& shard) {
      return *parse_hash_key(shard.hash_key_range.starting_hash_key);
    });
    return open;
  }

  void split(const Step& s) {
    const std::vector<api::Shard> open = open_shards();
    if (open.size() > 10) return;
    const api::Shard& shard = open[static_cast<std::size_t>(s.which) % open.size()];
    const HashValue first = *parse_hash_key(shard.hash_key_range.starting_hash_key);
    const HashValue last = *parse_hash_key(shard.hash_key_range.ending_hash_key);
    const HashValue at = first + (last - first) / 1001 * static_cast<unsigned>(s.much + 1);
    const std::string outcome = harness_.split("orders", shard.shard_id, format_hash_key(at));
    const bool inside = at > first + 1 && at < last;
    RC_ASSERT(outcome.empty() == inside);
  }

  void merge(const Step& s) {
    const std::vector<api::Shard> open = open_shards();
    if (open.size() < 2) return;
    const std::size_t at = static_cast<std::size_t>(s.which) % (open.size() - 1);
    RC_ASSERT(harness_.merge("orders", open[at].shard_id, open[at + 1].shard_id).empty());
  }

  void scale(const Step& s) {
    const auto open = static_cast<int>(open_shards().size());
    const int target = 1 + s.much % 10;
    const std::string outcome = harness_.scale("orders", target);
    if (target > open * 2 || target * 2 < open) {
      RC_ASSERT(outcome.starts_with("LimitExceededException"));
    } else if (outcome.empty()) {
      RC_ASSERT(open_shards().size() == static_cast<std::size_t>(target));
    } else {
      RC_ASSERT(outcome.find("24-hour") != outcome.npos);
    }
  }

  void change_retention(const Step& s) {
    const int hours = 24 + s.much % 3 * 12;
    if (hours >= hours_) {
      api::IncreaseStreamRetentionPeriodInput input{"orders", hours, {}, {}};
      RC_ASSERT(harness_
                    .run(increase_stream_retention_period(*harness_.service, harness_.context,
                                                          std::move(input)))
                    .has_value());
    } else {
      api::DecreaseStreamRetentionPeriodInput input{"orders", hours, {}, {}};
      RC_ASSERT(harness_
                    .run(decrease_stream_retention_period(*harness_.service, harness_.context,
                                                          std::move(input)))
                    .has_value());
    }
    hours_ = hours;
    note_horizon();
  }

  void wait(const Step& s) {
    constexpr std::chrono::minutes kSteps[] = {std::chrono::minutes(1), std::chrono::minutes(10),
                                               std::chrono::hours(3), std::chrono::hours(13)};
    harness_.clock.advance(kSteps[s.much % 4]);
    note_horizon();
  }

  std::int64_t oldest() const {
    return (harness_.clock.now() - std::chrono::hours(hours_)).millis();
  }
  void note_horizon() { horizon_ = std::max(horizon_, oldest()); }

  // A page of each shard whose parents are finished, or forgotten.
  void read_round(int limit) {
    const std::vector<api::Shard> shards = harness_.shards("orders");
    std::set<std::string> listed;
    for (const api::Shard& shard : shards) listed.insert(shard.shard_id);
    for (const api::Shard& shard : shards) {
      const auto done = [&](const std::optional<std::string>& parent) {
        return !parent || finished_.contains(*parent) || !listed.contains(*parent);
      };
      if (finished_.contains(shard.shard_id)) continue;
      if (done(shard.parent_shard_id) && done(shard.adjacent_parent_shard_id)) {
        read_page(shard, limit);
      }
    }
  }

  void read_page(const api::Shard& shard, int limit) {
    std::string& last = read_up_to_[shard.shard_id];
    const std::string iterator =
        last.empty() ? harness_.iterator("orders", shard.shard_id, "TRIM_HORIZON")
                     : harness_.iterator("orders", shard.shard_id, "AFTER_SEQUENCE_NUMBER", last);
    const auto page = harness_.get(iterator, limit);
    RC_ASSERT(page.has_value());
    for (const api::Record& record : page->records) {
      RC_ASSERT(record.sequence_number > last);
      last = record.sequence_number;
      take(record);
    }
    const bool closed = shard.sequence_number_range.ending_sequence_number.has_value();
    if (page->next_shard_iterator) return;
    RC_ASSERT(closed);
    RC_ASSERT(!page->child_shards->empty());
    finished_.insert(shard.shard_id);
  }

  void take(const api::Record& record) {
    const std::string& data = record.data.bytes;
    RC_ASSERT(seen_.insert(data).second);
    const auto written = written_.find(data);
    RC_ASSERT(written != written_.end());
    RC_ASSERT(written->second.key == record.partition_key);
    RC_ASSERT(written->second.millis == record.approximate_arrival_timestamp->millis());
    RC_ASSERT(written->second.millis >= oldest());
    std::string& newest = newest_of_[record.partition_key];
    RC_ASSERT(newest < data);
    newest = data;
  }

  // What is on the disk at this moment is what a kill -9 leaves.
  void crash() {
    const std::string left = harness_.directory + "-left";
    storage::testing::copy_live(harness_.directory, left);
    harness_.close();
    std::filesystem::remove_all(harness_.directory);
    std::filesystem::rename(left, harness_.directory);
    harness_.open();
  }

  // A kill, unlike a power cut, takes nothing that was written, synced or not.
  Harness harness_{storage::Durability::kNone};
  int hours_ = 24;
  std::int64_t horizon_ = 0;  // What arrived before may be missed.
  long next_ = 0;
  Requests last_;
  std::vector<std::string> last_positions_;
  std::map<std::string, Written> written_;         // By data.
  std::map<std::string, std::string> read_up_to_;  // By shard.
  std::map<std::string, std::string> newest_of_;   // By key.
  std::set<std::string> finished_;
  std::set<std::string> seen_;
};

TEST(KinesisModel, AReaderSeesEachRecordOnceAndInOrder) {
  EXPECT_TRUE(rc::check("agrees with the model", [] {
    const auto steps = *rc::gen::container<std::vector<Step>>(any_step());
    History run;
    for (const Step& step : steps) run.step(step);
    run.finish();
  }));
}

// Longer than RapidCheck's cases grow, so that there are generations of shards.
TEST(KinesisModel, LongRunsAgree) {
  EXPECT_TRUE(rc::check("agrees over hundreds of steps", [] {
    const auto seed = *rc::gen::inRange(0, 1'000'000);
    if (*rc::gen::inRange(0, 12) != 0) return;  // One case in 12: they are long.
    const auto steps = rc::gen::container<std::vector<Step>>(300, any_step())(
                           rc::Random(static_cast<std::uint64_t>(seed)), 100)
                           .value();
    History run;
    for (const Step& step : steps) run.step(step);
    run.finish();
  }));
}

}  // namespace
}  // namespace penstock::kinesis
