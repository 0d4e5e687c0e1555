// The arithmetic of reconciliation: what is named lost or doubled, and what is only counted. The expectations
// follow from the definition: each change is in exactly one of delivered, filtered, failed, pending.
#include "server/reconcile.h"

#include <gtest/gtest.h>

namespace penstock::server {
namespace {

struct Bench {
  ChangeBook book;
  Report report;
  SettledBatch batch;

  explicit Bench(int changes) {
    for (int i = 0; i < changes; ++i) book.add("id" + std::to_string(i), std::to_string(1000 + i));
    for (Change& change : book.changes()) batch.members.push_back(&change);
    batch.records = batch.delivered = static_cast<std::uint64_t>(changes);
    batch.object = "s3://b/k";
  }
};

TEST(Reconcile, CountsWhatFits) {
  Bench bench(3);
  bench.batch.lines = {"id0", "1001", "id2"};  // By event id or by sequence number.
  settle(bench.report, bench.book, bench.batch);
  EXPECT_TRUE(bench.report.good());
  EXPECT_EQ(bench.report.delivered, 3U);
}

TEST(Reconcile, NamesAMissingLine) {
  Bench bench(3);
  bench.batch.lines = {"id0", "id2"};
  settle(bench.report, bench.book, bench.batch);
  ASSERT_EQ(bench.report.lost, 1U);
  EXPECT_EQ(bench.report.problems[0].change, "id1");
  EXPECT_EQ(bench.report.problems[0].where, "s3://b/k");
}

TEST(Reconcile, NamesADoubledLine) {
  Bench bench(2);
  bench.batch.lines = {"id0", "id1", "id1"};
  settle(bench.report, bench.book, bench.batch);
  EXPECT_EQ(bench.report.lost, 0U);
  ASSERT_EQ(bench.report.duplicate, 1U);
  EXPECT_EQ(bench.report.problems[0].change, "id1");
}

TEST(Reconcile, NamesALineOfNobody) {
  Bench bench(1);
  bench.batch.lines = {"id0", "stranger"};
  settle(bench.report, bench.book, bench.batch);
  ASSERT_EQ(bench.report.duplicate, 1U);
  EXPECT_EQ(bench.report.problems[0].change, "stranger");
}

TEST(Reconcile, AllowsAsManyAbsentLinesAsWereDropped) {
  Bench bench(3);
  bench.batch.delivered = 2;
  bench.batch.dropped = 1;
  bench.batch.lines = {"id0", "id2"};
  settle(bench.report, bench.book, bench.batch);
  EXPECT_TRUE(bench.report.good());
  EXPECT_EQ(bench.report.filtered, 1U);
}

TEST(Reconcile, DoesNotMissWhatIsInAnErrorObject) {
  Bench bench(2);
  bench.batch.delivered = 1;
  bench.batch.failed = 1;
  bench.book.changes()[1].errored = true;
  bench.batch.lines = {"id0"};
  settle(bench.report, bench.book, bench.batch);
  EXPECT_TRUE(bench.report.good());
  EXPECT_EQ(bench.report.failed, 1U);
}

TEST(Reconcile, CountsLinesThatNameNothing) {
  for (const std::size_t lines : {1U, 2U, 3U}) {
    SCOPED_TRACE(lines);
    Bench bench(2);
    bench.batch.lines.assign(lines, "");
    settle(bench.report, bench.book, bench.batch);
    EXPECT_EQ(bench.report.lost, lines < 2 ? 1U : 0U);
    EXPECT_EQ(bench.report.duplicate, lines > 2 ? 1U : 0U);
  }
}

TEST(Reconcile, AnObjectThatIsGoneIsLost) {
  Bench bench(2);
  bench.batch.readable = false;
  bench.batch.fault = "The specified key does not exist.";
  settle(bench.report, bench.book, bench.batch);
  EXPECT_EQ(bench.report.lost, 2U);
}

TEST(Reconcile, FindsTheIdOfARecordOrALine) {
  EXPECT_EQ(change_id_of(R"({"eventID":"e1","dynamodb":{"SequenceNumber":"5"}})"), "e1");
  EXPECT_EQ(change_id_of(R"({"orderid":"1","event_id":"e2"})"), "e2");
  EXPECT_EQ(change_id_of(R"({"sequenceNumber":"7"})"), "7");
  EXPECT_EQ(change_id_of(R"({"a":1})"), "");
  EXPECT_EQ(change_id_of("not json"), "");
}

}  // namespace
}  // namespace penstock::server
