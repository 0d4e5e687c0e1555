// SendMessage and SendMessageBatch: what may be sent to which queue.
#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/bytes.h"
#include "base/limits.h"
#include "protocol/managed_key.h"
#include "services/sqs/batch.h"
#include "services/sqs/errors.h"
#include "services/sqs/operations.h"
#include "services/sqs/resolve.h"
#include "services/sqs/sqs.h"
#include "services/sqs/traffic.h"

namespace penstock::sqs {
namespace {

using protocol::ApiResult;

constexpr std::size_t kFifoIdMax = 128;
constexpr std::int32_t kDelayMaxSeconds = 900;
constexpr std::string_view kOtherQueueType =
    "The request include parameter that is not valid for this queue type.";
constexpr std::string_view kNoDeduplicationId =
    "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId "
    "provided explicitly";

// A message that may be sent, and what the reply says of it.
struct Checked {
  NewMessage message;
  std::string md5_of_body;
  std::string md5_of_attributes;
  std::string md5_of_system_attributes;
};

ApiResult<void> check_fifo_id(const std::optional<std::string>& id, std::string_view parameter) {
  if (!id) return {};
  const bool plain = std::ranges::all_of(*id, [](char c) { return c >= '!' && c <= '~'; });
  if (!id->empty() && id->size() <= kFifoIdMax && plain) return {};
  return std::unexpected(invalid_value(
      *id, parameter,
      fmt::format("{} can only include alphanumeric and punctuation characters. 1 to 128 in "
                  "length.",
                  parameter)));
}

// `Request` is SendMessageRequest or an entry of a batch, which say the same.
template <typename Request>
ApiResult<std::int64_t> delay_of(const QueueConfig& config, const Request& request) {
  if (!request.delay_seconds) return std::int64_t{config.delay_seconds} * 1000;
  const std::int32_t seconds = *request.delay_seconds;
  if (seconds < 0 || seconds > kDelayMaxSeconds) {
    return std::unexpected(
        invalid_number(seconds, "DelaySeconds", "DelaySeconds must be >= 0 and <= 900."));
  }
  if (!config.fifo) return std::int64_t{seconds} * 1000;
  // A FIFO queue has one delay for all its messages.
  if (seconds != 0) {
    return std::unexpected(invalid_number(seconds, "DelaySeconds", kOtherQueueType));
  }
  return std::int64_t{config.delay_seconds} * 1000;
}

template <typename Request>
ApiResult<void> check_queue_type(const QueueConfig& config, const Request& request) {
  TRY_VOID(check_fifo_id(request.message_group_id, "MessageGroupId"));
  TRY_VOID(check_fifo_id(request.message_deduplication_id, "MessageDeduplicationId"));
  if (!config.fifo && request.message_deduplication_id) {
    return std::unexpected(invalid_value(*request.message_deduplication_id,
                                         "MessageDeduplicationId", kOtherQueueType));
  }
  if (config.fifo && !request.message_group_id) {
    return std::unexpected(missing_parameter("MessageGroupId"));
  }
  if (config.fifo && !request.message_deduplication_id && !config.content_deduplication) {
    return std::unexpected(invalid_parameter(std::string(kNoDeduplicationId)));
  }
  return {};
}

template <typename Request>
ApiResult<Checked> check_message(Service& service, const Context& context,
                                 const QueueConfig& config, Request& request) {
  if (request.message_body.empty()) return std::unexpected(missing_parameter("MessageBody"));
  TRY(MessageAttributes attributes, read_attributes(request.message_attributes));
  if (message_bytes(request.message_body, attributes) > config.message_bytes_max) {
    return std::unexpected(invalid_parameter(
        fmt::format("One or more parameters are invalid. Reason: Message must be shorter than {} "
                    "bytes.",
                    config.message_bytes_max)));
  }
  if (!is_message_text(request.message_body)) {
    return protocol::refuse("InvalidMessageContents",
                            "Invalid characters found. Valid unicode characters are #x9 | #xA | "
                            "#xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF");
  }
  TRY(std::string trace_header, read_trace_header(request.message_system_attributes));
  TRY_VOID(check_queue_type(config, request));
  Checked checked;
  TRY(checked.message.delay_millis, delay_of(config, request));

  Message message;
  message.id = service.deps.random.uuid();
  message.sender_id = context.principal_id.empty() ? context.account : context.principal_id;
  message.group = request.message_group_id.value_or("");
  if (config.fifo) {
    message.deduplication = request.message_deduplication_id ? *request.message_deduplication_id
                                                             : to_hex(sha256(request.message_body));
    checked.message.group = message.group;
    checked.message.deduplication = deduplication_key(
        message.deduplication, config.deduplicates_by_group ? message.group : std::string());
  }
  checked.md5_of_body = to_hex(md5(request.message_body));
  if (!attributes.empty()) checked.md5_of_attributes = md5_of_attributes(attributes);
  if (!trace_header.empty()) {
    checked.md5_of_system_attributes =
        md5_of_attributes({{"AWSTraceHeader", {"String", trace_header}}});
  }
  message.attributes = std::move(attributes);
  message.trace_header = std::move(trace_header);
  message.body = std::move(request.message_body);
  checked.message.id = message.id;
  checked.message.encoded = encode_message(message);
  return checked;
}

// Nobody but KMS says that there is no such key, and it is asked only now.
ApiResult<void> check_key(const QueueConfig& config) {
  if (config.kms_key.empty()) return {};
  std::optional<std::string> problem =
      protocol::missing_key(config.kms_key, "alias/aws/sqs", config.place);
  if (!problem) return {};
  return protocol::refuse("KmsNotFound", std::move(*problem));
}

// `Result` is SendMessageResult or an entry of a batch's.
template <typename Result>
void fill_result(Result& result, const LiveQueue& queue, const Checked& checked,
                 const Placed& placed) {
  result.message_id = placed.id;
  result.md5_of_message_body = checked.md5_of_body;
  if (!checked.md5_of_attributes.empty()) {
    result.md5_of_message_attributes = checked.md5_of_attributes;
  }
  if (!checked.md5_of_system_attributes.empty()) {
    result.md5_of_message_system_attributes = checked.md5_of_system_attributes;
  }
  if (queue.fifo) result.sequence_number = sequence_text(placed.key.sequence);
}

// What refuses the whole batch rather than an entry.
ApiResult<void> check_send_batch(const QueueConfig& config,
                                 const std::vector<api::SendMessageBatchRequestEntry>& entries) {
  TRY_VOID(check_batch(entries, "SendMessageBatchRequestEntry"));
  std::size_t bytes = 0;
  for (const auto& entry : entries) {
    bytes += entry.message_body.size();
    if (entry.message_attributes) {
      for (const auto& [name, value] : *entry.message_attributes) {
        bytes += name.size() + value.data_type.size() + value.string_value.value_or("").size();
        if (value.binary_value) bytes += value.binary_value->bytes.size();
      }
    }
    if (!config.fifo) continue;
    if (!entry.message_group_id) {
      return std::unexpected(
          invalid_parameter("The request must contain the parameter MessageGroupId."));
    }
    if (!entry.message_deduplication_id && !config.content_deduplication) {
      return std::unexpected(invalid_parameter(std::string(kNoDeduplicationId)));
    }
  }
  if (bytes > limits::kSqsBatchBytes) {
    return protocol::refuse("BatchRequestTooLong",
                            fmt::format("Batch requests cannot be longer than {} bytes. You have "
                                        "sent {} bytes.",
                                        limits::kSqsBatchBytes, bytes));
  }
  return {};
}

}  // namespace

Reply<api::SendMessageResult> send_message(Service& service, const Context& context,
                                           api::SendMessageRequest input) {
  CO_TRY(const std::shared_ptr<LiveQueue> queue,
         resolve_queue(service, context, input.queue_url, "SendMessage"));
  const auto config = queue->config();
  CO_TRY(Checked checked, check_message(service, context, *config, input));
  CO_TRY_VOID(check_key(*config));
  std::vector<NewMessage> messages;
  messages.push_back(std::move(checked.message));
  CO_TRY(const std::vector<Placed> placed, co_await enqueue(service, queue, std::move(messages)));
  api::SendMessageResult output;
  fill_result(output, *queue, checked, placed[0]);
  co_return output;
}

Reply<api::SendMessageBatchResult> send_message_batch(Service& service, const Context& context,
                                                      api::SendMessageBatchRequest input) {
  CO_TRY(const std::shared_ptr<LiveQueue> queue,
         resolve_queue(service, context, input.queue_url, "SendMessage"));
  const auto config = queue->config();
  CO_TRY_VOID(check_send_batch(*config, input.entries));
  CO_TRY_VOID(check_key(*config));
  api::SendMessageBatchResult output;
  std::vector<Checked> accepted;
  std::vector<std::string> ids;
  std::vector<NewMessage> messages;
  for (api::SendMessageBatchRequestEntry& entry : input.entries) {
    ApiResult<Checked> checked = check_message(service, context, *config, entry);
    if (!checked) {
      if (!output.failed) output.failed.emplace();
      output.failed->push_back(failed_entry(std::move(entry.id), checked.error()));
      continue;
    }
    messages.push_back(std::move(checked->message));
    accepted.push_back(std::move(*checked));
    ids.push_back(std::move(entry.id));
  }
  if (messages.empty()) co_return output;
  CO_TRY(const std::vector<Placed> placed, co_await enqueue(service, queue, std::move(messages)));
  output.successful.emplace(placed.size());
  for (std::size_t i = 0; i < placed.size(); ++i) {
    api::SendMessageBatchResultEntry& entry = (*output.successful)[i];
    entry.id = std::move(ids[i]);
    fill_result(entry, *queue, accepted[i], placed[i]);
  }
  co_return output;
}

}  // namespace penstock::sqs
