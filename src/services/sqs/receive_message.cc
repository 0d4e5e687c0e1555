// ReceiveMessage: the limits of a request, and what is shown of a message.
#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "services/sqs/attributes.h"
#include "services/sqs/errors.h"
#include "services/sqs/operations.h"
#include "services/sqs/resolve.h"
#include "services/sqs/sqs.h"
#include "services/sqs/traffic.h"

namespace penstock::sqs {
namespace {

using protocol::ApiResult;

constexpr auto kSystemAttributes = std::to_array<std::string_view>(
    {"All", "AWSTraceHeader", "ApproximateFirstReceiveTimestamp", "ApproximateReceiveCount",
     "DeadLetterQueueSourceArn", "MessageDeduplicationId", "MessageGroupId", "SenderId",
     "SentTimestamp", "SequenceNumber"});

ApiResult<ReceiveRequest> read_request(const QueueConfig& config,
                                       const api::ReceiveMessageRequest& input) {
  const std::int32_t messages = input.max_number_of_messages.value_or(1);
  if (messages < 1 || messages > 10) {
    return std::unexpected(
        invalid_number(messages, "MaxNumberOfMessages", "Must be between 1 and 10, if provided."));
  }
  if (input.wait_time_seconds && (*input.wait_time_seconds < 0 || *input.wait_time_seconds > 20)) {
    return std::unexpected(invalid_number(*input.wait_time_seconds, "WaitTimeSeconds",
                                          "Must be >= 0 and <= 20, if provided."));
  }
  if (input.visibility_timeout &&
      (*input.visibility_timeout < 0 || *input.visibility_timeout > 43'200)) {
    return std::unexpected(invalid_number(*input.visibility_timeout, "VisibilityTimeout",
                                          "Must be >= 0 and <= 43200, if provided."));
  }
  ReceiveRequest request;
  request.messages_max = static_cast<std::size_t>(messages);
  request.wait_millis = 1000 * (input.wait_time_seconds ? std::int64_t{*input.wait_time_seconds}
                                                        : std::int64_t{config.wait_seconds});
  request.visibility_millis =
      1000 * (input.visibility_timeout ? std::int64_t{*input.visibility_timeout}
                                       : std::int64_t{config.visibility_seconds});
  if (!input.receive_request_attempt_id) return request;
  const std::string& attempt = *input.receive_request_attempt_id;
  const bool plain = std::ranges::all_of(attempt, [](char c) { return c >= '!' && c <= '~'; });
  if (!config.fifo) {
    return std::unexpected(
        invalid_value(attempt, "ReceiveRequestAttemptId",
                      "The request include parameter that is not valid for this queue type."));
  }
  if (attempt.empty() || attempt.size() > 128 || !plain) {
    return std::unexpected(invalid_value(
        attempt, "ReceiveRequestAttemptId",
        "ReceiveRequestAttemptId can only include alphanumeric and punctuation characters. 1 to "
        "128 in length."));
  }
  request.attempt = attempt;
  return request;
}

// Both lists of names mean the same; the older one may also name attributes of queues, which no
// message has.
ApiResult<std::vector<std::string>> asked_attributes(const api::ReceiveMessageRequest& input) {
  std::vector<std::string> names;
  if (input.message_system_attribute_names) names = *input.message_system_attribute_names;
  for (const std::string& name : names) {
    if (std::ranges::find(kSystemAttributes, name) == kSystemAttributes.end()) {
      return std::unexpected(invalid_attribute_name(name));
    }
  }
  if (!input.attribute_names) return names;
  for (const std::string& name : *input.attribute_names) {
    if (std::ranges::find(kSystemAttributes, name) == kSystemAttributes.end()) {
      TRY_VOID(show_attributes({}, {}, {name}));
    }
    names.push_back(name);
  }
  return names;
}

Attributes system_attributes(const LiveQueue& queue, const Received& received,
                             const std::vector<std::string>& names) {
  const auto& [receipt, state, message] = received;
  Attributes all = {
      {"SenderId", message.sender_id},
      {"SentTimestamp", std::to_string(receipt.message.sent_millis)},
      {"ApproximateReceiveCount", std::to_string(state.receives)},
      {"ApproximateFirstReceiveTimestamp", std::to_string(state.first_received_millis)},
      {"MessageGroupId", message.group},
      {"MessageDeduplicationId", message.deduplication},
      {"SequenceNumber", queue.fifo ? sequence_text(receipt.message.sequence) : ""},
      {"AWSTraceHeader", message.trace_header},
      {"DeadLetterQueueSourceArn", message.dead_letter_source},
  };
  const bool wants_all = std::ranges::find(names, "All") != names.end();
  std::erase_if(all, [&](const auto& entry) {
    return entry.second.empty() ||
           (!wants_all && std::ranges::find(names, entry.first) == names.end());
  });
  return all;
}

api::MessageAttributeValue show_attribute(MessageAttribute attribute) {
  api::MessageAttributeValue shown;
  if (attribute.is_binary()) {
    shown.binary_value = Blob{std::move(attribute.value)};
  } else {
    shown.string_value = std::move(attribute.value);
  }
  shown.data_type = std::move(attribute.type);
  return shown;
}

api::Message show_message(const LiveQueue& queue, Received received,
                          const std::vector<std::string>& system_names,
                          const std::vector<std::string>& attribute_names) {
  api::Message shown;
  Attributes system = system_attributes(queue, received, system_names);
  if (!system.empty()) shown.attributes = std::move(system);
  Message& message = received.message;
  shown.message_id = std::move(message.id);
  shown.receipt_handle = format_receipt(received.receipt);
  shown.md5_of_body = to_hex(md5(message.body));
  shown.body = std::move(message.body);
  MessageAttributes attributes = select_attributes(std::move(message.attributes), attribute_names);
  if (attributes.empty()) return shown;
  shown.md5_of_message_attributes = md5_of_attributes(attributes);
  shown.message_attributes.emplace();
  for (auto& [name, attribute] : attributes) {
    shown.message_attributes->emplace(name, show_attribute(std::move(attribute)));
  }
  return shown;
}

}  // namespace

Reply<api::ReceiveMessageResult> receive_message(Service& service, const Context& context,
                                                 api::ReceiveMessageRequest input) {
  CO_TRY(const std::shared_ptr<LiveQueue> queue,
         resolve_queue(service, context, input.queue_url, "ReceiveMessage"));
  CO_TRY(ReceiveRequest request, read_request(*queue->config(), input));
  CO_TRY(const std::vector<std::string> system_names, asked_attributes(input));
  CO_TRY(std::vector<Received> received, co_await receive(service, queue, std::move(request)));
  api::ReceiveMessageResult output;
  if (received.empty()) co_return output;
  const std::vector<std::string> attribute_names =
      input.message_attribute_names.value_or(std::vector<std::string>());
  output.messages.emplace();
  for (Received& one : received) {
    output.messages->push_back(show_message(*queue, std::move(one), system_names, attribute_names));
  }
  co_return output;
}

}  // namespace penstock::sqs
