// Crash points: the armed one ends the process at the right hit, the others never do.
#include "base/crash_points.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace penstock {
namespace {

using ::testing::ExitedWithCode;

// Runs in the child of a death test.
[[noreturn]] void hit(const char* spec, int times) {
  arm_crash_point(spec);
  for (int i = 0; i < times; ++i) {
    crash_point("other.point");
    crash_point("the.point");
  }
  std::exit(0);
}

TEST(CrashPointsDeathTest, EndsTheProcessAtTheCountedHit) {
  EXPECT_EXIT(hit("the.point", 1), ExitedWithCode(137), "");
  EXPECT_EXIT(hit("the.point:3", 3), ExitedWithCode(137), "");
}

TEST(CrashPointsDeathTest, ElseDoesNothing) {
  EXPECT_EXIT(hit("", 5), ExitedWithCode(0), "");
  EXPECT_EXIT(hit("the.point:3", 2), ExitedWithCode(0), "");
  EXPECT_EXIT(hit("the.poin", 5), ExitedWithCode(0), "");
  EXPECT_EXIT(hit("the.point:", 5), ExitedWithCode(0), "");  // A name of its own, never hit.
  EXPECT_EXIT(hit("the.point:0", 5), ExitedWithCode(0), "");
}

}  // namespace
}  // namespace penstock
