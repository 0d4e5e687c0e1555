// Output becomes events; platform lines look as in CloudWatch (formats documented by AWS).
#include "services/lambda/log_lines.h"

#include <gtest/gtest.h>

namespace penstock::lambda {
namespace {

const std::string kFrame(
    "\xa5\x5a\x00\x03\x00\x00\x00\x05"
    "a\nb\nc",
    13);

struct SplitCase {
  std::string_view what;
  std::string bytes;
  std::vector<std::string> events;
};

TEST(LogSplitter, CutsLinesAndFramesHoweverTheyArrive) {
  const std::vector<SplitCase> cases = {
      {"lines", "one\ntwo\n", {"one\n", "two\n"}},
      {"the rest without a line end", "one\ntwo", {"one\n", "two\n"}},
      {"a frame keeps its newlines", kFrame + "after\n", {"a\nb\nc\n", "after\n"}},
      {"frame after a line", "before\n" + kFrame, {"before\n", "a\nb\nc\n"}},
      {"empty lines", "\n\n", {"\n", "\n"}},
      {"half a frame at the end", kFrame.substr(0, 9), {kFrame.substr(0, 9) + "\n"}},
  };
  for (const SplitCase& test : cases) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{4}, test.bytes.size()}) {
      SCOPED_TRACE(test.what);
      LogSplitter splitter;
      std::vector<std::string> events;
      for (std::size_t at = 0; at < test.bytes.size(); at += piece) {
        splitter.feed(std::string_view(test.bytes).substr(at, piece), events);
      }
      splitter.flush(events);
      EXPECT_EQ(events, test.events);
    }
  }
}

TEST(LogSplitter, CutsALineThatIsTooLong) {
  LogSplitter splitter;
  std::vector<std::string> events;
  splitter.feed(std::string(LogSplitter::kEventBytesMax * 2 + 1, 'x') + "\n", events);
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0].size(), LogSplitter::kEventBytesMax);
  EXPECT_EQ(events[2], "x\n");
}

TEST(LogTail, KeepsTheLastFourKilobytes) {
  LogTail tail;
  for (int i = 0; i < 100; ++i) tail.append(std::string(1000, static_cast<char>('a' + i % 26)));
  tail.append("end");
  const std::string kept = tail.take();
  EXPECT_EQ(kept.size(), 4096U);
  EXPECT_TRUE(kept.ends_with("end"));
}

TEST(PlatformLines, AreWrittenAsOnAws) {
  using std::chrono::microseconds;
  EXPECT_EQ(start_line("id-1", "$LATEST"), "START RequestId: id-1 Version: $LATEST\n");
  EXPECT_EQ(
      report_line("id-1", {.duration = microseconds(15'740),
                           .init_duration = microseconds(130'490),
                           .memory_mb = 128,
                           .memory_used_bytes = 56 << 20}),
      "REPORT RequestId: id-1\tDuration: 15.74 ms\tBilled Duration: 16 ms\tMemory Size: 128 MB\t"
      "Max Memory Used: 56 MB\tInit Duration: 130.49 ms\t\n");
  EXPECT_EQ(
      log_stream_name(Timestamp::from_seconds(std::int64_t{1'580'428'800}), "$LATEST", "3893"),
      "2020/01/31/[$LATEST]3893");
}

}  // namespace
}  // namespace penstock::lambda
