// How an instance's process is started: interpreter, environment, and what it can see of the
// machine.
//
// With bubblewrap an instance sees the operating system read-only, its package at /var/task, the
// bootstrap at /var/runtime and a /tmp of its own; it has its own process, IPC and user namespaces
// and no capabilities. The network is shared: functions call this server. Without bubblewrap there
// are resource limits and no-new-privileges only, and a notice in the log. Thread-compatible;
// immutable after make().
#pragma once

#include <future>
#include <string>
#include <vector>

#include "base/result.h"
#include "services/lambda/deployment.h"
#include "services/lambda/spawn.h"

namespace penstock::lambda {

enum class Isolation { kAuto, kBubblewrap, kPlain };

// The runtimes that are served, for CreateFunction.
bool is_supported_runtime(std::string_view runtime);

// Our bootstraps talk over descriptor 3; a "provided" runtime is given an address.
bool runtime_uses_address(std::string_view runtime);

struct InstanceSetup {
  const Deployment& deployment;
  const RoleCredentials* credentials = nullptr;
  std::string log_stream;
  std::string endpoint_url;
  std::string runtime_api;    // host:port, for "provided".
  std::string tmp_directory;  // Made by the caller; used without bubblewrap.
  int api_socket = -1;        // Becomes descriptor 3.
  int output = -1;            // Becomes stdout and stderr.
};

// A plan and the descriptors that must stay open until it was spawned.
struct InstancePlan {
  SpawnPlan spawn;
  Fd arguments;
};

class Sandbox {
 public:
  // Writes the bootstraps into `runtime_directory`. With kAuto, a thread finds out meanwhile
  // whether bubblewrap works: a server must not wait for that before its first answer.
  static Result<Sandbox> make(Isolation wanted, std::string runtime_directory);

  // Waits for that thread.
  bool uses_bubblewrap() const { return !bubblewrap_.get().empty(); }
  // kInvalid when the runtime is not on this machine, or the package has no bootstrap.
  Result<InstancePlan> plan(const InstanceSetup& setup) const;

 private:
  struct Command;
  Result<Command> command_for(const Deployment& deployment) const;
  void wrap(Command& command, const Deployment& deployment) const;
  std::vector<std::string> environment_of(const InstanceSetup& setup) const;
  std::vector<std::string> bubblewrap_arguments(const InstanceSetup& setup,
                                                const Command& command) const;

  std::string runtime_directory_;
  std::shared_future<std::string> bubblewrap_;  // Its path; empty: plain.
};

}  // namespace penstock::lambda
