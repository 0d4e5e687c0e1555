// The sums of a reconciliation as the server reports them, over all its pipelines.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace penstock::cli {

struct Sums {
  std::uint64_t pipelines = 0, written = 0, delivered = 0, filtered = 0, failed = 0, pending = 0,
                untraced = 0, lost = 0, altered = 0, misplaced = 0, duplicate = 0, foreign = 0,
                expired = 0;
  bool good = true;                   // As the server says: no fault, and the sums come out.
  std::vector<std::string> problems;  // One line each.
  std::vector<std::string> failures;  // Changes that failed, and why.
  std::vector<std::string> filters;   // Changes that were filtered, and where.
  std::vector<std::string> untraced_changes;  // Those that an enrichment may have dropped.
};

Result<Sums> parse_sums(const std::string& answer);
std::string line_of(const Sums& sums);

}  // namespace penstock::cli
