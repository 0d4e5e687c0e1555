// The service over a real store: groups, streams, pages, tokens, retention, restart. Wording and
// limits are documented or recorded by AWS users unless a test says otherwise.
#include "services/logs/logs.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "base/check.h"
#include "services/logs/keys.h"
#include "services/logs/operations.h"

namespace penstock::logs {
namespace {

class LogsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string path = (std::filesystem::temp_directory_path() / "logs-XXXXXX").string();
    CHECK(mkdtemp(path.data()) != nullptr);
    directory_ = path;
    open();
  }
  void TearDown() override {
    close();
    std::filesystem::remove_all(directory_);
  }
  void open() {
    auto opened =
        storage::Store::open({.directory = directory_, .durability = storage::Durability::kNone});
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    store_ = std::move(*opened);
    service_ = std::make_unique<Service>(Dependencies{*store_, runtime_, clock_, *random_});
    ASSERT_TRUE(service_->start().has_value());
  }
  void close() {
    service_->stop();
    service_.reset();
    store_.reset();
  }
  template <typename T>
  protocol::ApiResult<T> run(protocol::Reply<T> reply) {
    return block_on(runtime_.loop(0), std::move(reply));
  }
  void make_group(const std::string& name, const std::vector<std::string>& streams) {
    ASSERT_TRUE(run(create_log_group(*service_, context_, {.log_group_name = name})).has_value());
    for (const std::string& stream : streams) {
      ASSERT_TRUE(run(create_log_stream(*service_, context_,
                                        {.log_group_name = name, .log_stream_name = stream}))
                      .has_value());
    }
  }
  protocol::ApiResult<api::PutLogEventsResponse> put(const std::string& group,
                                                     const std::string& stream,
                                                     std::vector<api::InputLogEvent> events) {
    return run(put_log_events(
        *service_, context_,
        {.log_group_name = group, .log_stream_name = stream, .log_events = std::move(events)}));
  }
  std::vector<std::string> messages(const api::GetLogEventsResponse& page) {
    std::vector<std::string> out;
    for (const auto& event : *page.events) out.push_back(*event.message);
    return out;
  }
  api::GetLogEventsResponse get(api::GetLogEventsRequest request) {
    request.log_group_name = "g";
    request.log_stream_name = "s";
    auto page = run(get_log_events(*service_, context_, std::move(request)));
    EXPECT_TRUE(page.has_value()) << page.error().message;
    return page ? *page : api::GetLogEventsResponse{};
  }
  std::int64_t now() const { return clock_.now().millis(); }

  std::string directory_;
  SimClock clock_;
  std::unique_ptr<Random> random_ = make_seeded_random(11);
  Runtime runtime_{{.loops = 1}};
  protocol::Context context_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<Service> service_;
};

using Strings = std::vector<std::string>;

TEST_F(LogsTest, PagesForwardAndBackwardAndSeesWhatComesLater) {
  make_group("g", {"s"});
  std::vector<api::InputLogEvent> events;
  for (int i = 0; i < 5; ++i) events.push_back({now() + i, "m" + std::to_string(i)});
  ASSERT_TRUE(put("g", "s", events).has_value());

  // Without startFromHead the newest come, still in order of time.
  EXPECT_EQ(messages(get({.limit = 2})), (Strings{"m3", "m4"}));
  auto page = get({.limit = 2, .start_from_head = true});
  EXPECT_EQ(messages(page), (Strings{"m0", "m1"}));
  page = get({.next_token = page.next_forward_token, .limit = 2});
  EXPECT_EQ(messages(page), (Strings{"m2", "m3"}));
  const auto back = get({.next_token = page.next_backward_token, .limit = 2});
  EXPECT_EQ(messages(back), (Strings{"m0", "m1"}));
  page = get({.next_token = page.next_forward_token, .limit = 2});
  EXPECT_EQ(messages(page), Strings{"m4"});
  // At the end the same token comes back, and later finds what was added.
  const auto end = get({.next_token = page.next_forward_token});
  EXPECT_TRUE(end.events->empty());
  EXPECT_EQ(end.next_forward_token, page.next_forward_token);
  ASSERT_TRUE(put("g", "s", {{now() + 9, "m9"}}).has_value());
  EXPECT_EQ(messages(get({.next_token = end.next_forward_token})), Strings{"m9"});
  EXPECT_EQ(messages(get({.start_time = now() + 1, .end_time = now() + 3})), (Strings{"m1", "m2"}));
}

TEST_F(LogsTest, KeepsEventsOfOneMillisecondInOrderOfArrival) {
  make_group("g", {"s"});
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(put("g", "s", {{now(), std::to_string(i)}}).has_value());
  const auto page = get({.start_from_head = true});
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(messages(page)[static_cast<std::size_t>(i)], std::to_string(i));
}

TEST_F(LogsTest, SurvivesARestart) {
  make_group("g", {"s"});
  ASSERT_TRUE(put("g", "s", {{now(), "before"}}).has_value());
  ASSERT_TRUE(run(put_retention_policy(*service_, context_,
                                       {.log_group_name = "g", .retention_in_days = 7}))
                  .has_value());
  close();
  clock_.advance(std::chrono::seconds(1));
  open();
  ASSERT_TRUE(put("g", "s", {{now(), "after"}}).has_value());
  EXPECT_EQ(messages(get({})), (Strings{"before", "after"}));
  const auto groups = run(describe_log_groups(*service_, context_, {}));
  ASSERT_EQ(groups->log_groups->size(), 1U);
  EXPECT_EQ(groups->log_groups->front().retention_in_days, 7);
  EXPECT_EQ(groups->log_groups->front().stored_bytes, 11);
  EXPECT_EQ(groups->log_groups->front().arn, "arn:aws:logs:us-east-1:000000000000:log-group:g:*");
}

struct BadBatch {
  std::string_view what;
  std::vector<api::InputLogEvent> events;
  std::string_view message;
};

TEST_F(LogsTest, RefusesBatchesThatBreakTheRules) {
  make_group("g", {"s"});
  const std::int64_t t = now();
  const std::vector<BadBatch> batches = {
      {"order",
       {{t, "b"}, {t - 1, "a"}},
       "Log events in a single PutLogEvents request must be in chronological order."},
      {"span",
       {{t - 90'000'000, "a"}, {t, "b"}},
       "The batch of log events in a single PutLogEvents request cannot span more than 24 hours."},
      {"size",
       {{t, std::string(1'048'576, 'x')}},
       "Upload too large: 1048602 bytes exceeds limit of 1048576"},
  };
  for (const BadBatch& batch : batches) {
    SCOPED_TRACE(batch.what);
    const auto reply = put("g", "s", batch.events);
    ASSERT_FALSE(reply.has_value());
    EXPECT_EQ(reply.error().code, "InvalidParameterException");
    EXPECT_EQ(reply.error().message, batch.message);
  }
  EXPECT_EQ(put("nowhere", "s", {{t, "a"}}).error().message,
            "The specified log group does not exist.");
  EXPECT_EQ(put("g", "nowhere", {{t, "a"}}).error().message,
            "The specified log stream does not exist.");
}

TEST_F(LogsTest, RejectsEventsThatAreTooOldOrTooNewAndKeepsTheRest) {
  make_group("g", {"s"});
  const std::int64_t day = 86'400'000;
  const auto old = put("g", "s", {{now() - 15 * day, "old"}});
  ASSERT_TRUE(old.has_value());
  EXPECT_EQ(old->rejected_log_events_info->too_old_log_event_end_index, 1);
  const auto mixed = put("g", "s", {{now(), "good"}, {now() + 3 * 3'600'000, "new"}});
  ASSERT_TRUE(mixed.has_value());
  EXPECT_EQ(mixed->rejected_log_events_info->too_new_log_event_start_index, 1);
  EXPECT_EQ(messages(get({})), Strings{"good"});
  ASSERT_TRUE(run(put_retention_policy(*service_, context_,
                                       {.log_group_name = "g", .retention_in_days = 3}))
                  .has_value());
  EXPECT_EQ(put("g", "s", {{now() - 4 * day, "expired"}})
                ->rejected_log_events_info->expired_log_event_end_index,
            1);
}

TEST_F(LogsTest, TrimsWhatIsPastItsRetention) {
  make_group("g", {"s"});
  ASSERT_TRUE(put("g", "s", {{now(), "old"}}).has_value());
  ASSERT_TRUE(run(put_retention_policy(*service_, context_,
                                       {.log_group_name = "g", .retention_in_days = 1}))
                  .has_value());
  clock_.advance(std::chrono::hours(30));
  ASSERT_TRUE(put("g", "s", {{now(), "new"}}).has_value());
  ASSERT_TRUE(trim(*service_).has_value());
  ASSERT_TRUE(put("g", "s", {{now(), "newer"}}).has_value());  // Behind the trim's batch.
  EXPECT_EQ(messages(get({})), (Strings{"new", "newer"}));
  const auto streams = run(describe_log_streams(*service_, context_, {.log_group_name = "g"}));
  EXPECT_EQ(streams->log_streams->front().first_event_timestamp, now());
}

TEST_F(LogsTest, FiltersOverAllStreamsInOrderOfTime) {
  make_group("g", {"s1", "s2", "other"});
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(put("g", i % 2 == 0 ? "s1" : "s2",
                    {{now() + i, (i % 3 == 0 ? "ERROR " : "fine ") + std::to_string(i)}})
                    .has_value());
  }
  ASSERT_TRUE(put("g", "other", {{now() + 3, "ERROR other"}}).has_value());
  Strings found;
  std::optional<std::string> token;
  int pages = 0;
  do {
    const auto page = run(filter_log_events(*service_, context_,
                                            {.log_group_name = "g",
                                             .log_stream_name_prefix = "s",
                                             .filter_pattern = "ERROR",
                                             .next_token = token,
                                             .limit = 2}));
    ASSERT_TRUE(page.has_value()) << page.error().message;
    for (const auto& event : *page->events)
      found.push_back(*event.log_stream_name + ":" + *event.message);
    token = page->next_token;
  } while (token && ++pages < 10);
  EXPECT_EQ(found, (Strings{"s1:ERROR 0", "s2:ERROR 3", "s1:ERROR 6", "s2:ERROR 9"}));
  const auto bad =
      run(filter_log_events(*service_, context_, {.log_group_name = "g", .filter_pattern = "{ a"}));
  EXPECT_EQ(bad.error().code, "InvalidParameterException");
}

TEST_F(LogsTest, DescribesStreamsByNameAndByTime) {
  make_group("g", {"a", "b", "c"});
  ASSERT_TRUE(put("g", "b", {{now() + 5000, "x"}}).has_value());
  ASSERT_TRUE(put("g", "a", {{now() + 9000, "x"}}).has_value());
  const auto names = [&](api::DescribeLogStreamsRequest request) {
    Strings out;
    request.log_group_name = "g";
    do {
      const auto page = run(describe_log_streams(*service_, context_, request));
      for (const auto& stream : *page->log_streams) out.push_back(*stream.log_stream_name);
      request.next_token = page->next_token;
    } while (request.next_token);
    return out;
  };
  EXPECT_EQ(names({.limit = 1}), (Strings{"a", "b", "c"}));
  EXPECT_EQ(names({.descending = true, .limit = 2}), (Strings{"c", "b", "a"}));
  EXPECT_EQ(names({.order_by = "LastEventTime", .descending = true, .limit = 1}),
            (Strings{"a", "b", "c"}));
  EXPECT_EQ(names({.log_stream_name_prefix = "b"}), Strings{"b"});
}

TEST_F(LogsTest, DeletesGroupsWithAllTheyHold) {
  make_group("g", {"s"});
  ASSERT_TRUE(put("g", "s", {{now(), "x"}}).has_value());
  const auto again = run(create_log_group(*service_, context_, {.log_group_name = "g"}));
  EXPECT_EQ(again.error().code, "ResourceAlreadyExistsException");
  ASSERT_TRUE(run(delete_log_group(*service_, context_, {.log_group_name = "g"})).has_value());
  make_group("g", {"s"});
  EXPECT_TRUE(get({}).events->empty());
}

TEST_F(LogsTest, KeepsTags) {
  make_group("g", {});
  const std::string arn = "arn:aws:logs:us-east-1:000000000000:log-group:g";
  ASSERT_TRUE(run(tag_resource(*service_, context_,
                               {.resource_arn = arn, .tags = {{"a", "1"}, {"b", "2"}}}))
                  .has_value());
  ASSERT_TRUE(
      run(untag_resource(*service_, context_, {.resource_arn = arn + ":*", .tag_keys = {"a"}}))
          .has_value());
  EXPECT_EQ(run(list_tags_for_resource(*service_, context_, {.resource_arn = arn}))->tags,
            (std::map<std::string, std::string>{{"b", "2"}}));
}

TEST(LogKeys, KeepTheOrderOfEvents) {
  const EventKey keys[] = {{1, 1, {5, 9}}, {1, 1, {6, 1}}, {1, 2, {0, 0}}, {2, 0, {0, 0}}};
  for (std::size_t i = 0; i < std::size(keys); ++i) {
    EXPECT_EQ(parse_event_key(event_key(keys[i])), keys[i]);
    if (i > 0) EXPECT_LT(event_key(keys[i - 1]), event_key(keys[i]));
  }
  const EventPosition position{1'700'000'000'000, 123'456};
  EXPECT_EQ(format_event_id(position).size(), 56U);
  EXPECT_EQ(parse_event_id(format_event_id(position)), position);
  EXPECT_FALSE(parse_event_id("12").has_value());
}

}  // namespace
}  // namespace penstock::logs
