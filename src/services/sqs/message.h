// A message as a value: what may be in it, how big it counts, its digests, its stored form. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "gen/sqs/shapes.h"
#include "services/sqs/errors.h"

namespace penstock::sqs {

// A message attribute of type String, Number or Binary (perhaps with a label: "Number.int").
struct MessageAttribute {
  std::string type;
  std::string value;
  bool is_binary() const { return type.starts_with("Binary"); }
  friend bool operator==(const MessageAttribute&, const MessageAttribute&) = default;
};
using MessageAttributes = std::map<std::string, MessageAttribute>;

struct Message {
  std::string id;
  std::string body;
  MessageAttributes attributes;
  std::string sender_id;
  std::string trace_header;        // AWSTraceHeader; empty: none.
  std::string group;               // MessageGroupId; empty: none.
  std::string deduplication;       // MessageDeduplicationId, given or made from the body.
  std::string dead_letter_source;  // ARN of the queue whose redrive policy moved it here.
  friend bool operator==(const Message&, const Message&) = default;
};

std::string encode_message(const Message& message);
Result<Message> decode_message(std::string_view bytes);

// What counts against MaximumMessageSize: the body, and names, types and values of attributes.
std::size_t message_bytes(std::string_view body, const MessageAttributes& attributes);

ApiResult<MessageAttributes> read_attributes(
    const std::optional<std::map<std::string, api::MessageAttributeValue>>& given);
// AWSTraceHeader, the only system attribute that may be sent.
ApiResult<std::string> read_trace_header(
    const std::optional<std::map<std::string, api::MessageSystemAttributeValue>>& given);

// Only the characters of XML 1.0, in UTF-8.
bool is_message_text(std::string_view text);

// MD5OfMessageAttributes in hexadecimal: of the attributes in the order of their names, each as
// name, type, one byte (1 text, 2 binary) and value, with lengths of four bytes before them.
std::string md5_of_attributes(const MessageAttributes& attributes);

// The attributes that MessageAttributeNames asks for: names, "All" or ".*", and prefixes "foo.*".
MessageAttributes select_attributes(MessageAttributes attributes,
                                    const std::vector<std::string>& names);

}  // namespace penstock::sqs
