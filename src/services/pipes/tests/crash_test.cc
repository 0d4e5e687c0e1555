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

// A queue whose messages outlive the process.
FakeService::Answer queue_in(std::string path) {
  return [path](const std::string& operation,
                protocol::AnyShape& input) -> protocol::ApiResult<protocol::AnyShape> {
    if (operation == "GetQueueUrl") return protocol::AnyShape::of(sqs::api::GetQueueUrlResult{});
    if (operation != "SendMessage") return protocol::refuse("EmptyBatchRequest", "empty");
    std::ofstream(path, std::ios::app)
        << input.as<sqs::api::SendMessageRequest>().message_body << std::endl;
    return protocol::AnyShape::of(sqs::api::SendMessageResult{});
  };
}

// It dies between telling the dead-letter queue and noting that: the record is told of again, and
// is not sent to the target.
TEST(PipeCrash, ADeadLetterIsNeitherLostNorFollowedByItsRecord) {
  std::string path = (std::filesystem::temp_directory_path() / "pipes-XXXXXX").string();
  ASSERT_NE(mkdtemp(path.data()), nullptr);
  const std::string letters = path + "-letters";
  const pid_t child = fork();
  if (child == 0) {
    auto* const h = new Harness(path);  // Never destroyed: the process is to die.
    h->stream.add_shard("shard-a");
    h->stream.put("shard-a", 8, h->clock.now());
    h->target.poison("\"event5\"");
    h->others.sqs.answer = queue_in(letters);
    h->open();
    arm_crash_point("pipe.after_dead_letter");
    auto request = Harness::request();
    auto& source = *request.source_parameters->dynamo_db_stream_parameters;
    source.maximum_retry_attempts = 0;
    source.on_partial_batch_item_failure = "AUTOMATIC_BISECT";
    source.dead_letter_config.emplace().arn = "arn:aws:sqs:us-east-1:000000000000:dead";
    h->create(request);
    h->target.wait_for(100);
    _exit(1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  ASSERT_EQ(WEXITSTATUS(status), 137);
  Harness h(path);
  h.stream.add_shard("shard-a");
  h.stream.put("shard-a", 8, h.clock.now());
  h.target.poison("\"event5\"");
  h.others.sqs.answer = queue_in(letters);
  h.open();
  EXPECT_TRUE(h.wait_for_counters({8, 7, 0, 1}));
  EXPECT_EQ(h.numbers(), (std::vector<int>{1, 2, 3, 4, 6, 7, 8}));
  std::ifstream file(letters);
  std::string line;
  int told = 0;
  for (; std::getline(file, line); ++told) {
    EXPECT_NE(line.find(R"("startSequenceNumber":"5","endSequenceNumber":"5")"), line.npos);
  }
  EXPECT_EQ(told, 2);
  std::filesystem::remove(letters);
}

}  // namespace
}  // namespace penstock::pipes
