// NextToken of ExecuteStatement: where a SELECT goes on. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/attribute_value.h"
#include "services/dynamodb/partiql_compile.h"

namespace penstock::dynamodb {

struct PartiqlMark {
  std::string statement;   // Fingerprint of what was asked.
  std::uint64_t read = 0;  // Of the plan.
  AttributeMap last_key;   // Keys of the last item seen, of the index and the table.
};

// A statement with its parameters on the table or index of this number.
std::string fingerprint_of_statement(std::string_view statement,
                                     const PartiqlParameters& parameters, std::uint32_t number);
std::string format_partiql_token(const PartiqlMark& token);
// nullopt for what no server gave out.
std::optional<PartiqlMark> parse_partiql_token(std::string_view text);

}  // namespace penstock::dynamodb
