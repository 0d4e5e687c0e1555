// Enrichment: a function between the filter and the target. What it returns takes the place of the
// batch.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/pipes/function_call.h"

namespace penstock::pipes {

// The elements of what an enrichment returned, as JSON text. None: the target is skipped. The
// elements of an array; anything else is one element, unless it is empty ("", {}, null). Pure.
std::vector<std::string> enriched_elements(std::string_view payload);

// The identifier that an element has kept of the record that it was made of: eventID of stream
// records, messageId of messages. Empty when there is none.
std::string identifier_of(std::string_view element);

// Which record each element was made of, by its identifier; nullopt when one has none, or they are
// not in the order of the batch. Elements of the same record stand next to each other.
std::optional<std::vector<std::size_t>> origins_of(const std::vector<std::string>& elements,
                                                   const std::vector<std::string>& identifiers);

}  // namespace penstock::pipes
