// The rules that the entries of every batch request obey.
#pragma once

#include <string_view>
#include <vector>

#include "gen/sqs/shapes.h"
#include "services/sqs/errors.h"

namespace penstock::sqs {

// One to ten entries with ids that are well formed and distinct. `entry_name` is the shape's.
ApiResult<void> check_batch_ids(const std::vector<std::string_view>& ids,
                                std::string_view entry_name);

template <typename Entry>
ApiResult<void> check_batch(const std::vector<Entry>& entries, std::string_view entry_name) {
  std::vector<std::string_view> ids;
  ids.reserve(entries.size());
  for (const Entry& entry : entries) ids.push_back(entry.id);
  return check_batch_ids(ids, entry_name);
}

// How the failure of one entry is told: with the code of the Query protocol.
api::BatchResultErrorEntry failed_entry(std::string id, const ApiError& error);

}  // namespace penstock::sqs
