// penstock serve: runs the server until SIGINT or SIGTERM.
#include <fmt/format.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>

#include "base/log.h"
#include "cli/commands.h"
#include "server/application.h"

namespace penstock::cli {
namespace {

void configure_log(const server::Options& options) {
  constexpr std::string_view kLevels[] = {"debug", "info", "warning", "error", "off"};
  auto level = log::Level::kInfo;
  for (std::size_t i = 0; i < std::size(kLevels); ++i) {
    if (options.log_level == kLevels[i]) level = static_cast<log::Level>(i);
  }
  log::configure(level, options.log_format == "json" ? log::Format::kJson : log::Format::kText);
}

int serve(const std::string& config, const std::map<std::string, std::string>& flags) {
  server::Options options;
  auto status = server::load_file(config, options);
  if (status) status = server::load_environment(options);
  for (const auto& [name, value] : flags) {
    if (status && !value.empty()) status = server::set_option(options, name, value);
  }
  if (!status) {
    fmt::print(stderr, "penstock: {}\n", status.error().message);
    return 2;
  }
  configure_log(options);
  // Blocked before any thread starts, so that sigwait below is the one place that sees them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  auto application = server::Application::start(options);
  if (!application) {
    fmt::print(stderr, "penstock: {}\n", application.error().message);
    return 1;
  }
  fmt::print("penstock listens on {} (data {})\n", (*application)->url(), options.data);
  std::fflush(stdout);
  int received = 0;
  sigwait(&signals, &received);
  log::info("server", "stopping", {{"signal", received == SIGINT ? "SIGINT" : "SIGTERM"}});
  (*application)->stop();
  return 0;
}

}  // namespace

void add_serve(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand("serve", "Run the server until it is stopped");
  static std::string config;
  static std::map<std::string, std::string> flags;
  command->add_option("--config", config, "TOML file with the options below");
  const server::Options defaults;
  for (const server::OptionRow& row : server::option_rows()) {
    std::string help(row.help);
    if (const std::string shown = row.show(defaults); !shown.empty()) help += " [" + shown + "]";
    command->add_option("--" + std::string(row.name), flags[std::string(row.name)], help)
        ->type_name(std::string(row.value_name));
  }
  command->callback([&run] { run = [] { return serve(config, flags); }; });
}

}  // namespace penstock::cli
