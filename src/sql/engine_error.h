// The engine's errors in Athena's words. Private to sql/.
#pragma once

#include <string_view>

#include "sql/error.h"

namespace penstock::sql {

SqlError engine_error(std::string_view message);

}  // namespace penstock::sql
