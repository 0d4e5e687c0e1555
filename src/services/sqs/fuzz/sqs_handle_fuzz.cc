// Handles, addresses and documents from clients, and stored messages: no input aborts, and what is
// accepted reads back the same.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "services/sqs/attributes.h"
#include "services/sqs/message.h"
#include "services/sqs/move_task.h"
#include "services/sqs/policy.h"
#include "services/sqs/queue.h"
#include "services/sqs/receipt.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock::sqs;
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto receipt = parse_receipt(text))
    CHECK(parse_receipt(format_receipt(*receipt)) == receipt);
  if (const auto arn = parse_queue_arn(text)) CHECK(queue_arn(arn->place, arn->name) == text);
  if (const auto address = parse_queue_url(text)) CHECK(!address->name.empty());
  (void)parse_move_task_handle(text);
  if (const auto message = decode_message(text)) {
    CHECK(decode_message(encode_message(*message)).value() == *message);
  }
  (void)is_message_text(text);
  for (const char* name : {"RedrivePolicy", "RedriveAllowPolicy", "Policy"}) {
    QueueConfig config;
    (void)apply_attributes(config, {{name, text}}, Purpose::kSet);
  }
  if (const auto left = without_permission(text, "label")) (void)without_permission(*left, "other");
  return 0;
}
