// How RocksDB is tuned. Included by rocks*.cc only.
#pragma once

#include <rocksdb/db.h>

#include <vector>

#include "storage/store.h"

namespace penstock::storage::detail {

rocksdb::DBOptions database_options(const StoreOptions& options);
// In the order of Family.
std::vector<rocksdb::ColumnFamilyDescriptor> family_descriptors(const StoreOptions& options);

}  // namespace penstock::storage::detail
