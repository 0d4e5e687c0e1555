// penstock env and penstock run: scripts written for AWS, unmodified, against this server.
//
// boto3 looks up profiles and endpoints in AWS_CONFIG_FILE, so a private file there makes
// Session(profile_name='default', region_name=...) work without an endpoint_url in the script.
// Older SDKs do not read endpoint_url from the file: for Python a sitecustomize module sets it.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "cli/commands.h"
#include "cli/session.h"

namespace penstock::cli {
namespace {

struct EnvironmentFlags {
  Target target;
  std::vector<std::string> command;
};
EnvironmentFlags flags;

// A directory of this user's own, so that nobody else can put a file there.
std::string private_directory() {
  const char* home = std::getenv("HOME");
  const std::string base =
      home != nullptr && *home != '\0' ? std::string(home) + "/.cache" : "/tmp";
  return fmt::format("{}/penstock-{}", base, getuid());
}

constexpr std::string_view kSiteCustomize =
    R"(# Written by penstock: older botocore does not read endpoint_url from the profile.
import os

_endpoint = os.environ.get("PENSTOCK_ENDPOINT_URL")
if _endpoint:
    try:
        import botocore.session

        _create_client = botocore.session.Session.create_client

        def create_client(self, service_name, region_name=None, api_version=None, use_ssl=True,
                          verify=None, endpoint_url=None, *args, **kwargs):
            return _create_client(self, service_name, region_name, api_version, use_ssl, verify,
                                  endpoint_url or _endpoint, *args, **kwargs)

        botocore.session.Session.create_client = create_client
    except ImportError:
        pass
)";

Result<std::map<std::string, std::string>> prepare(const Target& target) {
  const Session session(target);
  const std::string directory = private_directory();
  std::error_code error;
  std::filesystem::create_directories(directory + "/python", error);
  if (error) return fail(ErrorKind::kIo, fmt::format("{}: {}", directory, error.message()));
  std::filesystem::permissions(directory, std::filesystem::perms::owner_all, error);
  const char* key = std::getenv("AWS_ACCESS_KEY_ID");
  const char* secret = std::getenv("AWS_SECRET_ACCESS_KEY");
  const std::string access_key = key != nullptr ? key : "test",
                    secret_key = secret != nullptr ? secret : "test";
  std::ofstream(directory + "/config") << fmt::format("[default]\nregion = {}\nendpoint_url = {}\n",
                                                      session.region(), session.url());
  std::ofstream(directory + "/credentials") << fmt::format(
      "[default]\naws_access_key_id = {}\naws_secret_access_key = {}\n", access_key, secret_key);
  std::ofstream(directory + "/python/sitecustomize.py") << kSiteCustomize;
  const char* path = std::getenv("PYTHONPATH");
  return std::map<std::string, std::string>{
      {"AWS_CONFIG_FILE", directory + "/config"},
      {"AWS_SHARED_CREDENTIALS_FILE", directory + "/credentials"},
      {"AWS_ENDPOINT_URL", session.url()},
      {"AWS_DEFAULT_REGION", session.region()},
      {"AWS_EC2_METADATA_DISABLED", "true"},
      {"PENSTOCK_ENDPOINT_URL", session.url()},
      {"PYTHONPATH",
       directory + "/python" + (path != nullptr ? ":" + std::string(path) : std::string())},
  };
}

int print_environment() {
  const auto variables = prepare(flags.target);
  if (!variables) {
    fmt::print(stderr, "penstock env: {}\n", variables.error().message);
    return 1;
  }
  for (const auto& [name, value] : *variables) fmt::print("export {}='{}'\n", name, value);
  return 0;
}

int run_command() {
  const auto variables = prepare(flags.target);
  if (!variables) {
    fmt::print(stderr, "penstock run: {}\n", variables.error().message);
    return 1;
  }
  for (const auto& [name, value] : *variables) setenv(name.c_str(), value.c_str(), 1);
  // A profile chosen in the caller's shell would win over the file we wrote.
  unsetenv("AWS_PROFILE");
  unsetenv("AWS_DEFAULT_PROFILE");
  std::vector<char*> arguments;
  for (std::string& argument : flags.command) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  fmt::print(stderr, "penstock run: cannot start {}: {}\n", flags.command[0],
             std::generic_category().message(errno));
  return 127;
}

}  // namespace

void add_environment(CLI::App& app, Run& run) {
  CLI::App* env = app.add_subcommand("env", "Print exports that point AWS clients at the server");
  add_target_flags(*env, flags.target);
  env->callback([&run] { run = print_environment; });
  CLI::App* command = app.add_subcommand(
      "run", "Run a command whose AWS clients use the server: run -- python gen.py");
  add_target_flags(*command, flags.target);
  command->add_option("command", flags.command, "The command and its arguments")->required();
  command->positionals_at_end();
  command->prefix_command();
  command->callback([&run, command] {
    // What comes before an unknown flag is in flags.command, the rest, and a "--" in front of it
    // all, is here.
    auto rest = command->remaining();
    if (!rest.empty() && rest.front() == "--") rest.erase(rest.begin());
    flags.command.insert(flags.command.end(), rest.begin(), rest.end());
    run = run_command;
  });
}

}  // namespace penstock::cli
