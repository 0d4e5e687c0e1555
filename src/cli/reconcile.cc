// penstock reconcile: asks the server for its reconciliation and prints the sums and what does not
// fit.
#include "cli/reconcile.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "base/bytes.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "cli/terminal.h"

namespace penstock::cli {
namespace {

constexpr int kJsonNames = 1'000'000;

struct ReconcileFlags {
  Target target;
  std::string table;
  bool json = false;
  int names = 20;
};

void print_some(const std::vector<std::string>& lines, std::uint64_t total, int names) {
  for (std::size_t i = 0; i < lines.size() && i < static_cast<std::size_t>(names); ++i) {
    fmt::print("  {}\n", lines[i]);
  }
  const std::uint64_t shown = std::min<std::uint64_t>(lines.size(), static_cast<unsigned>(names));
  if (total > shown && !lines.empty()) {
    fmt::print("  … and {} more (--names N)\n", total - shown);
  }
}

void print(const Sums& sums, int names) {
  fmt::print("{}\n", line_of(sums));
  print_some(sums.problems,
             sums.lost + sums.altered + sums.misplaced + sums.duplicate + sums.foreign, names);
  print_some(sums.failures, sums.failed, names);
  print_some(sums.filters, sums.filtered, names);
  print_some(sums.untraced_changes, sums.untraced, names);
  if (!sums.good && sums.problems.empty()) fmt::print("  the sums do not come out (--json)\n");
}

int reconcile(const ReconcileFlags& flags) {
  Session session(flags.target);
  const auto answer =
      session.get(fmt::format("/_penstock/reconcile?table={}&names={}", percent_encode(flags.table),
                              flags.json ? kJsonNames : flags.names));
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
    print(*sums, flags.names);
  }
  if (sums->pipelines == 0) {
    fmt::print(stderr,
               "penstock reconcile: there is no pipe from a table's stream to a Kinesis stream\n");
    return 2;
  }
  return sums->good ? 0 : 1;
}

std::string text_at(const simdjson::dom::element& element, const char* name) {
  std::string_view value;
  if (element.at_key(name).get(value) != simdjson::SUCCESS) return {};
  return std::string(value);
}

// Each entry of a list of changes as one line.
void add_lines(const simdjson::dom::element& report, const char* list, const char* kind,
               std::vector<std::string>& lines) {
  simdjson::dom::array entries;
  if (report.at_key(list).get(entries) != simdjson::SUCCESS) return;
  for (const simdjson::dom::element entry : entries) {
    const std::string fault = text_at(entry, "fault");
    lines.push_back(fmt::format("{} {}: {} ({})", fault.empty() ? kind : fault,
                                text_at(entry, "change"), text_at(entry, "detail"),
                                text_at(entry, "where")));
  }
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
        {"written", &sums.written}, {"delivered", &sums.delivered}, {"filtered", &sums.filtered},
        {"failed", &sums.failed},   {"pending", &sums.pending},     {"lost", &sums.lost},
        {"altered", &sums.altered}, {"misplaced", &sums.misplaced}, {"duplicate", &sums.duplicate},
        {"foreign", &sums.foreign}, {"expired", &sums.expired},     {"untraced", &sums.untraced}};
    for (const auto& [name, sum] : counts) {
      std::uint64_t count = 0;
      if (report.at_key(name).get(count) == simdjson::SUCCESS) *sum += count;
    }
    bool good = false;
    sums.good = report.at_key("good").get(good) == simdjson::SUCCESS && good && sums.good;
    add_lines(report, "problems", "problem", sums.problems);
    add_lines(report, "failedChanges", "failed", sums.failures);
    add_lines(report, "filteredChanges", "filtered", sums.filters);
    add_lines(report, "untracedChanges", "untraced", sums.untraced_changes);
  }
  return sums;
}

std::string line_of(const Sums& sums) {
  std::string line =
      fmt::format("reconcile: written {}, delivered {}, failed {}, duplicate {}, lost {}",
                  with_commas(sums.written), with_commas(sums.delivered), with_commas(sums.failed),
                  with_commas(sums.duplicate), with_commas(sums.lost));
  if (sums.altered > 0) line += fmt::format(", altered {}", with_commas(sums.altered));
  if (sums.misplaced > 0) line += fmt::format(", misplaced {}", with_commas(sums.misplaced));
  if (sums.foreign > 0) line += fmt::format(", foreign {}", with_commas(sums.foreign));
  if (sums.filtered > 0) line += fmt::format(", filtered {}", with_commas(sums.filtered));
  if (sums.untraced > 0) line += fmt::format(", untraced {}", with_commas(sums.untraced));
  if (sums.pending > 0) line += fmt::format(", on the way {}", with_commas(sums.pending));
  if (sums.expired > 0) line += fmt::format(", past retention {}", with_commas(sums.expired));
  return line;
}

void add_reconcile(CLI::App& app, Run& run) {
  static ReconcileFlags flags;
  CLI::App* command =
      app.add_subcommand("reconcile", "Prove that every change of a table is in exactly one place");
  command->add_option("--table", flags.table, "Only pipelines of this table");
  command->add_flag("--json", flags.json,
                    "The whole report, with every change that is to be named");
  command
      ->add_option("--names", flags.names,
                   "How many changes to name of a kind: faults, failed, filtered")
      ->check(CLI::Range(0, kJsonNames))
      ->capture_default_str();
  add_target_flags(*command, flags.target);
  command->callback([&run] { run = [] { return reconcile(flags); }; });
}

}  // namespace penstock::cli
