// DynamoDB's limits, as the developer guide states them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace penstock::dynamodb {

inline constexpr std::size_t kItemBytesMax = 409'600;
// Of all names and values that a request substitutes in its expressions, with their keys.
inline constexpr std::size_t kSubstitutionBytesMax = 2 << 20;
inline constexpr std::size_t kHashKeyBytesMax = 2'048;
inline constexpr std::size_t kRangeKeyBytesMax = 1'024;
inline constexpr std::size_t kAttributeNameBytesMax = 65'535;
inline constexpr std::size_t kKeyNameBytesMax = 255;

inline constexpr std::size_t kExpressionBytesMax = 4'096;
inline constexpr std::size_t kExpressionOperatorsMax = 300;
inline constexpr std::size_t kExpressionNestingMax = 320;  // Ours: bounds the parser's recursion.
inline constexpr std::size_t kPlaceholderBytesMax = 255;
inline constexpr std::size_t kInOperandsMax = 100;
inline constexpr std::size_t kValueDepthMax = 32;  // Levels of a PartiQL literal.
inline constexpr std::size_t kPathDepthMax = 32;
inline constexpr std::uint32_t kListIndexMax = 2'147'483'647;

inline constexpr std::size_t kPageBytesMax = 1 << 20;  // Of Query, Scan and GetRecords.
inline constexpr std::size_t kBatchGetKeysMax = 100;
inline constexpr std::size_t kBatchWriteRequestsMax = 25;
inline constexpr std::size_t kBatchGetBytesMax = 16 << 20;
inline constexpr std::size_t kTransactActionsMax = 100;
inline constexpr std::size_t kTransactBytesMax = 4 << 20;
inline constexpr std::chrono::minutes kTransactTokenLife{10};
inline constexpr std::size_t kTransactTokensMax = 100'000;  // Ours: remembered at a time.

inline constexpr std::size_t kPartiqlReadsMax = 50;  // Of one SELECT: ranges of keys.

inline constexpr std::size_t kTablesMax = 2'500;
inline constexpr std::size_t kGlobalIndexesMax = 20;
inline constexpr std::size_t kLocalIndexesMax = 5;
inline constexpr std::size_t kTagsMax = 50;
inline constexpr std::size_t kKeyAttributesMax = 4;  // Of each kind, in a global index.
inline constexpr std::size_t kPolicyBytesMax = 20'480;
inline constexpr std::int64_t kTableUnitsMax = 40'000;  // Capacity of a table or an index.
inline constexpr std::int64_t kAccountUnitsMax = 80'000;
inline constexpr std::size_t kClassChangesMax = 2;
inline constexpr std::chrono::hours kClassChangeWindow{30 * 24};
inline constexpr std::chrono::seconds kBurst{300};  // Of unused capacity that is kept.

inline constexpr std::size_t kRunningImportsMax = 50;  // Per account and region.
inline constexpr std::size_t kRunningExportsMax = 300;

inline constexpr std::size_t kShardsShownMax = 100;  // Of one DescribeStream.
inline constexpr std::size_t kRecordsMax = 1'000;    // Of one GetRecords.
inline constexpr std::chrono::hours kStreamRetention{24};
inline constexpr std::chrono::minutes kIteratorLife{15};

inline constexpr std::int64_t kRecoveryDaysMax = 35;
inline constexpr std::chrono::minutes kRecoveryLag{5};  // LatestRestorableDateTime is that old.
// Ours: what a reader of the past remembers of changed keys at a time.
inline constexpr std::size_t kPastKeyBytesMax = 64 << 20;

inline constexpr std::chrono::days kSystemBackupLife{35};
inline constexpr std::size_t kBackupsShownMax = 100;  // Of one ListBackups.
inline constexpr std::size_t kRestoresMax = 50;       // At a time.

// Items that should have expired longer ago than this are left alone.
inline constexpr std::chrono::days kExpiryAgeMax{5 * 365};
// Between two changes of time to live. Documented as an hour, measured as 31 minutes.
inline constexpr std::chrono::minutes kTimeToLiveCoolDown{30};

}  // namespace penstock::dynamodb
