// Which message is next, hidden, in flight: for standard queues and for groups of FIFO queues.
#include "services/sqs/backlog.h"

#include <gtest/gtest.h>

namespace penstock::sqs {
namespace {

MessageKey key(std::uint64_t n) { return {1000, n}; }

MessageState in_flight(std::int64_t until) {
  MessageState state;
  state.visible_millis = until;
  state.receives = 1;
  return state;
}

std::uint64_t next(const Backlog& backlog) {
  const auto entry = backlog.peek();
  return entry ? entry->key.sequence : 0;
}

std::string counts_of(const Backlog& backlog) {
  const MessageCounts c = backlog.counts();
  return std::to_string(c.visible) + "/" + std::to_string(c.in_flight) + "/" +
         std::to_string(c.delayed);
}

TEST(SqsBacklog, HidesAndShows) {
  Backlog backlog(false);
  MessageState delayed;
  delayed.visible_millis = 50;
  backlog.add(key(1), delayed, "", 0);
  backlog.add(key(2), {}, "", 0);
  EXPECT_EQ(counts_of(backlog), "1/0/1");
  EXPECT_EQ(next(backlog), 2U);
  backlog.hide(key(2), in_flight(20));
  EXPECT_EQ(counts_of(backlog), "0/1/1");
  EXPECT_EQ(next(backlog), 0U);
  EXPECT_EQ(backlog.next_due_millis(), 20);
  backlog.advance(20);
  EXPECT_EQ(next(backlog), 2U);
  backlog.advance(50);
  EXPECT_EQ(next(backlog), 1U);
  backlog.remove(key(1));
  backlog.hide(key(2), in_flight(90));
  backlog.remove(key(2));
  EXPECT_EQ(counts_of(backlog), "0/0/0");
  EXPECT_FALSE(backlog.next_due_millis());
}

TEST(SqsBacklog, ExpiresByTheTimeOfSending) {
  Backlog backlog(false);
  for (const std::int64_t sent : {10, 20, 30}) {
    backlog.add({sent, static_cast<std::uint64_t>(sent)}, {}, "", 0);
  }
  backlog.hide({20, 20}, in_flight(1000));
  EXPECT_EQ(backlog.oldest_sent_millis(), 10);
  EXPECT_EQ(backlog.expire(20).size(), 2U);
  EXPECT_EQ(backlog.size(), 1U);
  EXPECT_EQ(counts_of(backlog), "1/0/0");
}

// Documented: in order within a group, and no message of a group while one is in flight.
TEST(SqsBacklog, GroupsAreLockedWhileInFlight) {
  Backlog backlog(true);
  backlog.add(key(1), {}, "a", 0);
  backlog.add(key(2), {}, "a", 0);
  backlog.add(key(3), {}, "b", 0);
  EXPECT_EQ(next(backlog), 1U);
  backlog.hide(key(1), in_flight(50));
  EXPECT_EQ(next(backlog), 3U);
  // The request that received the first may go on with its group.
  const std::string a = "a";
  EXPECT_EQ(backlog.peek(&a)->key.sequence, 2U);
  backlog.remove(key(1));
  EXPECT_EQ(next(backlog), 2U);
  backlog.hide(key(2), in_flight(60));
  backlog.advance(60);
  EXPECT_EQ(next(backlog), 2U);
}

TEST(SqsBacklog, AMessageThatComesBackIsBeforeItsFollowers) {
  Backlog backlog(true);
  for (std::uint64_t n : {1, 2, 3}) backlog.add(key(n), {}, "a", 0);
  backlog.hide(key(1), in_flight(50));
  backlog.hide(key(2), in_flight(90));
  backlog.advance(50);
  EXPECT_EQ(next(backlog), 0U);  // The second is still in flight.
  backlog.remove(key(2));
  EXPECT_EQ(next(backlog), 1U);
}

TEST(SqsBacklog, ADelayedMessageHoldsItsGroup) {
  Backlog backlog(true);
  MessageState delayed;
  delayed.visible_millis = 50;
  backlog.add(key(1), delayed, "a", 0);
  backlog.add(key(2), {}, "a", 0);
  EXPECT_EQ(next(backlog), 0U);
  EXPECT_EQ(counts_of(backlog), "1/0/1");
  backlog.advance(50);
  EXPECT_EQ(next(backlog), 1U);
}

TEST(SqsBacklog, FindsTheGroup) {
  Backlog backlog(true);
  backlog.add(key(1), {}, "a", 0);
  ASSERT_TRUE(backlog.find(key(1)));
  EXPECT_EQ(*backlog.find(key(1))->group, "a");
  EXPECT_FALSE(backlog.find(key(2)));
  backlog.clear();
  EXPECT_EQ(backlog.size(), 0U);
  EXPECT_EQ(next(backlog), 0U);
}

}  // namespace
}  // namespace penstock::sqs
