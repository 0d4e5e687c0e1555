// Every operation of SQS that is served. The table is in operations.cc.
#pragma once

#include "gen/sqs/shapes.h"
#include "protocol/api_error.h"
#include "protocol/context.h"

namespace penstock::sqs {

struct Service;
using protocol::Context;
using protocol::Reply;

// queues.cc
Reply<api::CreateQueueResult> create_queue(Service&, const Context&, api::CreateQueueRequest);
Reply<api::DeleteQueueOutput> delete_queue(Service&, const Context&, api::DeleteQueueRequest);
Reply<api::GetQueueUrlResult> get_queue_url(Service&, const Context&, api::GetQueueUrlRequest);
Reply<api::ListQueuesResult> list_queues(Service&, const Context&, api::ListQueuesRequest);
Reply<api::ListDeadLetterSourceQueuesResult> list_dead_letter_source_queues(
    Service&, const Context&, api::ListDeadLetterSourceQueuesRequest);
Reply<api::PurgeQueueOutput> purge_queue(Service&, const Context&, api::PurgeQueueRequest);
// queue_attributes.cc
Reply<api::GetQueueAttributesResult> get_queue_attributes(Service&, const Context&,
                                                          api::GetQueueAttributesRequest);
Reply<api::SetQueueAttributesOutput> set_queue_attributes(Service&, const Context&,
                                                          api::SetQueueAttributesRequest);
Reply<api::AddPermissionOutput> add_permission(Service&, const Context&, api::AddPermissionRequest);
Reply<api::RemovePermissionOutput> remove_permission(Service&, const Context&,
                                                     api::RemovePermissionRequest);
Reply<api::TagQueueOutput> tag_queue(Service&, const Context&, api::TagQueueRequest);
Reply<api::UntagQueueOutput> untag_queue(Service&, const Context&, api::UntagQueueRequest);
Reply<api::ListQueueTagsResult> list_queue_tags(Service&, const Context&,
                                                api::ListQueueTagsRequest);
// send_message.cc
Reply<api::SendMessageResult> send_message(Service&, const Context&, api::SendMessageRequest);
Reply<api::SendMessageBatchResult> send_message_batch(Service&, const Context&,
                                                      api::SendMessageBatchRequest);
// receive_message.cc
Reply<api::ReceiveMessageResult> receive_message(Service&, const Context&,
                                                 api::ReceiveMessageRequest);
// delete_message.cc
Reply<api::DeleteMessageOutput> delete_message(Service&, const Context&, api::DeleteMessageRequest);
Reply<api::DeleteMessageBatchResult> delete_message_batch(Service&, const Context&,
                                                          api::DeleteMessageBatchRequest);
Reply<api::ChangeMessageVisibilityOutput> change_message_visibility(
    Service&, const Context&, api::ChangeMessageVisibilityRequest);
Reply<api::ChangeMessageVisibilityBatchResult> change_message_visibility_batch(
    Service&, const Context&, api::ChangeMessageVisibilityBatchRequest);
// move_tasks.cc
Reply<api::StartMessageMoveTaskResult> start_message_move_task(Service&, const Context&,
                                                               api::StartMessageMoveTaskRequest);
Reply<api::CancelMessageMoveTaskResult> cancel_message_move_task(Service&, const Context&,
                                                                 api::CancelMessageMoveTaskRequest);
Reply<api::ListMessageMoveTasksResult> list_message_move_tasks(Service&, const Context&,
                                                               api::ListMessageMoveTasksRequest);

}  // namespace penstock::sqs
