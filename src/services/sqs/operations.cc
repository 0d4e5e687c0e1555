// All that SQS answers, in JSON and in Query.
#include "services/sqs/operations.h"

#include <array>

#include "gen/sqs/model.h"
#include "services/sqs/sqs.h"

namespace penstock::sqs {
namespace {

using protocol::operation;

constexpr auto kOperations = std::to_array<protocol::Operation>({
    operation<op::AddPermission, add_permission>(),
    operation<op::CancelMessageMoveTask, cancel_message_move_task>(),
    operation<op::ChangeMessageVisibility, change_message_visibility>(),
    operation<op::ChangeMessageVisibilityBatch, change_message_visibility_batch>(),
    operation<op::CreateQueue, create_queue>(),
    operation<op::DeleteMessage, delete_message>(),
    operation<op::DeleteMessageBatch, delete_message_batch>(),
    operation<op::DeleteQueue, delete_queue>(),
    operation<op::GetQueueAttributes, get_queue_attributes>(),
    operation<op::GetQueueUrl, get_queue_url>(),
    operation<op::ListDeadLetterSourceQueues, list_dead_letter_source_queues>(),
    operation<op::ListMessageMoveTasks, list_message_move_tasks>(),
    operation<op::ListQueueTags, list_queue_tags>(),
    operation<op::ListQueues, list_queues>(),
    operation<op::PurgeQueue, purge_queue>(),
    operation<op::ReceiveMessage, receive_message>(),
    operation<op::RemovePermission, remove_permission>(),
    operation<op::SendMessage, send_message>(),
    operation<op::SendMessageBatch, send_message_batch>(),
    operation<op::SetQueueAttributes, set_queue_attributes>(),
    operation<op::StartMessageMoveTask, start_message_move_task>(),
    operation<op::TagQueue, tag_queue>(),
    operation<op::UntagQueue, untag_queue>(),
});

}  // namespace

protocol::ServiceBinding binding(Service& service) {
  return {&kServiceInfo, &service, kOperations};
}

}  // namespace penstock::sqs
