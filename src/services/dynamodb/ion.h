// Amazon Ion text, as exports and imports use it: one item a line, `$ion_1_0 {Item:{...}}`.
//
// String, bool, decimal, blob, list and struct are S, BOOL, N, B, L and M; null is NULL; lists
// annotated with $dynamodb_SS, _NS or _BS are sets. Timestamps, symbols, clobs and S-expressions
// have no counterpart and are refused.
#pragma once

#include <string>
#include <string_view>

#include "protocol/attribute_value.h"
#include "services/dynamodb/import_format.h"

namespace penstock::dynamodb {

// The struct in member `member` of the line's struct.
ParsedItem parse_ion_item(std::string_view line, std::string_view member = "Item");

void append_ion_map(std::string& out, const AttributeMap& map);

}  // namespace penstock::dynamodb
