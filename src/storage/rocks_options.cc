// The tuning of RocksDB: one writer that syncs often, small when idle, quick to start.
#include "storage/rocks_options.h"

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/rate_limiter.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <array>
#include <string>

namespace penstock::storage::detail {
namespace {

constexpr int kOpenFilesMax = 512;
constexpr int kBloomBitsPerKey = 10;
constexpr std::size_t kBlockBytes = 8 << 10;
constexpr std::int64_t kBackgroundBytesPerSecond = 128 << 20;
constexpr std::uint64_t kSyncedAheadBytes = 1 << 20;
constexpr std::size_t kInfoLogBytesMax = 1 << 20;

struct FamilyTraits {
  const char* name;  // Part of the storage format.
  bool point_reads;  // Read by exact key: filters pay.
  bool passing;      // Written once, read once, trimmed: compressing hard takes more than it gives.
};

// In the order of Family. RocksDB insists on a family called "default".
constexpr std::array<FamilyTraits, kFamilyCount> kFamilies = {{
    {"default", true, false},    // kMeta
    {"items", true, false},      // kItems
    {"changes", false, true},    // kChanges
    {"records", false, true},    // kRecords
    {"objects", true, false},    // kObjects
    {"positions", true, false},  // kPositions
    {"logs", false, false},      // kLogs
}};

// The first of `wanted` that this build of RocksDB has.
rocksdb::CompressionType supported(std::initializer_list<rocksdb::CompressionType> wanted) {
  const std::vector<rocksdb::CompressionType> have = rocksdb::GetSupportedCompressions();
  for (const rocksdb::CompressionType type : wanted) {
    if (std::find(have.begin(), have.end(), type) != have.end()) return type;
  }
  return rocksdb::kNoCompression;
}

rocksdb::ColumnFamilyOptions family_options(const StoreOptions& options, const FamilyTraits& traits,
                                            const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.block_size = kBlockBytes;
  table.format_version = 5;
  // Inside the cache their memory is bounded, whatever the number of files.
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  // In parts: a file of well compressed items has an index and a filter of megabytes, and a shard
  // of the cache that cannot keep them would read them again for every key.
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.partition_filters = traits.point_reads;
  table.metadata_block_size = kBlockBytes;
  table.pin_top_level_index_and_filter = true;

  rocksdb::ColumnFamilyOptions family;
  if (traits.point_reads) {
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kBloomBitsPerKey));
    table.optimize_filters_for_memory = true;
    family.memtable_whole_key_filtering = true;
    family.memtable_prefix_bloom_size_ratio = 0.02;
  }
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  family.write_buffer_size = options.write_buffer_bytes;
  family.max_write_buffer_number = 3;
  family.level_compaction_dynamic_level_bytes = true;
  family.compression = supported({rocksdb::kLZ4Compression, rocksdb::kSnappyCompression});
  if (!traits.passing) {
    family.bottommost_compression =
        supported({rocksdb::kZSTD, rocksdb::kLZ4Compression, rocksdb::kSnappyCompression});
  }
  return family;
}

}  // namespace

rocksdb::DBOptions database_options(const StoreOptions& options) {
  rocksdb::DBOptions db;
  db.create_if_missing = true;
  db.create_missing_column_families = true;
  db.max_open_files = kOpenFilesMax;

  // One thread writes: nothing to overlap, nothing to spin for.
  db.allow_concurrent_memtable_write = false;
  db.enable_write_thread_adaptive_yield = false;
  db.enable_pipelined_write = false;
  db.unordered_write = false;

  // A torn tail is cut where it tears: what follows was never acknowledged.
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  db.manual_wal_flush = false;
  db.use_fsync = false;
  db.avoid_flush_during_recovery = true;
  db.max_bgerror_resume_count = 0;  // A failed store stays failed until restart.
  db.db_write_buffer_size = 2 * options.write_buffer_bytes;
  db.max_total_wal_size = 2 * options.write_buffer_bytes;  // Bounds the replay after a crash.

  // Background writes go out evenly, so that they do not delay the next sync of the log.
  db.max_background_jobs = 2;
  db.bytes_per_sync = kSyncedAheadBytes;
  db.rate_limiter.reset(rocksdb::NewGenericRateLimiter(kBackgroundBytesPerSecond));

  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  db.skip_stats_update_on_db_open = true;
  db.skip_checking_sst_file_sizes_on_db_open = true;
  db.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  db.keep_log_file_num = 2;
  db.max_log_file_size = kInfoLogBytesMax;
  return db;
}

std::vector<rocksdb::ColumnFamilyDescriptor> family_descriptors(const StoreOptions& options) {
  constexpr int kCacheShardBits = 3;
  const std::shared_ptr<rocksdb::Cache> cache =
      rocksdb::NewLRUCache(options.block_cache_bytes, kCacheShardBits);
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const FamilyTraits& traits : kFamilies) {
    families.emplace_back(traits.name, family_options(options, traits, cache));
  }
  return families;
}

}  // namespace penstock::storage::detail
