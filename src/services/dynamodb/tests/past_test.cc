// The journal, the past of a table, and point-in-time recovery's settings. The model test deduces
// its expectations from copies of the table kept by the test; wording and defaults are recorded.
#include "services/dynamodb/past.h"

#include <gtest/gtest.h>

#include "services/dynamodb/journal.h"
#include "services/dynamodb/keys.h"
#include "services/dynamodb/tests/harness.h"
#include "storage/key.h"

namespace penstock::dynamodb {
namespace {

using storage::Next;
using State = std::map<std::string, std::string>;  // Item by hash key, both as JSON.

struct PastHarness : Harness {
  PastHarness() { create(); }

  std::string recover(bool enabled, const std::string& more = "") {
    return call("UpdateContinuousBackups",
                std::string(R"({"TableName":"tbl","PointInTimeRecoverySpecification":)") +
                    R"({"PointInTimeRecoveryEnabled":)" + (enabled ? "true" : "false") + more +
                    "}}");
  }
  TablePtr live() { return service->registry.find_table(context.account, context.region, "tbl"); }
  std::uint64_t position(Timestamp at) {
    const auto found = journal_position(*service, live()->table.journal->number, at);
    EXPECT_TRUE(found.has_value());
    return found.value_or(0);
  }
  // The items at the position; stops and goes on after each `batch` items.
  State items_at(std::uint64_t position, PastOptions options, std::size_t batch) {
    State state;
    PastItems past(*service, past_source(live()->table), position, options);
    std::string last;
    while (true) {
      std::size_t seen = 0;
      const auto more = past.read([&](std::string_view key, std::string_view item) {
        EXPECT_LT(last, key);
        last = key;
        const auto decoded = decode_item(item);
        EXPECT_TRUE(decoded.has_value());
        state[decoded->find("h")->scalar()] = json_of(*decoded);
        return ++seen < batch ? Next::kContinue : Next::kStop;
      });
      EXPECT_TRUE(more.has_value());
      if (!more || !*more) return state;
    }
  }
  std::size_t records() {
    std::size_t count = 0;
    EXPECT_TRUE(walk_journal(*service, live()->table.journal->number, 0,
                             std::numeric_limits<std::uint64_t>::max(),
                             [&count](std::uint64_t, const ChangeDraft&) {
                               ++count;
                               return Next::kContinue;
                             })
                    .has_value());
    return count;
  }
};

struct Moment {
  Timestamp time;
  State state;
};

// Random writes with the clock moving, and the state at each moment.
std::vector<Moment> write_history(PastHarness& harness, State state, int moments) {
  std::vector<Moment> history;
  for (int i = 0; i < moments; ++i) {
    const int writes = static_cast<int>(harness.random->below(6));
    for (int n = 0; n < writes; ++n) {
      const std::string h = "k" + std::to_string(harness.random->below(12));
      if (harness.random->below(3) == 0) {
        harness.call("DeleteItem", R"({"TableName":"tbl","Key":{"h":{"S":")" + h + R"("}}})");
        state.erase(h);
      } else {
        const std::string item = R"({"h":{"S":")" + h + R"("},"n":{"N":")" +
                                 std::to_string(harness.random->below(4)) + R"("}})";
        EXPECT_EQ(harness.put(item), "{}");
        state[h] = item;
      }
    }
    history.push_back({harness.clock.now(), state});
    harness.clock.advance(std::chrono::seconds(10));
  }
  return history;
}

TEST(Past, IsWhatTheTableWasAtEveryMoment) {
  for (const bool reopened : {false, true}) {
    PastHarness harness;
    harness.put(R"({"h":{"S":"k1"},"n":{"N":"7"}})");
    harness.put(R"({"h":{"S":"old"}})");
    ASSERT_NE(harness.recover(true).find("ENABLED"), std::string::npos);
    harness.clock.advance(std::chrono::seconds(1));
    State start{{"k1", R"({"h":{"S":"k1"},"n":{"N":"7"}})"}, {"old", R"({"h":{"S":"old"}})"}};
    const std::vector<Moment> history = write_history(harness, start, 60);
    if (reopened) harness.reopen();
    for (const Moment& moment : history) {
      const std::uint64_t position = harness.position(moment.time);
      EXPECT_EQ(harness.items_at(position, {}, 1'000), moment.state);
      // One key fits at a time; one item a call.
      EXPECT_EQ(harness.items_at(position, {.key_bytes_max = 1}, 1), moment.state);
      EXPECT_EQ(harness.items_at(position, {.key_bytes_max = 500}, 2), moment.state);
    }
    EXPECT_EQ(harness.items_at(0, {}, 3), start);
    EXPECT_EQ(harness.items_at(harness.position(harness.clock.now()), {}, 3), history.back().state);
  }
}

TEST(Past, CanBeReadFromAKeyOn) {
  PastHarness harness;
  harness.recover(true);
  const State all = write_history(harness, {}, 10).back().state;
  ASSERT_GT(all.size(), 2U);
  const std::uint64_t end = harness.position(harness.clock.now());
  write_history(harness, all, 10);
  std::string key;
  State first;
  PastItems past(*harness.service, past_source(harness.live()->table), end);
  ASSERT_TRUE(past.read([&](std::string_view at, std::string_view item) {
                    const auto decoded = decode_item(item);
                    first[decoded->find("h")->scalar()] = json_of(*decoded);
                    key.assign(at).push_back('\0');
                    return Next::kStop;
                  })
                  .value());
  State rest = harness.items_at(end, {.from = key}, 100);
  EXPECT_EQ(rest.size() + 1, all.size());
  rest.merge(first);
  EXPECT_EQ(rest, all);
}

TEST(Past, TellsWhatChangedBetweenMoments) {
  PastHarness harness;
  harness.recover(true);
  const std::vector<Moment> history = write_history(harness, {}, 25);
  for (std::size_t a = 0; a < history.size(); a += 4) {
    for (std::size_t b = a; b < history.size(); b += 5) {
      for (const std::size_t bytes : {std::size_t{1}, kPastKeyBytesMax}) {
        State state = history[a].state;
        PastChanges changes(*harness.service, past_source(harness.live()->table),
                            harness.position(history[a].time), harness.position(history[b].time),
                            {.key_bytes_max = bytes});
        bool more = true;
        while (more) {
          const auto read = changes.read([&](ChangedItem item) {
            const std::string h = item.keys.find("h")->scalar();
            const auto before = state.find(h);
            EXPECT_EQ(item.before.has_value(), before != state.end());
            if (item.before && before != state.end()) {
              EXPECT_EQ(json_of(*item.before), before->second);
            }
            state.erase(h);
            if (item.after) state[h] = json_of(*item.after);
            EXPECT_GT(item.written, history[a].time);
            EXPECT_LE(item.written, history[b].time);
            return Next::kStop;
          });
          ASSERT_TRUE(read.has_value());
          more = *read;
        }
        EXPECT_EQ(state, history[b].state);
      }
    }
  }
}

TEST(Past, IsOfOneMomentWhileTheTableIsWritten) {
  PastHarness harness;
  harness.recover(true);
  const State state = write_history(harness, {}, 10).back().state;
  PastItems past(*harness.service, past_source(harness.live()->table),
                 harness.position(harness.clock.now()));
  write_history(harness, state, 10);
  State seen;
  ASSERT_TRUE(past.read([&seen](std::string_view, std::string_view item) {
                    const auto decoded = decode_item(item);
                    seen[decoded->find("h")->scalar()] = json_of(*decoded);
                    return Next::kContinue;
                  })
                  .has_value());
  EXPECT_EQ(seen, state);
}

TEST(Journal, TimesNeverGoBack) {
  PastHarness harness;
  harness.recover(true);
  harness.clock.advance(std::chrono::seconds(20));
  harness.put(R"({"h":{"S":"a"}})");
  // The machine's clock may be set back.
  harness.clock.advance(std::chrono::seconds(-15));
  harness.put(R"({"h":{"S":"b"}})");
  harness.reopen();
  harness.put(R"({"h":{"S":"c"}})");
  std::vector<std::int64_t> times;
  ASSERT_TRUE(walk_journal(*harness.service, harness.live()->table.journal->number, 0, 9,
                           [&times](std::uint64_t, const ChangeDraft& change) {
                             times.push_back(change.created.seconds());
                             return Next::kContinue;
                           })
                  .has_value());
  const std::int64_t latest = 1'700'000'020;
  EXPECT_EQ(times, (std::vector<std::int64_t>{latest, latest, latest}));
}

TEST(Journal, IsTrimmedToThePeriod) {
  PastHarness harness;
  harness.recover(true, R"(,"RecoveryPeriodInDays":2)");
  harness.put(R"({"h":{"S":"a"},"n":{"N":"1"}})");
  harness.clock.advance(std::chrono::hours(30));
  harness.put(R"({"h":{"S":"a"},"n":{"N":"2"}})");
  const Timestamp then = harness.clock.now();
  harness.clock.advance(std::chrono::hours(30));
  ASSERT_TRUE(trim(*harness.service).has_value());
  EXPECT_EQ(harness.records(), 1U);
  harness.put(R"({"h":{"S":"a"},"n":{"N":"3"}})");
  const State middle{{"a", R"({"h":{"S":"a"},"n":{"N":"2"}})"}};
  EXPECT_EQ(harness.items_at(harness.position(then), {}, 9), middle);
  harness.clock.advance(std::chrono::hours(60));
  ASSERT_TRUE(trim(*harness.service).has_value());
  EXPECT_EQ(harness.records(), 0U);
  harness.reopen();
  harness.put(R"({"h":{"S":"a"},"n":{"N":"4"}})");
  EXPECT_EQ(harness.live()->sequencer->last_journal, 4U);
  harness.recover(false);
  EXPECT_FALSE(harness.live()->table.journal.has_value());
}

TEST(ContinuousBackups, HaveAWindow) {
  PastHarness harness;
  const char* table = R"({"TableName":"tbl"})";
  const std::string off =
      R"({"ContinuousBackupsDescription":{"ContinuousBackupsStatus":"ENABLED","PointInTimeRecoveryDescription":{"PointInTimeRecoveryStatus":"DISABLED"}}})";
  const auto on = [](int days, long earliest, long latest) {
    return R"({"ContinuousBackupsDescription":{"ContinuousBackupsStatus":"ENABLED","PointInTimeRecoveryDescription":{"PointInTimeRecoveryStatus":"ENABLED","RecoveryPeriodInDays":)" +
           std::to_string(days) + R"(,"EarliestRestorableDateTime":)" + std::to_string(earliest) +
           R"(,"LatestRestorableDateTime":)" + std::to_string(latest) + "}}}";
  };
  constexpr long kStart = 1'700'000'000;
  constexpr long kDay = 86'400;
  EXPECT_EQ(harness.call("DescribeContinuousBackups", table), off);
  EXPECT_EQ(harness.recover(false), off);
  EXPECT_EQ(harness.recover(true), on(35, kStart, kStart));
  harness.clock.advance(std::chrono::hours(1));
  EXPECT_EQ(harness.call("DescribeContinuousBackups", table), on(35, kStart, kStart + 3'300));
  harness.reopen();
  harness.clock.advance(std::chrono::days(10) - std::chrono::hours(1));
  EXPECT_EQ(harness.recover(true, R"(,"RecoveryPeriodInDays":1)"),
            on(1, kStart + (9 * kDay), kStart + (10 * kDay) - 300));
  // What was let go does not come back.
  EXPECT_EQ(harness.recover(true), on(35, kStart + (9 * kDay), kStart + (10 * kDay) - 300));
  EXPECT_EQ(harness.recover(false), off);
  EXPECT_TRUE(harness.recover(true, R"(,"RecoveryPeriodInDays":0)")
                  .starts_with("ValidationException: 1 validation error detected"));
  EXPECT_TRUE(harness.recover(true, R"(,"RecoveryPeriodInDays":36)")
                  .starts_with("ValidationException: 1 validation error detected"));
  EXPECT_EQ(harness.call("DescribeContinuousBackups", R"({"TableName":"gone"})"),
            "TableNotFoundException: Table not found: gone");
}

}  // namespace
}  // namespace penstock::dynamodb
