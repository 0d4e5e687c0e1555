// The process dies in the middle of an append. What the producer repeats afterwards is there once.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/crash_points.h"
#include "services/kinesis/tests/harness.h"

namespace penstock::kinesis {
namespace {

bool produce(Harness& h, int first, int last) {
  protocol::Context context = h.context;
  context.producer = protocol::Producer{"pipe", {}};
  api::PutRecordsInput input;
  input.stream_name = "orders";
  for (int i = first; i <= last; ++i) {
    const std::string text = std::to_string(i);
    context.producer->positions.push_back(text);
    input.records.push_back({Blob{text}, std::nullopt, "k"});
  }
  return h.run(put_records(*h.service, context, std::move(input))).has_value();
}

TEST(KinesisCrash, ARepeatedAppendIsThereOnce) {
  for (const char* point : {"kinesis.append", "commit.before_write", "commit.after_write"}) {
    SCOPED_TRACE(point);
    std::string path = (std::filesystem::temp_directory_path() / "kinesis-XXXXXX").string();
    ASSERT_NE(mkdtemp(path.data()), nullptr);
    const pid_t child = fork();
    if (child == 0) {
      auto* const h = new Harness(path);  // Never destroyed: the process is to die.
      h->create("orders");
      if (!produce(*h, 1, 3)) _exit(1);
      arm_crash_point(point);
      produce(*h, 4, 6);
      _exit(2);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    ASSERT_EQ(WEXITSTATUS(status), 137);
    Harness h(path);
    EXPECT_TRUE(produce(h, 4, 6));
    EXPECT_TRUE(produce(h, 1, 7));
    EXPECT_EQ(h.contents("orders"), "1 2 3 4 5 6 7");
  }
}

}  // namespace
}  // namespace penstock::kinesis
