// Policy documents write one thing as itself or as a list of one.
#pragma once

#include <simdjson.h>

#include <functional>

namespace penstock::iam {

// Visits a value that may be one thing or a list of them.
inline void each_of(const simdjson::dom::element& value,
                    const std::function<void(const simdjson::dom::element&)>& visit) {
  simdjson::dom::array array;
  if (value.get(array) != simdjson::SUCCESS) {
    visit(value);
    return;
  }
  for (const simdjson::dom::element child : array) visit(child);
}

}  // namespace penstock::iam
