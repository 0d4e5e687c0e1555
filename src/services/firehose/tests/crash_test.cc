// The process dies in the middle of a delivery. Afterwards every record is delivered exactly once.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/crash_points.h"
#include "services/firehose/tests/harness.h"

namespace penstock::firehose {
namespace {

TEST(FirehoseCrash, DeliversOnceWhereverItDies) {
  for (const char* point : {"firehose.after_decide:2", "firehose.before_put:2",
                            "firehose.after_put:2", "commit.after_write:12"}) {
    SCOPED_TRACE(point);
    std::string path = (std::filesystem::temp_directory_path() / "firehose-XXXXXX").string();
    ASSERT_NE(mkdtemp(path.data()), nullptr);
    const pid_t child = fork();
    if (child == 0) {
      auto* const h = new Harness(path);  // Never destroyed: the process is to die.
      h->open();
      h->create(Harness::direct());
      h->put_direct("0;");
      h->settled(1);
      arm_crash_point(point);
      // Each record is in a batch of its own.
      for (int i = 1; i < 10; ++i) {
        h->put_direct(std::to_string(i) + ";");
        h->settled(static_cast<std::uint64_t>(i) + 1);
      }
      _exit(2);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    ASSERT_EQ(WEXITSTATUS(status), 137);
    {
      Harness h(path);
      h.open();
      h.put_direct("end");
      const std::string last = "end";
      ASSERT_TRUE(h.eventually([&] { return h.delivered().ends_with(last); }));
      // What was not put before the crash was never acknowledged; the rest is there in order.
      const std::string all = h.delivered();
      std::string expected;
      for (int i = 0; i < 10 && all.find(std::to_string(i) + ";") != all.npos; ++i) {
        expected += std::to_string(i) + ";";
      }
      EXPECT_EQ(all, expected + last);
      EXPECT_GE(expected.size(), 4U);
      std::uint64_t records = 0;
      for (const LedgerEntry& entry : h.entries()) records += entry.records;
      EXPECT_EQ(records, expected.size() / 2 + 1);
      EXPECT_TRUE(h.settled(records));  // The view follows the commit.
      EXPECT_EQ(h.totals().records, records);
    }
    std::filesystem::remove_all(path);
  }
}

}  // namespace
}  // namespace penstock::firehose
