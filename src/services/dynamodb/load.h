// Reading everything of one kind at the start.
#pragma once

#include <string>
#include <utility>

#include "services/dynamodb/dynamodb.h"
#include "storage/key.h"

namespace penstock::dynamodb {

// Hands `take` the decoded value of every key of kMeta under the prefix, in key order. Stops at the
// first that does not decode. Blocks on the disk.
template <typename Decode, typename Take>
Status load_each(Service& service, const std::string& prefix, Decode decode, Take take) {
  Status status;
  TRY_VOID(service.deps.store.scan(storage::Family::kMeta, prefix, storage::prefix_end(prefix),
                                   [&](std::string_view, std::string_view value) {
                                     auto decoded = decode(value);
                                     if (!decoded) {
                                       status = std::unexpected(decoded.error());
                                       return storage::Next::kStop;
                                     }
                                     take(std::move(*decoded));
                                     return storage::Next::kContinue;
                                   }));
  return status;
}

}  // namespace penstock::dynamodb
