// penstock query SQL: one Athena query, printed as a table.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/athena_query.h"
#include "cli/commands.h"
#include "cli/pipeline.h"
#include "cli/session.h"
#include "cli/terminal.h"
#include "protocol/json_writer.h"

namespace penstock::cli {
namespace {

struct QueryFlags {
  Target target;
  QueryRequest request;
  bool json = false;
};

void print_json(const QueryAnswer& answer) {
  std::string out;
  protocol::JsonWriter json(out);
  json.begin_array();
  for (std::size_t r = 1; r < answer.rows.size(); ++r) {
    json.begin_object();
    for (std::size_t c = 0; c < answer.rows[0].size() && c < answer.rows[r].size(); ++c) {
      json.key(answer.rows[0][c]).string(answer.rows[r][c]);
    }
    json.end_object();
  }
  json.end_array();
  fmt::print("{}\n", out);
}

int query(QueryFlags flags) {
  Session session(flags.target);
  const auto answer = run_query(session, flags.request);
  if (!answer) {
    const auto& error = answer.error();
    fmt::print(stderr, "penstock query: {}\n",
               error.code == "QueryFailed" ? error.message : describe(error));
    return 1;
  }
  if (flags.json) {
    print_json(*answer);
  } else {
    fmt::print("{}", box_table(answer->rows));
    const std::size_t rows = answer->rows.empty() ? 0 : answer->rows.size() - 1;
    fmt::print(stderr, "{} row{}, {} ms, {} bytes scanned\n", rows, rows == 1 ? "" : "s",
               answer->engine_millis,
               with_commas(static_cast<std::uint64_t>(answer->scanned_bytes)));
  }
  return 0;
}

}  // namespace

void add_query(CLI::App& app, Run& run) {
  static QueryFlags flags;
  const PipelineNames names;
  flags.request.database = names.database;
  flags.request.output = "s3://" + names.results + "/";
  CLI::App* command = app.add_subcommand("query", "Run one Athena query and print its rows");
  command->add_option("sql", flags.request.sql, "The statement")->required();
  command->add_option("--database", flags.request.database, "Database")->capture_default_str();
  command->add_option("--output", flags.request.output, "Where results are kept")
      ->capture_default_str();
  command->add_flag("--json", flags.json, "Rows as a JSON array");
  add_target_flags(*command, flags.target);
  command->callback([&run] { run = [] { return query(flags); }; });
}

}  // namespace penstock::cli
