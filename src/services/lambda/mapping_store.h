// How event source mappings are stored.
//
//   kMeta  52 account region uuid   event source mapping
#pragma once

#include <vector>

#include "base/result.h"
#include "services/lambda/mapping.h"
#include "storage/store.h"

namespace penstock::lambda {

// Blocks on the disk.
Result<std::vector<Mapping>> load_mappings(const storage::Store& store);
void put_mapping(storage::Batch& batch, const Mapping& mapping);
void erase_mapping(storage::Batch& batch, const Mapping& mapping);

// For tests of the format.
std::string mapping_key(const Mapping& mapping);
std::string encode_mapping(const Mapping& mapping);
Result<Mapping> decode_mapping(std::string_view key, std::string_view value);

}  // namespace penstock::lambda
