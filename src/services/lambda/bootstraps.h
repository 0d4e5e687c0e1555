// The language bootstraps (bootstrap/*), embedded at build time.
#pragma once

#include <string_view>

namespace penstock::lambda {

extern const std::string_view kPythonBootstrap;
extern const std::string_view kNodeBootstrap;

}  // namespace penstock::lambda
