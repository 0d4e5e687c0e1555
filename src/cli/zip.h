// A zip archive of a few small files, as a function's code package.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace penstock::cli {

Result<std::string> make_zip(const std::vector<std::pair<std::string, std::string_view>>& files);

}  // namespace penstock::cli
