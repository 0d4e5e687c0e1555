// Finds interpreters, builds environments and bubblewrap's arguments. The layout inside (/var/task,
// /var/runtime, /tmp) and the variables are those of AWS's execution environment.
#include "services/lambda/sandbox.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <system_error>

#include "base/log.h"
#include "services/lambda/bootstraps.h"

namespace penstock::lambda {
namespace {

namespace fs = std::filesystem;

constexpr int kApiDescriptor = 3;
constexpr std::string_view kPython = "python3.";
constexpr std::string_view kNode = "nodejs";

bool executable(const std::string& path) { return ::access(path.c_str(), X_OK) == 0; }

std::string first_executable(const std::vector<std::string>& candidates) {
  for (const std::string& candidate : candidates) {
    if (executable(candidate)) return candidate;
  }
  return {};
}

int number_of(std::string_view text) {
  int value = -1;
  const auto [end, error] = std::from_chars(text.begin(), text.end(), value);
  return error == std::errc() && end == text.end() ? value : -1;
}

bool is_python(std::string_view runtime) {
  if (!runtime.starts_with(kPython)) return false;
  const int minor = number_of(runtime.substr(kPython.size()));
  return minor >= 8 && minor <= 14;
}

bool is_node(std::string_view runtime) {
  if (!runtime.starts_with(kNode) || !runtime.ends_with(".x")) return false;
  const int major = number_of(runtime.substr(kNode.size(), runtime.size() - kNode.size() - 2));
  return major >= 16 && major <= 24 && major % 2 == 0;
}

Status write_all(const Fd& file, std::string_view bytes, std::string_view path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail(ErrorKind::kIo, fmt::format("cannot write {}", path));
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Status write_file(const std::string& path, std::string_view text) {
  const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file.valid()) return fail(ErrorKind::kIo, fmt::format("cannot write {}", path));
  return write_all(file, text, path);
}

// Bubblewrap's options through a descriptor: credentials must not show in the process list.
Result<Fd> arguments_file(const std::vector<std::string>& arguments) {
  Fd file(::memfd_create("bubblewrap", MFD_CLOEXEC));
  if (!file.valid()) return fail(ErrorKind::kIo, "cannot make a memory file");
  std::string text;
  for (const std::string& argument : arguments) text.append(argument).push_back('\0');
  TRY_VOID(write_all(file, text, "a memory file"));
  ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

void add(std::vector<std::string>& out, std::initializer_list<std::string_view> items) {
  for (const std::string_view item : items) out.emplace_back(item);
}

// What every sandbox sees of the machine, all read-only.
std::vector<std::string> base_view() {
  std::vector<std::string> out;
  add(out, {"--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts",
            "--unshare-cgroup-try", "--die-with-parent", "--new-session", "--cap-drop", "ALL",
            "--uid", "993", "--gid", "990", "--clearenv"});
  for (const std::string_view path : {"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64"}) {
    add(out, {"--ro-bind-try", path, path});
  }
  for (const std::string_view path :
       {"/etc/ssl", "/etc/ca-certificates", "/etc/pki", "/etc/resolv.conf", "/etc/hosts",
        "/etc/nsswitch.conf", "/etc/localtime", "/etc/ld.so.cache", "/etc/ld.so.conf",
        "/etc/ld.so.conf.d", "/etc/alternatives", "/etc/mime.types"}) {
    add(out, {"--ro-bind-try", path, path});
  }
  add(out, {"--proc", "/proc", "--dev", "/dev", "--dir", "/var", "--dir", "/opt"});
  return out;
}

// Runs /bin/true in a sandbox like the real one. Some kernels and containers forbid the namespaces.
bool bubblewrap_works(const std::string& program) {
  SpawnPlan plan{.program = program, .arguments = {program}, .descriptors = {-1, -1, -1}};
  for (std::string& argument : base_view()) plan.arguments.push_back(std::move(argument));
  add(plan.arguments, {"--size", "1048576", "--tmpfs", "/tmp", "--", "/bin/true"});
  const auto child = spawn(plan);
  if (!child) return false;
  pollfd ended{.fd = child->pidfd.get(), .events = POLLIN};
  int ready = 0;
  do {
    ready = ::poll(&ended, 1, 5'000);
  } while (ready < 0 && errno == EINTR);
  if (ready != 1) kill_group(*child);
  const ExitState state = reap(*child);
  return !state.signaled && state.code == 0;
}

}  // namespace

bool is_supported_runtime(std::string_view runtime) {
  return is_python(runtime) || is_node(runtime) || runtime_uses_address(runtime);
}

bool runtime_uses_address(std::string_view runtime) {
  return runtime == "provided.al2" || runtime == "provided.al2023";
}

struct Sandbox::Command {
  std::string program;
  std::vector<std::string> arguments;  // Without argv[0].
  std::string extra_bind;              // An interpreter outside /usr needs its folder, too.
  std::uint64_t data_slack_bytes =
      0;  // What the language itself reserves beyond the function's memory.
};

// AWS_LAMBDA_EXEC_WRAPPER: a program of the package that starts the runtime in its own way.
void Sandbox::wrap(Command& command, const Deployment& deployment) const {
  const auto found = deployment.environment.find("AWS_LAMBDA_EXEC_WRAPPER");
  if (found == deployment.environment.end() || found->second.empty()) return;
  if (runtime_uses_address(deployment.runtime)) return;  // On AWS, too, for managed runtimes only.
  command.arguments.insert(command.arguments.begin(), command.program);
  command.program = found->second;
  constexpr std::string_view kTask = "/var/task/";
  if (!uses_bubblewrap() && command.program.starts_with(kTask)) {
    command.program = deployment.package->directory + command.program.substr(kTask.size() - 1);
  }
}

namespace {

// The path of a bubblewrap that works; empty, with a notice, when there is none.
std::string find_bubblewrap() {
  std::string program = first_executable({"/usr/bin/bwrap", "/usr/local/bin/bwrap"});
  if (!program.empty() && bubblewrap_works(program)) return program;
  log::warning("lambda", "functions run without a sandbox: they can read what this server can read",
               {{"reason", program.empty() ? "bubblewrap (bwrap) is not installed"
                                           : "bubblewrap cannot make namespaces here"}});
  return {};
}

}  // namespace

Result<Sandbox> Sandbox::make(Isolation wanted, std::string runtime_directory) {
  std::error_code error;
  fs::create_directories(runtime_directory, error);
  TRY_VOID(write_file(runtime_directory + "/bootstrap.py", kPythonBootstrap));
  TRY_VOID(write_file(runtime_directory + "/bootstrap.mjs", kNodeBootstrap));
  Sandbox sandbox;
  sandbox.runtime_directory_ = fs::absolute(runtime_directory, error).string();
  sandbox.bubblewrap_ = std::async(std::launch::async, [wanted] {
                          return wanted == Isolation::kPlain ? std::string() : find_bubblewrap();
                        }).share();
  if (wanted == Isolation::kBubblewrap && !sandbox.uses_bubblewrap()) {
    return fail(ErrorKind::kUnavailable, "bubblewrap is not there or cannot make namespaces here");
  }
  return sandbox;
}

Result<Sandbox::Command> Sandbox::command_for(const Deployment& deployment) const {
  const std::string& runtime = deployment.runtime;
  const std::string code = uses_bubblewrap() ? "/var/runtime" : runtime_directory_;
  Command command;
  if (is_python(runtime)) {
    // The exact version when the machine has it, else its python3.
    command.program = first_executable({"/usr/bin/" + runtime, "/usr/local/bin/" + runtime,
                                        "/usr/bin/python3", "/usr/local/bin/python3"});
    command.arguments = {"-X", "utf8", "-B", code + "/bootstrap.py"};
    command.data_slack_bytes = 32 << 20;
  } else if (is_node(runtime)) {
    command.program = first_executable({"/usr/bin/node", "/usr/local/bin/node"});
    command.arguments = {fmt::format("--max-old-space-size={}", deployment.memory_mb * 9 / 10),
                         code + "/bootstrap.mjs"};
    command.data_slack_bytes = std::uint64_t{512} << 20;
  } else {
    const std::string file = deployment.package->directory + "/bootstrap";
    if (!executable(file)) {
      return fail(ErrorKind::kInvalid,
                  "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]");
    }
    command.program = uses_bubblewrap() ? "/var/task/bootstrap" : file;
    command.data_slack_bytes = std::uint64_t{128} << 20;
  }
  if (command.program.empty()) {
    return fail(
        ErrorKind::kInvalid,
        fmt::format(
            "This machine has no interpreter for runtime {}: install {} to run the function.",
            runtime, is_python(runtime) ? "python3" : "nodejs"));
  }
  std::error_code error;
  const fs::path real = fs::canonical(command.program, error);
  if (!error && uses_bubblewrap() && !runtime_uses_address(runtime) &&
      !real.string().starts_with("/usr/")) {
    command.extra_bind = real.parent_path().parent_path().string();
  }
  wrap(command, deployment);
  return command;
}

std::vector<std::string> Sandbox::environment_of(const InstanceSetup& setup) const {
  const Deployment& deployment = setup.deployment;
  const std::string task = uses_bubblewrap() ? "/var/task" : deployment.package->directory;
  const std::string runtime = uses_bubblewrap() ? "/var/runtime" : runtime_directory_;
  std::map<std::string, std::string> all = {
      {"LANG", "en_US.UTF-8"},
      {"TZ", ":UTC"},
      {"PATH", "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin"},
      {"LD_LIBRARY_PATH",
       fmt::format("/var/lang/lib:/lib64:/usr/lib64:{1}:{1}/lib:{0}:{0}/lib:/opt/lib", task,
                   runtime)},
      {"PYTHONPATH", runtime},
      {"NODE_PATH",
       fmt::format("/opt/nodejs/node_modules:{}/node_modules:{}:{}", runtime, runtime, task)},
  };
  if (!uses_bubblewrap()) all["TMPDIR"] = setup.tmp_directory;
  if (!setup.endpoint_url.empty()) all["AWS_ENDPOINT_URL"] = setup.endpoint_url;
  for (const auto& [name, value] : deployment.environment) all[name] = value;
  // These the function's own configuration cannot change.
  all["AWS_REGION"] = all["AWS_DEFAULT_REGION"] = deployment.region;
  all["AWS_LAMBDA_FUNCTION_NAME"] = deployment.function_name;
  all["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] = fmt::to_string(deployment.memory_mb);
  all["AWS_LAMBDA_FUNCTION_VERSION"] = deployment.version;
  all["AWS_LAMBDA_INITIALIZATION_TYPE"] = "on-demand";
  all["AWS_LAMBDA_LOG_GROUP_NAME"] = deployment.log_group;
  all["AWS_LAMBDA_LOG_STREAM_NAME"] = setup.log_stream;
  all["LAMBDA_TASK_ROOT"] = task;
  all["LAMBDA_RUNTIME_DIR"] = runtime;
  all["_HANDLER"] = deployment.handler;
  if (runtime_uses_address(deployment.runtime)) {
    all["AWS_LAMBDA_RUNTIME_API"] = setup.runtime_api;
  } else {
    all["AWS_EXECUTION_ENV"] = "AWS_Lambda_" + deployment.runtime;
  }
  if (setup.credentials != nullptr) {
    all["AWS_ACCESS_KEY_ID"] = setup.credentials->access_key_id;
    all["AWS_SECRET_ACCESS_KEY"] = setup.credentials->secret_access_key;
    all["AWS_SESSION_TOKEN"] = setup.credentials->session_token;
  }
  std::vector<std::string> list;
  list.reserve(all.size());
  for (const auto& [name, value] : all) list.push_back(name + "=" + value);
  return list;
}

std::vector<std::string> Sandbox::bubblewrap_arguments(const InstanceSetup& setup,
                                                       const Command& command) const {
  std::vector<std::string> out = base_view();
  add(out, {"--size", fmt::to_string(std::uint64_t{setup.deployment.tmp_mb} << 20), "--tmpfs",
            "/tmp", "--ro-bind", setup.deployment.package->directory, "/var/task", "--ro-bind",
            runtime_directory_, "/var/runtime", "--chdir", "/var/task"});
  if (!command.extra_bind.empty()) {
    add(out, {"--ro-bind", command.extra_bind, command.extra_bind});
  }
  for (const std::string& variable : environment_of(setup)) {
    const std::size_t equals = variable.find('=');
    add(out, {"--setenv", std::string_view(variable).substr(0, equals),
              std::string_view(variable).substr(equals + 1)});
  }
  return out;
}

Result<InstancePlan> Sandbox::plan(const InstanceSetup& setup) const {
  TRY(Command command, command_for(setup.deployment));
  InstancePlan plan;
  plan.spawn.limits.data_bytes =
      (std::uint64_t{setup.deployment.memory_mb} << 20) + command.data_slack_bytes;
  plan.spawn.descriptors = {-1, setup.output, setup.output};
  if (setup.api_socket >= 0) plan.spawn.descriptors.push_back(setup.api_socket);
  if (!uses_bubblewrap()) {
    plan.spawn.limits.file_bytes = std::uint64_t{setup.deployment.tmp_mb} << 20;
    plan.spawn.program = command.program;
    plan.spawn.directory = setup.deployment.package->directory;
    plan.spawn.environment = environment_of(setup);
    plan.spawn.arguments = {command.program};
  } else {
    TRY(plan.arguments, arguments_file(bubblewrap_arguments(setup, command)));
    if (plan.spawn.descriptors.size() == kApiDescriptor) plan.spawn.descriptors.push_back(-1);
    const std::size_t position = plan.spawn.descriptors.size();
    plan.spawn.descriptors.push_back(plan.arguments.get());
    plan.spawn.program = bubblewrap_.get();
    plan.spawn.arguments = {plan.spawn.program, "--args", fmt::to_string(position), "--",
                            command.program};
  }
  for (std::string& argument : command.arguments)
    plan.spawn.arguments.push_back(std::move(argument));
  return plan;
}

}  // namespace penstock::lambda
