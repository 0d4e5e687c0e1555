// A message move task as a value: from a dead-letter queue to another queue, or to where its
// messages came from. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "services/sqs/queue.h"

namespace penstock::sqs {

enum class MoveStatus : std::uint8_t { kRunning, kCancelling, kCancelled, kCompleted, kFailed };
std::string_view to_string(MoveStatus status);

struct MoveTask {
  std::string id;
  Place place;
  std::string source_arn;
  std::string destination_arn;       // Empty: to the sources.
  std::uint32_t per_second_max = 0;  // 0: as fast as it goes.
  MoveStatus status = MoveStatus::kRunning;
  Timestamp started;
  std::uint64_t moved = 0;
  std::uint64_t to_move = 0;  // When it started.
  std::string failure;
  friend bool operator==(const MoveTask&, const MoveTask&) = default;
};

// The handle that clients get: base64 of a JSON object with taskId and sourceArn, as AWS's.
std::string move_task_handle(const MoveTask& task);
struct MoveTaskName {
  std::string id;
  std::string source_arn;
};
std::optional<MoveTaskName> parse_move_task_handle(std::string_view handle);

}  // namespace penstock::sqs
