// vfork and exec, with everything the child needs prepared beforehand.
#include "services/lambda/spawn.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace penstock::lambda {
namespace {

// Everything the child reads, as plain pointers: it must not allocate, lock or unwind.
struct ChildPlan {
  const char* program;
  char* const* arguments;
  char* const* environment;
  const char* directory;
  const int* descriptors;
  int descriptor_count;
  int null_fd;
  ResourceLimits limits;
  pid_t parent;
};

void limit(int resource, std::uint64_t value) {
  const rlimit both{value, value};
  ::setrlimit(static_cast<__rlimit_resource>(resource), &both);
}

// Runs in the child while the parent's thread is suspended. Ends in exec, or in the errno that
// prevented it.
int prepare_and_exec(const ChildPlan& plan) {
  ::setpgid(0, 0);
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return errno;
  if (::getppid() != plan.parent) return ESRCH;  // The parent died before the line above.
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
  // First out of the way of the targets (they may overlap), then down to 0, 1, 2, ...
  int lifted[16];
  for (int i = 0; i < plan.descriptor_count; ++i) {
    const int source = plan.descriptors[i] < 0 ? plan.null_fd : plan.descriptors[i];
    lifted[i] = ::fcntl(source, F_DUPFD_CLOEXEC, 64);
    if (lifted[i] < 0) return errno;
  }
  for (int i = 0; i < plan.descriptor_count; ++i) {
    if (::dup2(lifted[i], i) < 0) return errno;
  }
  if (::syscall(SYS_close_range, plan.descriptor_count, ~0U, CLOSE_RANGE_CLOEXEC) != 0)
    return errno;
  if (plan.directory != nullptr && ::chdir(plan.directory) != 0) return errno;
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_NOFILE, plan.limits.open_files);
  if (plan.limits.file_bytes != 0) limit(RLIMIT_FSIZE, plan.limits.file_bytes);
  if (plan.limits.data_bytes != 0) limit(RLIMIT_DATA, plan.limits.data_bytes);
  // The parent blocked every signal around the vfork; the child starts with none blocked or caught.
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(plan.program, plan.arguments, plan.environment);
  return errno;
}

// Not inlined: the child must not share a frame whose variables the parent goes on to use.
[[gnu::noinline]] pid_t vfork_child(const ChildPlan& plan, volatile int& child_error) {
  const pid_t pid = ::vfork();
  if (pid == 0) {
    child_error = prepare_and_exec(plan);
    ::_exit(127);
  }
  return pid;
}

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (const std::string& text : strings) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

std::unexpected<Error> system_error(std::string_view what, int code) {
  return fail(ErrorKind::kIo, fmt::format("{}: {}", what, std::generic_category().message(code)));
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = other.release();
  }
  return *this;
}
int Fd::release() { return std::exchange(fd_, -1); }
void Fd::reset() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Result<Child> spawn(const SpawnPlan& plan) {
  if (plan.descriptors.size() > 16)
    return fail(ErrorKind::kLimit, "too many descriptors for a child");
  const Fd null_fd(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null_fd.valid()) return system_error("cannot open /dev/null", errno);
  const std::vector<char*> arguments = pointers(plan.arguments);
  const std::vector<char*> environment = pointers(plan.environment);
  const ChildPlan child_plan{
      .program = plan.program.c_str(),
      .arguments = arguments.data(),
      .environment = environment.data(),
      .directory = plan.directory.empty() ? nullptr : plan.directory.c_str(),
      .descriptors = plan.descriptors.data(),
      .descriptor_count = static_cast<int>(plan.descriptors.size()),
      .null_fd = null_fd.get(),
      .limits = plan.limits,
      .parent = ::getpid(),
  };
  sigset_t all, before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, &before);
  volatile int child_error = 0;
  const pid_t pid = vfork_child(child_plan, child_error);
  const int fork_error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) return system_error("cannot start a process", fork_error);
  if (child_error != 0) {
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return system_error(fmt::format("cannot run {}", plan.program), child_error);
  }
  Child child{.pid = pid, .pidfd = Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)))};
  if (!child.pidfd.valid()) {
    const int code = errno;
    kill_group(child);
    reap(child);
    return system_error("cannot watch a process", code);
  }
  return child;
}

ExitState reap(const Child& child) {
  int status = 0;
  rusage usage{};
  while (::wait4(child.pid, &status, 0, &usage) < 0) {
    if (errno != EINTR) return {.signaled = true, .code = SIGKILL};
  }
  const auto peak = static_cast<std::uint64_t>(usage.ru_maxrss) << 10;
  if (WIFSIGNALED(status)) {
    return {.signaled = true, .code = WTERMSIG(status), .memory_peak_bytes = peak};
  }
  return {.signaled = false, .code = WEXITSTATUS(status), .memory_peak_bytes = peak};
}

void kill_group(const Child& child) {
  if (child.pid <= 0) return;
  ::kill(-child.pid, SIGKILL);
  ::kill(child.pid, SIGKILL);
}

}  // namespace penstock::lambda
