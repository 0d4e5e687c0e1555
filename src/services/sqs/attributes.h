// The attributes of a queue: which there are, what they may hold, how AWS shows them. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/sqs/errors.h"
#include "services/sqs/queue.h"

namespace penstock::sqs {

using Attributes = std::map<std::string, std::string>;

enum class Purpose : bool { kCreate, kSet };

// Checks the attributes and puts them into `config`; on a refusal `config` is worthless. Whether
// the target of a redrive policy exists is for the caller to see (check_redrive_target).
ApiResult<void> apply_attributes(QueueConfig& config, const Attributes& attributes,
                                 Purpose purpose);

// `target`: the configuration of the queue that `source`'s redrive policy names, if there is one.
ApiResult<void> check_redrive_target(const QueueConfig& source, const QueueConfig* target);

// Whether the redrive allow policy of `target` lets that queue use it.
bool allows_source(const QueueConfig& target, std::string_view source_arn);

// The first attribute of `given` that `existing` has another value for.
std::optional<std::string> first_difference(const QueueConfig& existing, const QueueConfig& wanted,
                                            const Attributes& given);

struct MessageCounts {
  std::uint64_t visible = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t delayed = 0;
};

// What GetQueueAttributes answers to these names; "All" is all that are set.
ApiResult<Attributes> show_attributes(const QueueConfig& config, const MessageCounts& counts,
                                      const std::vector<std::string>& names);

}  // namespace penstock::sqs
