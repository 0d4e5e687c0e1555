// Files of the repository that are part of the binary.
#pragma once

#include <string_view>

namespace penstock::cli {

extern const std::string_view kSalesTransform;  // examples/sales/lambda_function.py

}  // namespace penstock::cli
