// penstock up: the sales pipeline, set up on a server that runs already.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/pipeline.h"
#include "cli/session.h"

namespace penstock::cli {
namespace {

struct UpFlags {
  Target target;
  PipelinePlan plan;
};

int up(const UpFlags& flags) {
  Session session(flags.target);
  const auto made = make_pipeline(session, flags.plan,
                                  [](const std::string& step) { fmt::print("  {}\n", step); });
  if (made) return 0;
  fmt::print(stderr, "penstock up: {}\n", describe(made.error()));
  return 1;
}

}  // namespace

void add_up(CLI::App& app, Run& run) {
  static UpFlags flags;
  CLI::App* command =
      app.add_subcommand("up", "Set the sales pipeline up; what is there already stays");
  command->add_flag("--built-in", flags.plan.built_in_transform,
                    "The built-in transform instead of the Python function");
  command->add_option("--shards", flags.plan.shards, "Shards of the Kinesis stream")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option("--buffer-seconds", flags.plan.buffer_seconds, "Firehose's interval hint")
      ->check(CLI::Range(0, 900))
      ->capture_default_str();
  command->add_option("--buffer-mb", flags.plan.buffer_mb, "Firehose's size hint")
      ->check(CLI::Range(1, 128))
      ->capture_default_str();
  add_target_flags(*command, flags.target);
  command->callback([&run] { run = [] { return up(flags); }; });
}

}  // namespace penstock::cli
