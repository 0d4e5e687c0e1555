// penstock reconcile: asks the server for its reconciliation and prints the sums and what does not
// fit.
#include "cli/reconcile.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <CLI/CLI.hpp>

#include "base/bytes.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "cli/terminal.h"

namespace penstock::cli {
namespace {

struct ReconcileFlags {
  Target target;
  std::string table;
  bool json = false;
  int problems = 20;
};

void print(const Sums& sums, int problems) {
  fmt::print("{}\n", line_of(sums));
  int shown = 0;
  for (const std::string& problem : sums.problems) {
    if (shown++ == problems) {
      fmt::print("  … and {} more (--problems N)\n",
                 sums.problems.size() - static_cast<std::size_t>(problems));
      break;
    }
    fmt::print("  {}\n", problem);
  }
}

int reconcile(const ReconcileFlags& flags) {
  Session session(flags.target);
  const auto answer = session.get("/_penstock/reconcile?table=" + percent_encode(flags.table));
  if (!answer) {
    fmt::print(stderr, "penstock reconcile: {}\n", answer.error().message);
    return 2;
  }
  const auto sums = parse_sums(*answer);
  if (!sums) {
    fmt::print(stderr, "penstock reconcile: {}\n", sums.error().message);
    return 2;
  }
  if (flags.json) {
    fmt::print("{}\n", *answer);
  } else {
    print(*sums, flags.problems);
  }
  if (sums->pipelines == 0) {
    fmt::print(stderr,
               "penstock reconcile: there is no pipe from a table's stream to a Kinesis stream\n");
    return 2;
  }
  return sums->good() ? 0 : 1;
}

}  // namespace

Result<Sums> parse_sums(const std::string& answer) {
  simdjson::dom::parser parser;
  simdjson::dom::array reports;
  if (parser.parse(answer).at_key("reports").get(reports) != simdjson::SUCCESS) {
    return fail(ErrorKind::kCorrupt, "the server's answer is not a reconciliation");
  }
  Sums sums;
  for (const simdjson::dom::element report : reports) {
    ++sums.pipelines;
    const std::pair<const char*, std::uint64_t*> counts[] = {
        {"written", &sums.written},     {"delivered", &sums.delivered},
        {"filtered", &sums.filtered},   {"failed", &sums.failed},
        {"pending", &sums.pending},     {"lost", &sums.lost},
        {"duplicate", &sums.duplicate}, {"expired", &sums.expired}};
    for (const auto& [name, sum] : counts) {
      std::uint64_t count = 0;
      if (report.at_key(name).get(count) == simdjson::SUCCESS) *sum += count;
    }
    simdjson::dom::array problems;
    if (report.at_key("problems").get(problems) != simdjson::SUCCESS) continue;
    for (const simdjson::dom::element problem : problems) {
      const auto text = [&](const char* name) {
        std::string_view value;
        return problem.at_key(name).get(value) == simdjson::SUCCESS ? std::string(value)
                                                                    : std::string();
      };
      sums.problems.push_back(fmt::format("{} {}: {} ({})", text("fault"), text("change"),
                                          text("detail"), text("where")));
    }
  }
  return sums;
}

std::string line_of(const Sums& sums) {
  std::string line =
      fmt::format("reconcile: written {}, delivered {}, failed {}, duplicate {}, lost {}",
                  with_commas(sums.written), with_commas(sums.delivered), with_commas(sums.failed),
                  with_commas(sums.duplicate), with_commas(sums.lost));
  if (sums.filtered > 0) line += fmt::format(", filtered {}", with_commas(sums.filtered));
  if (sums.pending > 0) line += fmt::format(", on the way {}", with_commas(sums.pending));
  if (sums.expired > 0) line += fmt::format(", past retention {}", with_commas(sums.expired));
  return line;
}

void add_reconcile(CLI::App& app, Run& run) {
  static ReconcileFlags flags;
  CLI::App* command =
      app.add_subcommand("reconcile", "Prove that every change of a table is in exactly one place");
  command->add_option("--table", flags.table, "Only pipelines of this table");
  command->add_flag("--json", flags.json, "The whole report");
  command->add_option("--problems", flags.problems, "How many problems to print")
      ->capture_default_str();
  add_target_flags(*command, flags.target);
  command->callback([&run] { run = [] { return reconcile(flags); }; });
}

}  // namespace penstock::cli
