// Publishing, as a decision on a function. Pure.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "services/lambda/function.h"
#include "services/lambda/resolve.h"

namespace penstock::lambda {

// $LATEST as a new version, unless the newest version says the same: then that one is meant, and
// the function is left as it is. Answers the number.
struct Published {
  Change change;
  std::uint64_t number = 0;
  bool is_new = false;
};
Published publish(Function function, std::optional<std::string> description, std::string revision,
                  Timestamp now);

}  // namespace penstock::lambda
