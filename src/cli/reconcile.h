// The sums of a reconciliation as the server reports them, over all its pipelines.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace penstock::cli {

struct Sums {
  std::uint64_t pipelines = 0, written = 0, delivered = 0, filtered = 0, failed = 0, pending = 0,
                lost = 0, duplicate = 0, expired = 0;
  std::vector<std::string> problems;
  // Nothing is lost or doubled, and every change is accounted for. What the transform turned into
  // several lines or past retention makes no difference to that.
  bool good() const {
    return lost == 0 && duplicate == 0 &&
           written <= delivered + filtered + failed + pending + expired;
  }
};

Result<Sums> parse_sums(const std::string& answer);
std::string line_of(const Sums& sums);

}  // namespace penstock::cli
