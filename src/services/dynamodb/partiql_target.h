// What a PartiQL statement does to which table, for whoever decides about requests: by the parser
// that carries it out. Pure.
#pragma once

#include <string>
#include <string_view>

namespace penstock::dynamodb {

struct PartiqlTarget {
  std::string_view verb;  // "Select" (EXISTS, too), "Insert", "Update" or "Delete".
  std::string table;      // Empty: it is no statement, and will be refused.
  std::string index;      // Empty: the table itself.
};
PartiqlTarget partiql_target(std::string_view statement);

}  // namespace penstock::dynamodb
