// The service over a real store and a simulated clock: time-outs, retention, redrive, FIFO,
// restart.
#include <gtest/gtest.h>

#include <thread>

#include "services/sqs/store.h"
#include "services/sqs/tests/harness.h"

namespace penstock::sqs {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(SqsService, VisibilityEndsByTheClock) {
  Harness h;
  h.create("q");
  ASSERT_TRUE(h.send("q", "m"));
  const auto first = h.receive("q");
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(h.counts("q"), "0/1/0");
  h.pass(seconds(29));
  EXPECT_EQ(h.bodies("q"), "");
  h.pass(seconds(1));
  const auto second = h.receive("q");
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(second[0].attributes->at("ApproximateReceiveCount"), "2");
  EXPECT_EQ(second[0].attributes->at("ApproximateFirstReceiveTimestamp"),
            first[0].attributes->at("ApproximateFirstReceiveTimestamp"));
  // Documented: an older handle succeeds and deletes nothing.
  EXPECT_EQ(h.remove("q", first[0]), "");
  EXPECT_EQ(h.counts("q"), "0/1/0");
  EXPECT_EQ(h.remove("q", second[0]), "");
  EXPECT_EQ(h.counts("q"), "0/0/0");
}

// Recorded: the newest handle of a message that is visible again may hide it once more.
TEST(SqsService, AnExpiredHandleOfAStandardQueueStillCounts) {
  Harness h;
  h.create("q");
  ASSERT_TRUE(h.send("q", "m"));
  const auto got = h.receive("q", 1, 5);
  h.pass(seconds(6));
  EXPECT_EQ(h.counts("q"), "1/0/0");
  EXPECT_EQ(h.hide("q", got[0], 60), "");
  EXPECT_EQ(h.counts("q"), "0/1/0");
  h.pass(seconds(60));
  EXPECT_EQ(h.remove("q", got[0]), "");
  EXPECT_EQ(h.counts("q"), "0/0/0");
  EXPECT_EQ(h.hide("q", got[0], 1), "InvalidParameterValueException");
}

// Documented: 12 hours from the receipt.
TEST(SqsService, VisibilityEndsAfterTwelveHours) {
  Harness h;
  h.create("q");
  ASSERT_TRUE(h.send("q", "m"));
  const auto got = h.receive("q", 1, 43'200);
  h.pass(hours(1));
  EXPECT_EQ(h.hide("q", got[0], 43'200), "InvalidParameterValueException");
  EXPECT_EQ(h.hide("q", got[0], 39'600), "");
  h.pass(hours(11));
  EXPECT_EQ(h.counts("q"), "1/0/0");
}

TEST(SqsService, DelaysOfQueueAndMessage) {
  Harness h;
  h.create("q", {{"DelaySeconds", "10"}});
  ASSERT_TRUE(h.send("q", "queue's"));
  ASSERT_TRUE(h.send("q", "own", 20));
  EXPECT_EQ(h.counts("q"), "0/0/2");
  h.pass(seconds(10));
  EXPECT_EQ(h.bodies("q"), "queue's");
  h.pass(seconds(10));
  EXPECT_EQ(h.bodies("q"), "own");
}

TEST(SqsService, RetentionEnds) {
  Harness h;
  h.create("q", {{"MessageRetentionPeriod", "60"}});
  ASSERT_TRUE(h.send("q", "old"));
  h.pass(seconds(30));
  ASSERT_TRUE(h.send("q", "young"));
  h.pass(seconds(30));
  EXPECT_EQ(h.counts("q"), "1/0/0");
  h.reopen();
  EXPECT_EQ(h.bodies("q"), "young");
  h.pass(seconds(30));
  ASSERT_TRUE(sweep(*h.service).has_value());
  EXPECT_EQ(h.counts("q"), "0/0/0");
}

TEST(SqsService, EverythingSurvivesARestart) {
  Harness h;
  h.create("q", {{"VisibilityTimeout", "100"}});
  for (const char* body : {"a", "b", "c"}) ASSERT_TRUE(h.send("q", body));
  ASSERT_TRUE(h.send("q", "d", 50));
  const auto got = h.receive("q", 2);
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(h.remove("q", got[0]), "");
  h.reopen();
  EXPECT_EQ(h.attribute("q", "VisibilityTimeout"), "100");
  EXPECT_EQ(h.counts("q"), "1/1/1");
  h.pass(seconds(50));
  EXPECT_EQ(h.counts("q"), "2/1/0");
  // The time-out goes on where it was, and the handle of before is good.
  EXPECT_EQ(h.hide("q", got[1], 0), "");
  EXPECT_EQ(h.bodies("q"), "b c d");
  h.pass(seconds(99));
  h.reopen();
  EXPECT_EQ(h.counts("q"), "0/3/0");
  h.pass(seconds(1));
  EXPECT_EQ(h.counts("q"), "3/0/0");
}

// Documented: encryption concerns what is sent while it is on; all that is there can be read.
TEST(SqsService, BodiesAreSealedAtRestWhileTheQueueEncrypts) {
  Harness h;
  h.create("q");
  const auto stored = [&h](std::string_view text) {
    bool found = false;
    EXPECT_TRUE(h.store->scan(storage::Family::kRecords, "", "", [&](auto, std::string_view value) {
      found = found || value.find(text) != value.npos;
      return storage::Next::kContinue;
    }));
    return found;
  };
  ASSERT_TRUE(h.send("q", "managed-one"));
  h.set("q", {{"SqsManagedSseEnabled", "false"}});
  ASSERT_TRUE(h.send("q", "plain-one"));
  h.set("q", {{"KmsMasterKeyId", "alias/aws/sqs"}});
  ASSERT_TRUE(h.send("q", "kms-one"));
  EXPECT_FALSE(stored("managed-one"));
  EXPECT_TRUE(stored("plain-one"));
  EXPECT_FALSE(stored("kms-one"));
  h.reopen();
  EXPECT_EQ(h.bodies("q"), "managed-one plain-one kms-one");
}

TEST(SqsService, DeletedAndPurgedMessagesStayAway) {
  Harness h;
  h.create("q");
  h.create("p");
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(h.send("p", "x"));
  EXPECT_EQ(h.receive("p").size(), 1U);
  ASSERT_TRUE(h.run(purge_queue(*h.service, h.context, {h.url("p")})));
  EXPECT_EQ(h.counts("p"), "0/0/0");
  ASSERT_TRUE(h.send("p", "after"));
  ASSERT_TRUE(h.run(delete_queue(*h.service, h.context, {h.url("q")})));
  h.reopen();
  EXPECT_EQ(h.bodies("p"), "after");
  EXPECT_EQ(h.counts("q"), "QueueDoesNotExist/QueueDoesNotExist/QueueDoesNotExist");
  // Documented: a minute before the name, and the next purge.
  api::CreateQueueRequest again;
  again.queue_name = "q";
  EXPECT_EQ(h.run(create_queue(*h.service, h.context, again)).error().code, "QueueDeletedRecently");
  h.pass(seconds(60));
  EXPECT_TRUE(h.run(create_queue(*h.service, h.context, again)));
  EXPECT_TRUE(h.run(purge_queue(*h.service, h.context, {h.url("p")})));
  EXPECT_EQ(h.run(purge_queue(*h.service, h.context, {h.url("p")})).error().code,
            "PurgeQueueInProgress");
}

// Two waiters and what wakes them; the simulated clock stands still.
TEST(SqsService, LongPollsAreWoken) {
  Harness h;
  h.create("q");
  std::string got;
  std::thread waiter([&] {
    api::ReceiveMessageRequest input;
    input.queue_url = h.url("q");
    input.wait_time_seconds = 20;
    auto reply = block_on(h.runtime.loop(1), receive_message(*h.service, h.context, input));
    if (reply && reply->messages) got = *reply->messages->at(0).body;
  });
  ASSERT_TRUE(h.send("q", "now"));
  waiter.join();
  EXPECT_EQ(got, "now");
  // Stopping ends a poll with nothing.
  std::thread other([&] {
    api::ReceiveMessageRequest input;
    input.queue_url = h.url("q");
    input.wait_time_seconds = 20;
    const auto reply = block_on(h.runtime.loop(1), receive_message(*h.service, h.context, input));
    got = reply && !reply->messages ? "ended" : "?";
  });
  h.service->end_waits();
  other.join();
  EXPECT_EQ(got, "ended");
}

TEST(SqsRedrive, MovesWhatWasReceivedTooOften) {
  Harness h;
  h.create("dlq");
  h.create("q", {{"RedrivePolicy",
                  R"({"deadLetterTargetArn":")" + h.arn("dlq") + R"(","maxReceiveCount":2})"}});
  const auto sent = h.send("q", "poison");
  ASSERT_TRUE(sent);
  EXPECT_EQ(h.bodies("q", 1, 0), "poison");
  EXPECT_EQ(h.bodies("q", 1, 0), "poison");
  EXPECT_EQ(h.counts("q"), "1/0/0");
  EXPECT_EQ(h.bodies("q", 1, 0), "");
  EXPECT_EQ(h.counts("q"), "0/0/0");
  h.reopen();
  EXPECT_EQ(h.counts("q"), "0/0/0");
  const auto dead = h.receive("dlq");
  ASSERT_EQ(dead.size(), 1U);
  // Documented: the id and, in a standard queue, the time of sending stay.
  EXPECT_EQ(dead[0].message_id, sent->message_id);
  EXPECT_EQ(dead[0].attributes->at("DeadLetterQueueSourceArn"), h.arn("q"));
  EXPECT_EQ(dead[0].attributes->at("ApproximateReceiveCount"), "1");
}

// Documented: the retention of the dead-letter queue counts from the first sending.
TEST(SqsRedrive, KeepsTheAgeOfAMessage) {
  Harness h;
  h.create("dlq", {{"MessageRetentionPeriod", "100"}});
  h.create("q", {{"RedrivePolicy",
                  R"({"deadLetterTargetArn":")" + h.arn("dlq") + R"(","maxReceiveCount":1})"}});
  ASSERT_TRUE(h.send("q", "m"));
  h.pass(seconds(60));
  EXPECT_EQ(h.bodies("q", 1, 0), "m");
  EXPECT_EQ(h.bodies("q", 1, 0), "");
  EXPECT_EQ(h.counts("dlq"), "1/0/0");
  h.pass(seconds(40));
  EXPECT_EQ(h.counts("dlq"), "0/0/0");
}

TEST(SqsRedrive, AQueueWithoutItsTargetKeepsItsMessages) {
  Harness h;
  h.create("dlq");
  h.create("q", {{"RedrivePolicy",
                  R"({"deadLetterTargetArn":")" + h.arn("dlq") + R"(","maxReceiveCount":1})"}});
  ASSERT_TRUE(h.send("q", "m"));
  ASSERT_TRUE(h.run(delete_queue(*h.service, h.context, {h.url("dlq")})));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(h.bodies("q", 1, 0), "m");
}

// Documented: order within a group, one group locked while in flight, others go on.
TEST(SqsFifo, GroupsKeepTheirOrder) {
  Harness h;
  h.create("q.fifo");
  for (const char* body : {"a1", "b1", "a2", "b2", "a3"}) {
    ASSERT_TRUE(h.send_fifo("q.fifo", std::string(1, body[0]), body));
  }
  const auto first = h.receive("q.fifo", 2);
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(*first[0].body + *first[1].body, "a1a2");
  EXPECT_LT(first[0].attributes->at("SequenceNumber"), first[1].attributes->at("SequenceNumber"));
  EXPECT_EQ(h.bodies("q.fifo"), "b1 b2");
  EXPECT_EQ(h.bodies("q.fifo"), "");
  EXPECT_EQ(h.remove("q.fifo", first[0]), "");
  EXPECT_EQ(h.bodies("q.fifo"), "");
  EXPECT_EQ(h.hide("q.fifo", first[1], 0), "");
  h.reopen();
  EXPECT_EQ(h.bodies("q.fifo"), "a2 a3");
}

// Recorded: a handle of a FIFO queue ends with the visibility of its message.
TEST(SqsFifo, HandlesExpire) {
  Harness h;
  h.create("q.fifo");
  ASSERT_TRUE(h.send_fifo("q.fifo", "g", "m"));
  const auto got = h.receive("q.fifo", 1, 1);
  h.pass(seconds(2));
  EXPECT_EQ(h.remove("q.fifo", got[0]), "InvalidParameterValueException");
  EXPECT_EQ(h.hide("q.fifo", got[0], 10), "InvalidParameterValueException");
  const auto again = h.receive("q.fifo");
  EXPECT_EQ(h.remove("q.fifo", again[0]), "");
  EXPECT_EQ(h.remove("q.fifo", again[0]), "");
}

// Documented: five minutes, whether the message is still there or not; restarts change nothing.
TEST(SqsFifo, DeduplicatesForFiveMinutes) {
  Harness h;
  h.create("q.fifo");
  const auto first = h.send_fifo("q.fifo", "g", "one", "id");
  ASSERT_TRUE(first);
  EXPECT_EQ(h.remove("q.fifo", h.receive("q.fifo")[0]), "");
  h.pass(minutes(4));
  h.reopen();
  const auto second = h.send_fifo("q.fifo", "h", "two", "id");
  ASSERT_TRUE(second);
  EXPECT_EQ(second->message_id, first->message_id);
  EXPECT_EQ(second->sequence_number, first->sequence_number);
  EXPECT_EQ(h.bodies("q.fifo"), "");
  h.pass(minutes(1));
  ASSERT_TRUE(sweep(*h.service));
  const auto third = h.send_fifo("q.fifo", "g", "three", "id");
  ASSERT_TRUE(third);
  EXPECT_GT(*third->sequence_number, *first->sequence_number);
  EXPECT_EQ(h.bodies("q.fifo"), "three");
}

TEST(SqsFifo, DeduplicatesByContentAndByGroup) {
  Harness h;
  h.create("q.fifo", {{"ContentBasedDeduplication", "true"},
                      {"DeduplicationScope", "messageGroup"},
                      {"FifoThroughputLimit", "perMessageGroupId"}});
  const auto send = [&](const std::string& group) {
    api::SendMessageRequest input;
    input.queue_url = h.url("q.fifo");
    input.message_body = "same";
    input.message_group_id = group;
    return h.run(send_message(*h.service, h.context, input)).has_value();
  };
  EXPECT_TRUE(send("a") && send("a") && send("b"));
  EXPECT_EQ(h.bodies("q.fifo"), "same same");
}

// Documented: in a FIFO queue a new delay counts for messages that are delayed already.
TEST(SqsFifo, ANewDelayCountsAtOnce) {
  Harness h;
  h.create("q.fifo", {{"DelaySeconds", "100"}});
  ASSERT_TRUE(h.send_fifo("q.fifo", "g", "m"));
  h.pass(seconds(10));
  h.set("q.fifo", {{"DelaySeconds", "20"}});
  EXPECT_EQ(h.counts("q.fifo"), "0/0/1");
  h.reopen();
  h.pass(seconds(10));
  EXPECT_EQ(h.bodies("q.fifo"), "m");
}

// Documented: the same attempt gets the same messages and handles while nothing happened to them.
TEST(SqsFifo, AttemptsAreAnsweredAgain) {
  Harness h;
  h.create("q.fifo");
  ASSERT_TRUE(h.send_fifo("q.fifo", "g", "m"));
  const auto first = h.receive("q.fifo", 10, 60, "attempt");
  h.pass(seconds(50));
  const auto again = h.receive("q.fifo", 10, 60, "attempt");
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].receipt_handle, first[0].receipt_handle);
  EXPECT_EQ(again[0].attributes->at("ApproximateReceiveCount"), "1");
  h.pass(seconds(50));
  EXPECT_EQ(h.counts("q.fifo"), "0/1/0");
  EXPECT_EQ(h.remove("q.fifo", again[0]), "");
  EXPECT_TRUE(h.receive("q.fifo", 10, 60, "attempt").empty());
}

TEST(SqsFifo, ADeadLetterFreesTheGroup) {
  Harness h;
  h.create("dlq.fifo");
  h.create("q.fifo", {{"RedrivePolicy", R"({"deadLetterTargetArn":")" + h.arn("dlq.fifo") +
                                            R"(","maxReceiveCount":1})"}});
  ASSERT_TRUE(h.send_fifo("q.fifo", "g", "bad"));
  ASSERT_TRUE(h.send_fifo("q.fifo", "g", "good"));
  EXPECT_EQ(h.bodies("q.fifo", 1, 0), "bad");
  EXPECT_EQ(h.bodies("q.fifo", 1, 0), "good");
  const auto dead = h.receive("dlq.fifo");
  ASSERT_EQ(dead.size(), 1U);
  EXPECT_EQ(*dead[0].body, "bad");
  EXPECT_EQ(dead[0].attributes->at("MessageGroupId"), "g");
}

// Documented: moved messages are new ones; recorded: what is told of a task.
TEST(SqsMoveTask, MovesBackAndSurvivesARestart) {
  Harness h;
  h.create("dlq");
  h.create("q", {{"RedrivePolicy",
                  R"({"deadLetterTargetArn":")" + h.arn("dlq") + R"(","maxReceiveCount":1})"}});
  for (const char* body : {"a", "b", "c"}) ASSERT_TRUE(h.send("q", body));
  EXPECT_EQ(h.bodies("q", 10, 0), "a b c");
  EXPECT_EQ(h.bodies("q", 10, 0), "");
  EXPECT_EQ(h.counts("dlq"), "3/0/0");
  // A task as one that was left running: the start of the service goes on with it.
  MoveTask task;
  task.id = "task";
  task.place = h.context.place();
  task.source_arn = h.arn("dlq");
  task.started = h.clock.now();
  task.to_move = 3;
  h.service->tasks.insert(task);
  h.close();
  {
    auto opened = storage::Store::open({.directory = h.directory});
    storage::Batch batch;
    put_task(batch, task);
    ASSERT_TRUE((*opened)->commit_blocking(std::move(batch)));
  }
  h.open();
  while (h.service->tasks.running(h.arn("dlq"))) std::this_thread::yield();
  EXPECT_EQ(h.counts("dlq"), "0/0/0");
  const auto back = h.receive("q", 10);
  ASSERT_EQ(back.size(), 3U);
  EXPECT_FALSE(back[0].attributes->contains("DeadLetterQueueSourceArn"));
  const auto listed = h.run(list_message_move_tasks(*h.service, h.context, {h.arn("dlq"), 10}));
  ASSERT_TRUE(listed && listed->results);
  EXPECT_EQ(*listed->results->at(0).status, "COMPLETED");
  EXPECT_EQ(*listed->results->at(0).approximate_number_of_messages_moved, 3);
}

// Deduced: another account sees a queue only if its policy says so. What a policy says is decided
// elsewhere; here: whether it is asked, and for what.
TEST(SqsService, OtherAccountsNeedAPolicy) {
  Harness h;
  h.service->deps.lets_in = [](const protocol::Context& context, const std::string& action,
                               const std::string& arn, const std::string& policy) {
    return context.account == "222222222222" && action == "SendMessage" && arn.ends_with(":q") &&
           policy.find("222222222222") != policy.npos;
  };
  h.create("q");
  protocol::Context other = h.context;
  other.account = "222222222222";
  const auto send = [&] {
    api::SendMessageRequest input;
    input.queue_url = h.url("q");
    input.message_body = "m";
    const auto reply = h.run(send_message(*h.service, other, input));
    return reply ? "" : reply.error().code;
  };
  EXPECT_EQ(send(), "AccessDeniedException");
  ASSERT_TRUE(h.run(
      add_permission(*h.service, h.context, {h.url("q"), "l", {"222222222222"}, {"SendMessage"}})));
  EXPECT_EQ(send(), "");
  EXPECT_EQ(h.run(delete_queue(*h.service, other, {h.url("q")})).error().code,
            "AccessDeniedException");
}

}  // namespace
}  // namespace penstock::sqs
