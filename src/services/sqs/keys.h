// The key grammar of SQS. Nothing else builds or reads these keys.
//
//   kMeta       B0 account region name            queue configuration
//   kMeta       B1 queue                          sequence numbers reserved
//   kMeta       B2 account region name            when a queue of that name was deleted
//   kMeta       B3 account region task            message move task
//   kRecords    B0 queue sent sequence            message
//   kPositions  B0 queue sent sequence            state of a message
//   kPositions  B1 queue sent sequence            deduplication entry
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "services/sqs/queue.h"
#include "services/sqs/receipt.h"

namespace penstock::sqs {

struct KeyRange {
  std::string begin;
  std::string end;
};

std::string queue_key(const Place& place, std::string_view name);
KeyRange queue_keys();
std::string reserved_key(std::uint64_t queue);
std::string deleted_key(const Place& place, std::string_view name);
KeyRange deleted_keys();
std::string task_key(const Place& place, std::string_view task);
KeyRange task_keys();

std::string message_key(std::uint64_t queue, MessageKey key);
std::string state_key(std::uint64_t queue, MessageKey key);
std::string deduplication_entry_key(std::uint64_t queue, MessageKey key);
// Of states and deduplication entries.
std::optional<MessageKey> parse_position_key(std::string_view key);

// All of a queue, or what was sent at `until_millis` or before.
KeyRange message_keys(std::uint64_t queue, std::optional<std::int64_t> until_millis = {});
KeyRange state_keys(std::uint64_t queue, std::optional<std::int64_t> until_millis = {});
KeyRange deduplication_keys(std::uint64_t queue, std::optional<std::int64_t> until_millis = {});

}  // namespace penstock::sqs
