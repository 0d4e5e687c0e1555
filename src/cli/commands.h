// The subcommands of penstock. Each registers its flags on the app and returns the process' exit code when run.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace penstock::cli {

// Set by the subcommand that was chosen; run after parsing.
using Run = std::function<int()>;

void add_serve(CLI::App& app, Run& run);

}  // namespace penstock::cli
