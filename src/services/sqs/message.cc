// Content rules and digests of messages, as documented; texts as recorded from AWS.
#include "services/sqs/message.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/ascii.h"
#include "base/bytes.h"
#include "storage/key.h"

namespace penstock::sqs {
namespace {

using storage::ValueReader;
using storage::ValueWriter;

constexpr std::uint8_t kMessageVersion = 1;
constexpr std::size_t kAttributesMax = 10;
constexpr std::size_t kAttributeNameMax = 256;

ApiResult<void> check_attribute_name(const std::string& name) {
  if (name.empty()) {
    return std::unexpected(
        invalid_parameter("The request must contain non-empty message (user) attribute names."));
  }
  if (name.size() > kAttributeNameMax) {
    return std::unexpected(
        invalid_parameter("Message (user) attribute names must be shorter than 256 Bytes"));
  }
  const bool plain = std::ranges::all_of(
      name, [](char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '.'; });
  if (!plain) {
    return std::unexpected(
        invalid_parameter("Message (user) attributes name can only contain upper and lower score "
                          "characters, digits, periods, hyphens and underscores. "));
  }
  const std::string lower = to_lower(name);
  if (lower.starts_with("aws.") || lower.starts_with("amazon.") || name.starts_with('.') ||
      name.ends_with('.') || name.find("..") != std::string::npos) {
    return std::unexpected(invalid_parameter(
        "You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. These strings "
        "are reserved for internal use. Additionally, they cannot start or end with '.'."));
  }
  return {};
}

bool is_number_text(const std::string& text) {
  if (text.empty() || is_blank(text[0])) return false;
  char* end = nullptr;
  std::strtod(text.c_str(), &end);
  return *end == '\0' && text.find_first_of("xXnN") == std::string::npos;
}

// Of user and system attributes, whose shapes are the same.
template <typename Value>
ApiResult<MessageAttribute> read_attribute(const std::string& name, const Value& given) {
  if (given.data_type.empty()) {
    return std::unexpected(invalid_parameter(fmt::format(
        "Message (user) attribute '{}' must contain a non-empty attribute type.", name)));
  }
  if (given.data_type.size() > kAttributeNameMax) {
    return std::unexpected(
        invalid_parameter("Message (user) attribute types must be shorter than 256 Bytes"));
  }
  const std::string_view type =
      std::string_view(given.data_type).substr(0, given.data_type.find('.'));
  if (type != "String" && type != "Number" && type != "Binary") {
    return std::unexpected(invalid_parameter(fmt::format(
        "The type of message (user) attribute '{}' is invalid. You must use only the following "
        "supported type prefixes: Binary, Number, String.",
        name)));
  }
  if (given.string_list_values || given.binary_list_values) {
    return protocol::refuse("UnsupportedOperation",
                            "Message attribute list values in SendMessage operation are not "
                            "supported.");
  }
  MessageAttribute attribute{given.data_type, {}};
  if (type == "Binary") {
    if (given.binary_value) attribute.value = given.binary_value->bytes;
  } else if (given.string_value) {
    attribute.value = *given.string_value;
  }
  if (attribute.value.empty()) {
    return std::unexpected(invalid_parameter(
        fmt::format("Message (user) attribute '{}' must contain a non-empty value of type '{}'.",
                    name, type == "Binary" ? "Binary" : "String")));
  }
  if (type == "Number" && !is_number_text(attribute.value)) {
    return std::unexpected(invalid_parameter(
        fmt::format("Can't cast the value of message (user) attribute '{}' to a number.", name)));
  }
  if (type != "Binary" && !is_message_text(attribute.value)) {
    return std::unexpected(invalid_parameter(
        "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF "
        "| #xE000 to #xFFFD | #x10000 to #x10FFFF"));
  }
  return attribute;
}

void append_piece(std::string& out, std::string_view piece) {
  const auto size = static_cast<std::uint32_t>(piece.size());
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(size >> shift);
  out += piece;
}

bool is_asked_for(const std::string& name, const std::vector<std::string>& names) {
  return std::ranges::any_of(names, [&](const std::string& asked) {
    if (asked == "All" || asked == ".*" || asked == "*" || asked == name) return true;
    return asked.ends_with(".*") &&
           name.starts_with(std::string_view(asked).substr(0, asked.size() - 2));
  });
}

}  // namespace

std::string encode_message(const Message& m) {
  ValueWriter writer(kMessageVersion);
  writer.text(m.id).text(m.sender_id).text(m.trace_header).text(m.group).text(m.deduplication);
  writer.text(m.dead_letter_source).u64(m.attributes.size());
  for (const auto& [name, attribute] : m.attributes) {
    writer.text(name).text(attribute.type).text(attribute.value);
  }
  writer.text(m.body);
  return writer.take();
}

Result<Message> decode_message(std::string_view bytes) {
  ValueReader reader(bytes);
  Message m;
  const bool known = reader.version() == kMessageVersion;
  m.id = reader.text();
  m.sender_id = reader.text();
  m.trace_header = reader.text();
  m.group = reader.text();
  m.deduplication = reader.text();
  m.dead_letter_source = reader.text();
  for (std::uint64_t n = reader.u64(); n > 0 && reader.ok(); --n) {
    std::string name(reader.text());
    std::string type(reader.text());
    m.attributes.emplace(std::move(name),
                         MessageAttribute{std::move(type), std::string(reader.text())});
  }
  m.body = reader.text();
  if (!known || !reader.done()) {
    return fail(ErrorKind::kCorrupt, "a stored SQS message cannot be read");
  }
  return m;
}

std::size_t message_bytes(std::string_view body, const MessageAttributes& attributes) {
  std::size_t bytes = body.size();
  for (const auto& [name, attribute] : attributes) {
    bytes += name.size() + attribute.type.size() + attribute.value.size();
  }
  return bytes;
}

ApiResult<MessageAttributes> read_attributes(
    const std::optional<std::map<std::string, api::MessageAttributeValue>>& given) {
  MessageAttributes attributes;
  if (!given) return attributes;
  if (given->size() > kAttributesMax) {
    return std::unexpected(invalid_parameter(
        fmt::format("Number of message attributes [{}] exceeds the allowed maximum [{}].",
                    given->size(), kAttributesMax)));
  }
  for (const auto& [name, value] : *given) {
    TRY_VOID(check_attribute_name(name));
    TRY(MessageAttribute attribute, read_attribute(name, value));
    attributes.emplace(name, std::move(attribute));
  }
  return attributes;
}

ApiResult<std::string> read_trace_header(
    const std::optional<std::map<std::string, api::MessageSystemAttributeValue>>& given) {
  if (!given || given->empty()) return std::string();
  for (const auto& [name, value] : *given) {
    if (name != "AWSTraceHeader") {
      return std::unexpected(
          invalid_parameter(fmt::format("Message system attribute name '{}' is invalid.", name)));
    }
    if (value.data_type != "String") {
      return std::unexpected(
          invalid_parameter("The data type of message system attribute 'AWSTraceHeader' is "
                            "invalid. You must use the following supported type: String."));
    }
  }
  TRY(MessageAttribute attribute, read_attribute("AWSTraceHeader", given->begin()->second));
  return std::move(attribute.value);
}

bool is_message_text(std::string_view text) {
  if (!is_valid_utf8(text)) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 && c != '\t' && c != '\n' && c != '\r') return false;
    // U+FFFE and U+FFFF are EF BF BE and EF BF BF.
    if (c == 0xEF && static_cast<unsigned char>(text[i + 1]) == 0xBF &&
        static_cast<unsigned char>(text[i + 2]) >= 0xBE) {
      return false;
    }
  }
  return true;
}

std::string md5_of_attributes(const MessageAttributes& attributes) {
  std::string bytes;
  for (const auto& [name, attribute] : attributes) {
    append_piece(bytes, name);
    append_piece(bytes, attribute.type);
    bytes += attribute.is_binary() ? '\2' : '\1';
    append_piece(bytes, attribute.value);
  }
  return to_hex(md5(bytes));
}

MessageAttributes select_attributes(MessageAttributes attributes,
                                    const std::vector<std::string>& names) {
  std::erase_if(attributes, [&](const auto& entry) { return !is_asked_for(entry.first, names); });
  return attributes;
}

}  // namespace penstock::sqs
