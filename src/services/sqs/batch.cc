// Counting entries and comparing their ids. Texts: recorded from AWS.
#include "services/sqs/batch.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/ascii.h"
#include "base/limits.h"
#include "gen/sqs/model.h"

namespace penstock::sqs {
namespace {

constexpr std::size_t kEntryIdMax = 80;

bool is_entry_id(std::string_view id) {
  return !id.empty() && id.size() <= kEntryIdMax && std::ranges::all_of(id, [](char c) {
    return is_letter(c) || is_digit(c) || c == '-' || c == '_';
  });
}

}  // namespace

ApiResult<void> check_batch_ids(const std::vector<std::string_view>& ids,
                                std::string_view entry_name) {
  if (ids.empty()) {
    return protocol::refuse(
        "EmptyBatchRequest",
        fmt::format("There should be at least one {} in the request.", entry_name));
  }
  if (ids.size() > limits::kSqsBatchEntries) {
    return protocol::refuse("TooManyEntriesInBatchRequest",
                            fmt::format("Maximum number of entries per request are {}. You have "
                                        "sent {}.",
                                        limits::kSqsBatchEntries, ids.size()));
  }
  std::set<std::string_view> seen;
  for (const std::string_view id : ids) {
    if (!is_entry_id(id)) {
      return protocol::refuse("InvalidBatchEntryId",
                              "A batch entry id can only contain alphanumeric characters, hyphens "
                              "and underscores. It can be at most 80 letters long.");
    }
    if (!seen.insert(id).second) {
      return protocol::refuse("BatchEntryIdsNotDistinct", fmt::format("Id {} repeated.", id));
    }
  }
  return {};
}

api::BatchResultErrorEntry failed_entry(std::string id, const ApiError& error) {
  const protocol::QueryError* known = kQueryCompatibility.find(error.code);
  api::BatchResultErrorEntry entry;
  entry.id = std::move(id);
  entry.code = known != nullptr ? std::string(known->query_code) : error.code;
  entry.message = error.message;
  entry.sender_fault = error.status < 500;
  return entry;
}

}  // namespace penstock::sqs
