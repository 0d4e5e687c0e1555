// States and handles of move tasks.
#include "services/sqs/move_task.h"

#include "base/bytes.h"
#include "protocol/json_codec.h"
#include "protocol/json_writer.h"

namespace penstock::sqs {

std::string_view to_string(MoveStatus status) {
  switch (status) {
    case MoveStatus::kRunning: return "RUNNING";
    case MoveStatus::kCancelling: return "CANCELLING";
    case MoveStatus::kCancelled: return "CANCELLED";
    case MoveStatus::kCompleted: return "COMPLETED";
    case MoveStatus::kFailed: return "FAILED";
  }
  return {};
}

std::string move_task_handle(const MoveTask& task) {
  std::string text;
  protocol::JsonWriter json(text);
  json.begin_object().key("taskId").string(task.id).key("sourceArn").string(task.source_arn);
  json.end_object();
  return base64_encode(text);
}

std::optional<MoveTaskName> parse_move_task_handle(std::string_view handle) {
  const auto text = base64_decode(handle);
  if (!text) return std::nullopt;
  auto id = protocol::json_string_member(*text, "taskId");
  auto source = protocol::json_string_member(*text, "sourceArn");
  if (!id || !source) return std::nullopt;
  return MoveTaskName{std::move(*id), std::move(*source)};
}

}  // namespace penstock::sqs
