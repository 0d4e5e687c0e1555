// The process dies while a pipe delivers. Afterwards every record is at the target once and counted
// once.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/crash_points.h"
#include "services/pipes/tests/harness.h"

namespace penstock::pipes {
namespace {

constexpr int kRecords = 100;

TEST(PipeCrash, NothingIsLostOrRepeated) {
  for (const char* point : {"pipe.before_append:1", "pipe.before_append:4", "pipe.after_append:1",
                            "pipe.after_append:4", "commit.after_write:3"}) {
    SCOPED_TRACE(point);
    std::string path = (std::filesystem::temp_directory_path() / "pipes-XXXXXX").string();
    ASSERT_NE(mkdtemp(path.data()), nullptr);
    const pid_t child = fork();
    if (child == 0) {
      auto* const h = new Harness(path);  // Never destroyed: the process is to die.
      h->stream.add_shard("shard-a");
      h->stream.put("shard-a", kRecords, h->clock.now());
      h->open();
      arm_crash_point(point);
      auto request = Harness::request();
      request.source_parameters->dynamo_db_stream_parameters->batch_size = 10;
      h->create(request);
      h->target.wait_for(kRecords * 2);
      _exit(1);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    ASSERT_EQ(WEXITSTATUS(status), 137);
    Harness h(path);
    h.stream.add_shard("shard-a");
    h.stream.put("shard-a", kRecords, h.clock.now());
    h.open();
    EXPECT_TRUE(h.target.wait_for(kRecords));
    EXPECT_EQ(h.numbers(), upto(kRecords));
    EXPECT_TRUE(h.wait_for_counters({kRecords, kRecords, 0, 0}));
  }
}

}  // namespace
}  // namespace penstock::pipes
