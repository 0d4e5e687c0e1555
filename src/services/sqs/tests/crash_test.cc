// The process dies while something is on its way to the disk. What was answered is so; what was not
// answered has happened or not, and never by half.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "base/crash_points.h"
#include "services/sqs/store.h"
#include "services/sqs/tests/harness.h"

namespace penstock::sqs {
namespace {

// Runs `prepare`, arms the point, runs `act` in a child that must die of it; then opens again.
void crash_in(const std::string& path, const char* point,
              const std::function<void(Harness&)>& prepare,
              const std::function<void(Harness&)>& act) {
  const pid_t child = fork();
  if (child == 0) {
    auto* const h = new Harness(path);  // Never destroyed: the process is to die.
    prepare(*h);
    arm_crash_point(point);
    act(*h);
    _exit(2);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  ASSERT_EQ(WEXITSTATUS(status), 137);
}

std::string new_directory() {
  std::string path = (std::filesystem::temp_directory_path() / "sqs-XXXXXX").string();
  CHECK(mkdtemp(path.data()) != nullptr);
  return path;
}

std::string redrive(const std::string& target) {
  return R"({"deadLetterTargetArn":")" + Harness::arn(target) + R"(","maxReceiveCount":1})";
}

TEST(SqsCrash, AnsweredSendsStay) {
  for (const char* point : {"sqs.send", "commit.before_write", "commit.after_write"}) {
    SCOPED_TRACE(point);
    const std::string path = new_directory();
    crash_in(
        path, point,
        [](Harness& h) {
          h.create("q");
          if (!h.send("q", "answered")) _exit(1);
        },
        [](Harness& h) { (void)h.send("q", "open"); });
    Harness h(path);
    const std::string bodies = h.bodies("q");
    EXPECT_TRUE(bodies == "answered" || bodies == "answered open") << bodies;
    EXPECT_EQ(bodies == "answered open", std::string_view(point) == "commit.after_write");
  }
}

TEST(SqsCrash, AnsweredDeletesStay) {
  for (const char* point : {"sqs.delete", "commit.before_write", "commit.after_write"}) {
    SCOPED_TRACE(point);
    const std::string path = new_directory();
    crash_in(
        path, point,
        [](Harness& h) {
          h.create("q");
          if (!h.send("q", "one") || !h.send("q", "two")) _exit(1);
          const auto got = h.receive("q", 2, 0);
          if (got.size() != 2 || h.remove("q", got[0]) != "") _exit(1);
        },
        [](Harness& h) { h.remove("q", h.receive("q", 1, 0)[0]); });
    Harness h(path);
    const std::string bodies = h.bodies("q");
    EXPECT_TRUE(bodies.empty() || bodies == "two") << bodies;
  }
}

TEST(SqsCrash, ARedriveLeavesTheMessageInOneQueue) {
  for (const char* point : {"sqs.receive", "commit.before_write", "commit.after_write"}) {
    SCOPED_TRACE(point);
    const std::string path = new_directory();
    crash_in(
        path, point,
        [](Harness& h) {
          h.create("dlq");
          h.create("q", {{"RedrivePolicy", redrive("dlq")}});
          if (!h.send("q", "m") || h.bodies("q", 1, 0) != "m") _exit(1);
        },
        [](Harness& h) { h.receive("q"); });
    Harness h(path);
    const std::string source = h.attribute("q", "ApproximateNumberOfMessages");
    const std::string dead = h.attribute("dlq", "ApproximateNumberOfMessages");
    EXPECT_EQ(source + dead, std::string_view(point) == "commit.after_write" ? "01" : "10");
  }
}

TEST(SqsCrash, AMoveTaskCountsEachMessageOnce) {
  for (const char* point : {"sqs.move:2", "commit.before_write:3", "commit.after_write:3"}) {
    SCOPED_TRACE(point);
    const std::string path = new_directory();
    crash_in(
        path, point,
        [](Harness& h) {
          h.create("dlq");
          h.create("q", {{"RedrivePolicy", redrive("dlq")}});
          for (int i = 0; i < 5; ++i) {
            if (!h.send("dlq", std::to_string(i))) _exit(1);
          }
        },
        [](Harness& h) {
          (void)h.run(
              start_message_move_task(*h.service, h.context, {h.arn("dlq"), h.arn("q"), {}}));
          while (h.service->tasks.running(h.arn("dlq"))) usleep(1000);
        });
    Harness h(path);
    while (h.service->tasks.running(h.arn("dlq"))) usleep(1000);
    EXPECT_EQ(h.counts("dlq"), "0/0/0");
    EXPECT_EQ(h.bodies("q"), "0 1 2 3 4");
    const auto tasks = h.service->tasks.all();
    ASSERT_EQ(tasks.size(), 1U);
    EXPECT_EQ(tasks[0].moved, 5U);
    EXPECT_EQ(tasks[0].status, MoveStatus::kCompleted);
  }
}

}  // namespace
}  // namespace penstock::sqs
