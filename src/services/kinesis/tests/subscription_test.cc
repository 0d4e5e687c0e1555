// SubscribeToShard: events in order, pushed when durable, and every way in which a subscription
// ends. Documented: five minutes, five seconds, positions, exceptions, the end of a shard. Deduced:
// the interval of idle events and what their numbers mean.
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <vector>

#include "services/kinesis/tests/consumers.h"

namespace penstock::kinesis {
namespace {

using namespace std::chrono_literals;
using protocol::AnyShape;
using protocol::ApiResult;
using protocol::EventSource;
using Event = api::SubscribeToShardEvent;
using Source = std::shared_ptr<EventSource>;

constexpr std::string_view kShard = "shardId-000000000000";

Task<void> pull(Source source, std::promise<ApiResult<AnyShape>>* out) {
  out->set_value(co_await source->next());
}

// One stream "s" of one shard with one consumer "c".
class Fanout {
 public:
  ~Fanout() { gate_.close(); }
  Fanout() {
    h.create("s");
    arn = register_consumer(h, "s", "c")->consumer.consumer_arn;
  }

  ApiResult<Source> subscribe(std::string type, std::optional<std::string> number = {},
                              std::optional<Timestamp> timestamp = {}) {
    api::SubscribeToShardInput input;
    input.consumer_arn = arn;
    input.shard_id = kShard;
    input.starting_position = {std::move(type), std::move(number), timestamp};
    auto reply = h.run(subscribe_to_shard(*h.service, h.context, std::move(input)));
    if (!reply) return std::unexpected(reply.error());
    return reply->event_stream.source;
  }
  // Later than the five seconds in which a subscription is undisturbed.
  Source must_subscribe(std::string type, std::optional<std::string> number = {},
                        std::optional<Timestamp> timestamp = {}) {
    h.clock.advance(5s);
    auto source = subscribe(std::move(type), std::move(number), timestamp);
    CHECK(source.has_value());
    return *source;
  }

  // What next() gives, soon or later.
  std::future<ApiResult<AnyShape>> start_next(const Source& source) {
    auto& promise = promises_.emplace_back(std::make_unique<std::promise<ApiResult<AnyShape>>>());
    gate_.spawn(h.runtime.loop(1), pull(source, promise.get()));
    return promise->get_future();
  }
  ApiResult<std::optional<Event>> get(std::future<ApiResult<AnyShape>> pending) {
    CHECK(pending.wait_for(60s) == std::future_status::ready);
    ApiResult<AnyShape> got = pending.get();
    if (!got) return std::unexpected(got.error());
    if (!*got) return std::nullopt;
    return got->as<api::SubscribeToShardEventStream>().subscribe_to_shard_event;
  }
  ApiResult<std::optional<Event>> next(const Source& source) { return get(start_next(source)); }
  // The data of the next event.
  std::string data(const Source& source) {
    const auto event = next(source);
    if (!event) return event.error().code;
    if (!*event) return "end";
    std::string all;
    for (const api::Record& record : (*event)->records) {
      all += (all.empty() ? "" : " ") + record.data.bytes;
    }
    return all;
  }
  // Lets time pass for those who wait.
  void advance(std::chrono::seconds time) {
    h.clock.advance(time);
    h.service->notifier.notify(protocol::arrivals_key(arn_of(h, "s"), kShard));
  }

  Harness h;
  std::string arn;

 private:
  std::vector<std::unique_ptr<std::promise<ApiResult<AnyShape>>>> promises_;
  Gate gate_;
};

TEST(Subscription, SendsWhatIsThereAndThenWhatComes) {
  Fanout f;
  f.h.put("s", "k", "a");
  f.h.put("s", "k", "b");
  const Source source = f.must_subscribe("TRIM_HORIZON");
  const auto first = f.next(source);
  ASSERT_TRUE(first.has_value() && first->has_value());
  ASSERT_EQ((*first)->records.size(), 2U);
  EXPECT_EQ((*first)->records[1].data.bytes, "b");
  EXPECT_EQ((*first)->continuation_sequence_number, (*first)->records[1].sequence_number);
  EXPECT_EQ((*first)->millis_behind_latest, 0);
  auto pending = f.start_next(source);
  for (int i = 0; i < 100; ++i) {
    f.h.put("s", "k", std::to_string(i));
    const auto event = f.get(std::move(pending));
    ASSERT_EQ((*event)->records.size(), 1U);
    EXPECT_EQ((*event)->records[0].data.bytes, std::to_string(i));
    pending = f.start_next(source);
  }
  source->stop();
  EXPECT_FALSE(f.get(std::move(pending))->has_value());
}

TEST(Subscription, SaysWhereToContinueWhenNothingHappens) {
  Fanout f;
  const Source source = f.must_subscribe("LATEST");
  f.h.put("s", "k", "a");
  ASSERT_EQ(f.data(source), "a");
  std::string last;
  std::vector<std::string> idle;
  for (int i = 0; i < 3; ++i) {
    auto pending = f.start_next(source);
    f.advance(5s);
    const auto event = f.get(std::move(pending));
    ASSERT_TRUE(event.has_value() && event->has_value());
    EXPECT_EQ((*event)->records.size(), 0U);
    EXPECT_EQ((*event)->millis_behind_latest, 0);
    idle.push_back((*event)->continuation_sequence_number.value());
    EXPECT_LT(last, idle.back());
    last = idle.back();
  }
  f.h.put("s", "k", "b");
  for (const char* type : {"AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"}) {
    for (const std::string& number : idle) {
      EXPECT_EQ(f.data(f.must_subscribe(type, number)), "b") << type;
    }
  }
}

TEST(Subscription, BeginsWhereItIsAsked) {
  Fanout f;
  std::vector<std::string> numbers;
  std::vector<Timestamp> times;
  for (const char* text : {"a", "b", "c"}) {
    f.h.clock.advance(2s);
    times.push_back(f.h.clock.now());
    f.h.put("s", "k", text);
    numbers.push_back(f.h.put("s", "k", text)->sequence_number);
  }
  EXPECT_EQ(f.data(f.must_subscribe("TRIM_HORIZON")), "a a b b c c");
  EXPECT_EQ(f.data(f.must_subscribe("AT_SEQUENCE_NUMBER", numbers[1])), "b c c");
  EXPECT_EQ(f.data(f.must_subscribe("AFTER_SEQUENCE_NUMBER", numbers[1])), "c c");
  EXPECT_EQ(f.data(f.must_subscribe("AT_TIMESTAMP", {}, times[1])), "b b c c");
  EXPECT_EQ(f.data(f.must_subscribe("AT_TIMESTAMP", {}, times[0] - 1h)), "a a b b c c");
  const Source latest = f.must_subscribe("LATEST");
  f.h.put("s", "k", "d");
  EXPECT_EQ(f.data(latest), "d");
}

TEST(Subscription, RefusesPositionsThatCannotBe) {
  Fanout f;
  const auto code = [&f](std::string type, std::optional<std::string> number = {},
                         std::optional<Timestamp> timestamp = {}) {
    const auto reply = f.subscribe(std::move(type), std::move(number), timestamp);
    return reply ? "none" : reply.error().code;
  };
  EXPECT_EQ(code("AT_SEQUENCE_NUMBER"), "InvalidArgumentException");
  EXPECT_EQ(code("AFTER_SEQUENCE_NUMBER", "5"), "InvalidArgumentException");
  EXPECT_EQ(code("LATEST", "5"), "InvalidArgumentException");
  EXPECT_EQ(code("AT_TIMESTAMP"), "InvalidArgumentException");
  EXPECT_EQ(code("AT_TIMESTAMP", {}, f.h.clock.now() + 1h), "InvalidArgumentException");
  const auto absent = f.h.run(
      subscribe_to_shard(*f.h.service, f.h.context, {f.arn, {}, "shardId-9", {"LATEST", {}, {}}}));
  EXPECT_EQ(absent.error().code, "ResourceNotFoundException");
  const auto stranger = f.h.run(subscribe_to_shard(
      *f.h.service, f.h.context, {f.arn + "1", {}, std::string(kShard), {"LATEST", {}, {}}}));
  EXPECT_EQ(stranger.error().code, "ResourceNotFoundException");
  EXPECT_EQ(code("LATEST"), "none");  // A refused call does not count as a subscription.
}

TEST(Subscription, EndsAfterFiveMinutes) {
  Fanout f;
  const Source source = f.must_subscribe("LATEST");
  for (int i = 0; i < 59; ++i) {
    auto pending = f.start_next(source);
    f.advance(5s);
    ASSERT_TRUE(f.get(std::move(pending))->has_value());
  }
  auto pending = f.start_next(source);
  f.advance(5s);
  EXPECT_FALSE(f.get(std::move(pending))->has_value());
  f.h.put("s", "k", "late");
  EXPECT_EQ(f.data(source), "end");
}

TEST(Subscription, GivesWayToAnother) {
  Fanout f;
  const Source first = f.must_subscribe("LATEST");
  const auto early = f.subscribe("LATEST");
  ASSERT_FALSE(early.has_value());
  EXPECT_EQ(early.error().code, "ResourceInUseException");
  EXPECT_EQ(early.error().message,
            "Another active subscription exists for this consumer: "
            "000000000000:s:shardId-000000000000:c");
  auto pending = f.start_next(first);
  const Source second = f.must_subscribe("LATEST");
  auto last = f.get(std::move(pending));
  // The time that lets the other in may have made an idle event due, too.
  if (last.has_value()) last = f.get(f.start_next(first));
  ASSERT_FALSE(last.has_value());
  EXPECT_EQ(last.error().code, "ResourceInUseException");
  EXPECT_EQ(f.data(first), "end");
  f.h.put("s", "k", "a");
  EXPECT_EQ(f.data(second), "a");
  // Another consumer is no other subscription.
  f.arn = register_consumer(f.h, "s", "d")->consumer.consumer_arn;
  const auto other = f.subscribe("TRIM_HORIZON");
  ASSERT_TRUE(other.has_value());
  EXPECT_EQ(f.data(*other), "a");
}

TEST(Subscription, EndsWithItsConsumerAndWithItsStream) {
  Fanout f;
  Source source = f.must_subscribe("LATEST");
  auto pending = f.start_next(source);
  ASSERT_TRUE(
      f.h.run(deregister_stream_consumer(*f.h.service, f.h.context, {.consumer_arn = f.arn}))
          .has_value());
  EXPECT_EQ(f.get(std::move(pending)).error().code, "ResourceNotFoundException");

  f.arn = register_consumer(f.h, "s", "c")->consumer.consumer_arn;
  source = f.must_subscribe("LATEST");
  pending = f.start_next(source);
  ASSERT_TRUE(f.h.run(delete_stream(*f.h.service, f.h.context,
                                    {.stream_name = "s", .enforce_consumer_deletion = true}))
                  .has_value());
  EXPECT_EQ(f.get(std::move(pending)).error().code, "ResourceNotFoundException");
}

TEST(Subscription, EndsWithItsShard) {
  Fanout f;
  f.h.put("s", "k", "a");
  const Source source = f.must_subscribe("TRIM_HORIZON");
  ASSERT_EQ(f.data(source), "a");
  auto pending = f.start_next(source);
  ASSERT_TRUE(f.h.run(split_shard(*f.h.service, f.h.context,
                                  {.stream_name = "s",
                                   .shard_to_split = std::string(kShard),
                                   .new_starting_hash_key = "1000"}))
                  .has_value());
  const auto last = f.get(std::move(pending));
  ASSERT_TRUE(last.has_value() && last->has_value());
  EXPECT_EQ((*last)->records.size(), 0U);
  EXPECT_FALSE((*last)->continuation_sequence_number.has_value());
  ASSERT_TRUE((*last)->child_shards.has_value());
  ASSERT_EQ((*last)->child_shards->size(), 2U);
  EXPECT_EQ((*last)->child_shards->at(0).shard_id, "shardId-000000000001");
  EXPECT_EQ((*last)->child_shards->at(0).parent_shards,
            (std::vector<std::string>{std::string(kShard)}));
  EXPECT_EQ(f.data(source), "end");
  // What is left of a closed shard is read to its end.
  const Source again = f.must_subscribe("TRIM_HORIZON");
  EXPECT_EQ(f.data(again), "a");
  EXPECT_TRUE((*f.next(again))->child_shards.has_value());
}

TEST(Subscription, HoldsOneMebibyteAtMost) {
  Fanout f;
  for (int i = 0; i < 3; ++i) {
    f.h.put("s", "k", std::string(600 << 10, static_cast<char>('a' + i)));
    f.h.clock.advance(1s);
  }
  const Source source = f.must_subscribe("TRIM_HORIZON");
  std::vector<std::int64_t> behind;
  for (int i = 0; i < 3; ++i) {
    const auto event = f.next(source);
    ASSERT_EQ((*event)->records.size(), 1U);
    EXPECT_EQ((*event)->records[0].data.bytes[0], 'a' + i);
    behind.push_back((*event)->millis_behind_latest);
  }
  EXPECT_EQ(behind, (std::vector<std::int64_t>{8'000, 7'000, 0}));
}

TEST(Subscription, IsPacedWhenThrottlingIsOn) {
  Fanout f;
  f.h.service->options.throttle = true;
  for (int i = 0; i < 3; ++i) {
    f.h.put("s", "k", std::string(1'000'000, 'a'));
    f.h.clock.advance(1s);  // A shard takes 1 MiB per second.
  }
  const Source source = f.must_subscribe("TRIM_HORIZON");
  for (int i = 0; i < 3; ++i) {
    auto pending = f.start_next(source);
    f.h.clock.advance(477ms);  // 1,000,000 bytes of 2 MiB per second.
    EXPECT_EQ((*f.get(std::move(pending)))->records.size(), 1U);
  }
}

TEST(Subscription, GoesOnAfterARestart) {
  Fanout f;
  f.h.put("s", "k", "a");
  f.h.put("s", "k", "b");
  std::string where;
  {
    const Source source = f.must_subscribe("TRIM_HORIZON");
    const auto event = f.next(source);
    where = (*event)->continuation_sequence_number.value();
  }
  f.h.reopen();
  f.h.put("s", "k", "c");
  EXPECT_EQ(f.data(f.must_subscribe("AFTER_SEQUENCE_NUMBER", where)), "c");
}

}  // namespace
}  // namespace penstock::kinesis
