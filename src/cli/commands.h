// The subcommands of penstock. Each registers its flags on the app and returns the process' exit
// code when run.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace penstock::cli {

// Set by the subcommand that was chosen; run after parsing.
using Run = std::function<int()>;

void add_demo(CLI::App& app, Run& run);
void add_environment(CLI::App& app, Run& run);  // env and run
void add_mock_orders(CLI::App& app, Run& run);
void add_query(CLI::App& app, Run& run);
void add_reconcile(CLI::App& app, Run& run);
void add_serve(CLI::App& app, Run& run);
void add_up(CLI::App& app, Run& run);

}  // namespace penstock::cli
