// Whatever was acknowledged is there after the process was killed, at a random moment or at a crash
// point.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "storage/blobs.h"
#include "storage/key.h"
#include "storage/store.h"
#include "storage/tests/crash_child.h"
#include "storage/tests/scratch.h"

namespace penstock::storage {
namespace {

using testing::crash_key;
using testing::crash_value;
using testing::kCrashWriters;
using testing::options_at;
using testing::Scratch;

class Child {
 public:
  Child(const std::string& directory, const std::string& what, const std::string& crash_at = "") {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    acknowledgements_ = ends[0];
    const int inherited = 19;  // dup2 in the child clears close-on-exec.
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], inherited);
    std::vector<std::string> arguments = {"/proc/self/exe", "--crash-child", directory,
                                          fmt::format("{}", inherited), what};
    std::vector<std::string> environment = {"PENSTOCK_CRASH_AT=" + crash_at};
    for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
    const int spawned = ::posix_spawn(&pid_, "/proc/self/exe", &actions, nullptr,
                                      pointers(arguments).data(), pointers(environment).data());
    EXPECT_EQ(spawned, 0);
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
  }
  ~Child() { ::close(acknowledgements_); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Reads acknowledgements until so many lines came, or all there are.
  void read_lines(std::size_t count) {
    char buffer[4096];
    while (lines() < count) {
      const ssize_t got = ::read(acknowledgements_, buffer, sizeof buffer);
      if (got <= 0) return;
      text_.append(buffer, static_cast<std::size_t>(got));
    }
  }
  void kill() const { ::kill(pid_, SIGKILL); }
  // What was acknowledged before the end, line by line; `status` as waitpid says.
  std::vector<std::string> finish(int& status) {
    read_lines(std::string::npos);
    ::waitpid(pid_, &status, 0);
    std::vector<std::string> found;
    std::size_t begin = 0;
    for (std::size_t end = text_.find('\n'); end != std::string::npos;
         end = text_.find('\n', begin)) {
      found.push_back(text_.substr(begin, end - begin));
      begin = end + 1;
    }
    return found;
  }

 private:
  static std::vector<char*> pointers(std::vector<std::string>& strings) {
    std::vector<char*> found;
    for (std::string& each : strings) found.push_back(each.data());
    found.push_back(nullptr);
    return found;
  }
  std::size_t lines() const {
    return static_cast<std::size_t>(std::count(text_.begin(), text_.end(), '\n'));
  }

  pid_t pid_ = 0;
  int acknowledgements_ = -1;
  std::string text_;
};

// How many keys of each writer must be there: those acknowledged, and those an earlier look found.
class Ledger {
 public:
  void note(const std::vector<std::string>& lines) {
    for (const std::string& line : lines) {
      const std::size_t space = line.find(' ');
      const int writer = std::stoi(line.substr(0, space));
      const int number = std::stoi(line.substr(space + 1));
      at_least_[writer] = std::max(at_least_[writer], number + 1);
    }
  }

  void check(const std::string& directory) {
    const auto store = std::move(Store::open(options_at(directory)).value());
    for (int writer = 0; writer < kCrashWriters; ++writer) {
      int number = 0;
      for (;; ++number) {
        const auto item = store->get(Family::kItems, crash_key(writer, number)).value();
        ASSERT_EQ(item, store->get(Family::kChanges, crash_key(writer, number)).value())
            << "half a batch";
        if (!item) break;
        ASSERT_EQ(*item, crash_value(writer, number));
      }
      int& least = at_least_[writer];
      EXPECT_GE(number, least) << "an acknowledged key is missing";
      // A writer waits for each answer, so at most one commit is there unacknowledged.
      EXPECT_LE(number, least + 1);
      least = number;
    }
  }

 private:
  std::map<int, int> at_least_;
};

TEST(Crash, KilledAtRandomMoments) {
  const Scratch scratch;
  const unsigned seed = std::random_device()();
  std::mt19937 random(seed);
  SCOPED_TRACE(fmt::format("seed {}", seed));
  Ledger ledger;
  for (int life = 0; life < 8; ++life) {
    Child child(scratch.path(), "store");
    child.read_lines(1 + random() % 1500);
    child.kill();
    int status = 0;
    ledger.note(child.finish(status));
    ASSERT_TRUE(WIFSIGNALED(status));
    ledger.check(scratch.path());
  }
}

TEST(Crash, AtEveryPointOfTheCommit) {
  for (const char* point : {"commit.before_write:1", "commit.before_write:30",
                            "commit.after_write:1", "commit.after_write:30"}) {
    SCOPED_TRACE(point);
    const Scratch scratch;
    Ledger ledger;
    for (int life = 0; life < 3; ++life) {
      Child child(scratch.path(), "store", point);
      int status = 0;
      ledger.note(child.finish(status));
      ASSERT_TRUE(WIFEXITED(status));
      ASSERT_EQ(WEXITSTATUS(status), 137);
      ledger.check(scratch.path());
    }
  }
}

std::size_t files_under(const std::string& directory) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) ++count;
  }
  return count;
}

TEST(Crash, BlobsLeaveAtMostAnUnreferencedFile) {
  for (const char* point : {"blob.before_rename:3", "blob.after_rename:3"}) {
    SCOPED_TRACE(point);
    const Scratch scratch;
    Child child(scratch.path(), "blob", point);
    int status = 0;
    const std::vector<std::string> ids = child.finish(status);
    ASSERT_EQ(WEXITSTATUS(status), 137);
    ASSERT_EQ(ids.size(), 2U);
    EXPECT_EQ(files_under(scratch.path()), 3U);
    const auto files = std::move(BlobFiles::open(scratch.path(), Durability::kAlways).value());
    ASSERT_TRUE(
        files->sweep([&](const BlobId& id) { return id.value == ids[0] || id.value == ids[1]; }));
    EXPECT_EQ(files_under(scratch.path()), 2U);
    for (const std::string& id : ids) {
      EXPECT_EQ((*files->open_blob({id}))->read(0, 1 << 20).value(), std::string(300'000, 'x'));
    }
  }
}

}  // namespace
}  // namespace penstock::storage
