// How a SELECT is read: which ranges of keys of the table or index, in which order, with which
// filters. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/dynamodb/page.h"
#include "services/dynamodb/partiql_compile.h"

namespace penstock::dynamodb {

struct PartiqlRead {
  KeyRange range;
  std::optional<Predicate> filter;
  bool single = false;  // At most one item: nothing comes after it.
};

struct PartiqlPlan {
  Source source;
  bool reverse = false;
  View view;
  std::vector<PartiqlRead> reads;  // They have no item in common.
};

// Why an index with several attributes of a kind in its key is not read.
inline constexpr const char* kPartiqlMultiAttribute =
    "PartiQL statements cannot be executed on tables with multi-attribute HASH keys or "
    "multi-attribute RANGE keys.";

// A WHERE clause that names partition keys becomes a read for each; any other reads everything.
// The filters point into the command.
Checked<PartiqlPlan> plan_partiql(const PartiqlCommand& command, const Table& table,
                                  bool consistent);

}  // namespace penstock::dynamodb
