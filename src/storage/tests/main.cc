// The test program is also the victim of the crash tests: `--crash-child` (see crash_test.cc).
#include <gtest/gtest.h>

#include <string_view>

#include "storage/tests/crash_child.h"

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "--crash-child") {
    return penstock::storage::testing::crash_child(argc - 2, argv + 2);
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
