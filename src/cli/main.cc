// penstock SUBCOMMAND: parses the command line and runs what was chosen.
#include <CLI/CLI.hpp>

#include "cli/commands.h"

int main(int argc, char** argv) {
  CLI::App app(
      "penstock: near-real-time change data capture from a DynamoDB table to SQL, on AWS wire "
      "protocols.\n"
      "  penstock demo                        the whole pipeline, once, with progress\n"
      "  penstock serve --port 4566           a server for the AWS CLI, boto3, SDKs\n"
      "  penstock query \"SELECT ...\"          one Athena query as a table");
  app.require_subcommand(1);
  app.set_version_flag("--version", "penstock 0.1.0");
  penstock::cli::Run run;
  penstock::cli::add_demo(app, run);
  penstock::cli::add_serve(app, run);
  penstock::cli::add_up(app, run);
  penstock::cli::add_query(app, run);
  penstock::cli::add_mock_orders(app, run);
  penstock::cli::add_reconcile(app, run);
  penstock::cli::add_environment(app, run);
  CLI11_PARSE(app, argc, argv);
  return run ? run() : 0;
}
