// The hook by which tests put their own (failing, forgetful) files under a Store.
#pragma once

#include <memory>

#include "base/result.h"
#include "storage/store.h"

namespace rocksdb {
class Env;
}

namespace penstock::storage::detail {

// Store::open() over `env`, which outlives the store. nullptr: the machine's own files.
Result<std::unique_ptr<Store>> open_with_env(const StoreOptions& options, rocksdb::Env* env);

}  // namespace penstock::storage::detail
