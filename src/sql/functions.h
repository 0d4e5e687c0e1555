// The names of the functions that queries may call.
#pragma once

#include <string>
#include <vector>

namespace penstock::sql {

// Sorted, each once.
std::vector<std::string> function_names();

}  // namespace penstock::sql
