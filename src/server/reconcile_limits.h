// The stated limits of reconciliation.
#pragma once

#include <cstddef>
#include <cstdint>

namespace penstock::limits {

inline constexpr std::size_t kReconcileChanges = 5'000'000;    // Of one stream, held in memory.
inline constexpr std::size_t kReconcileObjectBytes = 1 << 30;  // Of one object, packed or unpacked.
inline constexpr std::uint64_t kReconcileSearchBytes = 4ULL << 30;  // Hashed to find lost pieces.
inline constexpr std::size_t kReconcileLooseEnds = 1'000'000;       // Missing pieces, stray lines.
inline constexpr std::size_t kReconcileNames = 1'000'000;  // Named of a kind in one report.

}  // namespace penstock::limits
