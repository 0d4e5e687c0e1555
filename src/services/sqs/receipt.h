// Receipt handles: which receipt of which message, as text that means nothing to the client. Pure.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace penstock::sqs {

// Where a message is in its queue: the order of these is the order in which messages are received.
// What a redrive policy moves keeps its time, so `sequence` alone does not order them.
struct MessageKey {
  std::int64_t sent_millis = 0;
  std::uint64_t sequence = 0;
  friend auto operator<=>(const MessageKey&, const MessageKey&) = default;
};

// SequenceNumber of a FIFO queue: twenty digits, as AWS's.
std::string sequence_text(std::uint64_t sequence);

struct Receipt {
  std::uint64_t queue = 0;
  MessageKey message;
  std::uint64_t token = 0;  // Of this one time that the message was received; random.
  friend bool operator==(const Receipt&, const Receipt&) = default;
};

std::string format_receipt(const Receipt& receipt);
std::optional<Receipt> parse_receipt(std::string_view handle);

}  // namespace penstock::sqs
