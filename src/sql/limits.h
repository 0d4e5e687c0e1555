// Bounds of what a statement may ask of the parser and the engine.
#pragma once

#include <cstddef>

namespace penstock::sql {

inline constexpr std::size_t kTokensMax = 200'000;
inline constexpr int kParseDepthMax = 100;                // nested parentheses, subqueries, CASE...
inline constexpr int kRetriesMax = 64;                    // joins in parentheses read twice
inline constexpr int kTreeDepthMax = 400;                 // a chain such as 1 + 1 + 1 ...
inline constexpr std::size_t kArgumentsMax = 127;         // of a function, as on Athena
inline constexpr std::size_t kReadBytes = 4u << 20;       // one range of an object
inline constexpr std::size_t kLineBytesMax = 100u << 20;  // Athena's limit of a text line
inline constexpr std::size_t kResultRowsPerChunk = 2048;

}  // namespace penstock::sql
