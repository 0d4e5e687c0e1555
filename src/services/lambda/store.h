// How functions are stored: the only file of Lambda that knows keys and values.
//
//   kMeta  50 account region name           function, with $LATEST
//   kMeta  51 account region name version   a published version
#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "services/lambda/function.h"
#include "storage/store.h"

namespace penstock::lambda {

// Blocks on the disk.
Result<std::vector<std::shared_ptr<const Function>>> load_functions(const storage::Store& store);

void put_function(storage::Batch& batch, const Function& function);
void put_version(storage::Batch& batch, const Function& function, std::uint64_t number);
void erase_version(storage::Batch& batch, const Function& function, std::uint64_t number);
void erase_function(storage::Batch& batch, const Function& function);

// For tests of the format.
std::string encode_function(const Function& function);
Result<Function> decode_function(std::string_view key, std::string_view value);
std::string function_key(const Place& place, std::string_view name);

}  // namespace penstock::lambda
