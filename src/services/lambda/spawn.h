// Starts a child process without ever running unsafe code between fork and exec.
//
// The child shares the parent's memory until it execs (vfork), so between the two there are system
// calls only. It leads its own process group, cannot gain privileges, holds no descriptor but those
// given, and is killed when the *thread* that spawned it ends: call spawn() from a thread that
// lives as long as the children should.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace penstock::lambda {

// A file descriptor that closes itself.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept;
  ~Fd() { reset(); }
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int release();
  void reset();

 private:
  int fd_ = -1;
};

struct ResourceLimits {
  std::uint64_t data_bytes = 0;  // 0: unlimited. Private writable memory (RLIMIT_DATA).
  std::uint64_t file_bytes = 0;  // 0: unlimited. The largest file it may write.
  std::uint64_t open_files = 1024;
};

struct SpawnPlan {
  std::string program;                   // An absolute path.
  std::vector<std::string> arguments;    // With argv[0].
  std::vector<std::string> environment;  // "NAME=value"
  std::string directory;                 // Where it starts; empty: where we are.
  // descriptors[i] becomes the child's descriptor i; -1 is /dev/null. All others are closed.
  std::vector<int> descriptors;
  ResourceLimits limits;
};

struct Child {
  pid_t pid = -1;
  Fd pidfd;  // Readable when the child has ended.
};

Result<Child> spawn(const SpawnPlan& plan);

// How a child ended. reap() must be called once, when pidfd is readable.
struct ExitState {
  bool signaled = false;
  int code = 0;  // The exit status, or the signal.
  std::uint64_t memory_peak_bytes = 0;
};
ExitState reap(const Child& child);
// SIGKILL to the child and its process group.
void kill_group(const Child& child);

}  // namespace penstock::lambda
