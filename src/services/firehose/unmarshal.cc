// One pass over the record with simdjson On-Demand; strings are copied as they are written.
#include "services/firehose/unmarshal.h"

#include <simdjson.h>

#include <cstring>

#include "base/limits.h"

namespace penstock::firehose {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::string_view kEventName = "eventName";
constexpr std::string_view kSequenceNumber = "sequenceNumber";

std::unexpected<Error> malformed(const char* what) { return fail(ErrorKind::kInvalid, what); }

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// The text between the quotes of a JSON string, as written; nullopt when an escape is not valid.
// simdjson has made sure that the string ends and that it holds no control characters.
std::optional<std::string_view> raw_text(ondemand::raw_json_string raw) {
  const char* const begin = raw.raw();
  const char* p = begin;
  for (; *p != '"'; ++p) {
    if (*p != '\\') continue;
    ++p;
    if (*p == 'u') {
      for (int i = 1; i <= 4; ++i) {
        if (!is_hex(p[i])) return std::nullopt;
      }
      p += 4;
    } else if (std::strchr("\"\\/bfnrt", *p) == nullptr || *p == '\0') {
      return std::nullopt;
    }
  }
  return std::string_view(begin, static_cast<std::size_t>(p - begin));
}

// -?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?
bool is_json_number(std::string_view text) {
  std::size_t i = 0;
  const auto digits = [&] {
    const std::size_t begin = i;
    while (i < text.size() && text[i] >= '0' && text[i] <= '9') ++i;
    return i - begin;
  };
  if (i < text.size() && text[i] == '-') ++i;
  const bool zero = i < text.size() && text[i] == '0';
  const std::size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (i < text.size() && text[i] == '.') {
    ++i;
    if (digits() == 0) return false;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (digits() == 0) return false;
  }
  return i == text.size();
}

class Unmarshaller {
 public:
  // The members of a map of attributes, without braces. `top`: give way to the added fields.
  bool members(std::string& out, ondemand::object object, int depth, bool top) {
    bool first = true;
    for (auto field : object) {
      ondemand::raw_json_string raw;
      ondemand::value value;
      if (field.key().get(raw) != simdjson::SUCCESS) return false;
      const auto key = raw_text(raw);
      if (!key) return false;
      if (field.value().get(value) != simdjson::SUCCESS) return false;
      if (top && (*key == kEventName || *key == kSequenceNumber)) continue;
      if (!first) out += ',';
      first = false;
      out += '"';
      out += *key;
      out += "\":";
      if (!attribute(out, value, depth + 1)) return false;
    }
    return true;
  }

 private:
  bool attribute(std::string& out, ondemand::value value, int depth) {
    if (depth > limits::kFirehoseUnmarshalDepth) return false;
    ondemand::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS) return false;
    int count = 0;
    for (auto field : object) {
      ondemand::raw_json_string raw;
      ondemand::value inner;
      if (field.key().get(raw) != simdjson::SUCCESS) return false;
      const auto type = raw_text(raw);
      if (!type || ++count > 1) return false;
      if (field.value().get(inner) != simdjson::SUCCESS) return false;
      if (!typed(out, *type, inner, depth)) return false;
    }
    return count == 1;
  }

  bool typed(std::string& out, std::string_view type, ondemand::value value, int depth) {
    if (type == "S" || type == "B") return string(out, value);
    if (type == "N") return number(out, value);
    if (type == "SS" || type == "BS") return list(out, value, &Unmarshaller::string_at, depth);
    if (type == "NS") return list(out, value, &Unmarshaller::number_at, depth);
    if (type == "L") return list(out, value, &Unmarshaller::attribute_at, depth);
    if (type == "M") {
      ondemand::object object;
      if (value.get_object().get(object) != simdjson::SUCCESS) return false;
      out += '{';
      if (!members(out, object, depth, false)) return false;
      out += '}';
      return true;
    }
    bool flag = false;
    if (value.get_bool().get(flag) != simdjson::SUCCESS) return false;
    if (type == "BOOL") {
      out += flag ? "true" : "false";
    } else if (type == "NULL") {
      out += "null";
    } else {
      return false;
    }
    return true;
  }

  bool string(std::string& out, ondemand::value value) {
    ondemand::raw_json_string raw;
    if (value.get_raw_json_string().get(raw) != simdjson::SUCCESS) return false;
    const auto text = raw_text(raw);
    if (!text) return false;
    out += '"';
    out += *text;
    out += '"';
    return true;
  }
  bool number(std::string& out, ondemand::value value) {
    ondemand::raw_json_string raw;
    if (value.get_raw_json_string().get(raw) != simdjson::SUCCESS) return false;
    const auto text = raw_text(raw);
    // DynamoDB writes plain numbers; anything else would not be JSON.
    if (!text || !is_json_number(*text)) return false;
    out += *text;
    return true;
  }

  using Element = bool (Unmarshaller::*)(std::string&, ondemand::value, int);
  bool string_at(std::string& out, ondemand::value value, int) { return string(out, value); }
  bool number_at(std::string& out, ondemand::value value, int) { return number(out, value); }
  bool attribute_at(std::string& out, ondemand::value value, int depth) {
    return attribute(out, value, depth + 1);
  }
  bool list(std::string& out, ondemand::value value, Element element, int depth) {
    ondemand::array array;
    if (value.get_array().get(array) != simdjson::SUCCESS) return false;
    out += '[';
    bool first = true;
    for (auto item : array) {
      ondemand::value inner;
      if (item.get(inner) != simdjson::SUCCESS) return false;
      if (!first) out += ',';
      first = false;
      if (!(this->*element)(out, inner, depth)) return false;
    }
    out += ']';
    return true;
  }
};

// What is of use in the "dynamodb" member.
struct Change {
  std::string image;
  int rank = 0;  // Of where the image came from: NewImage 3, OldImage 2, Keys 1.
  std::string sequence_number;
};

bool read_change(ondemand::object object, Change& change) {
  for (auto field : object) {
    ondemand::raw_json_string raw;
    ondemand::value value;
    if (field.key().get(raw) != simdjson::SUCCESS) return false;
    const auto key = raw_text(raw);
    if (!key || field.value().get(value) != simdjson::SUCCESS) return false;
    const int rank = *key == "NewImage" ? 3 : *key == "OldImage" ? 2 : *key == "Keys" ? 1 : 0;
    if (rank > change.rank) {
      ondemand::object image;
      if (value.get_object().get(image) != simdjson::SUCCESS) return false;
      change.image.clear();
      change.rank = rank;
      if (!Unmarshaller().members(change.image, image, 0, true)) return false;
    } else if (*key == "SequenceNumber") {
      ondemand::raw_json_string number;
      if (value.get_raw_json_string().get(number) != simdjson::SUCCESS) return false;
      const auto text = raw_text(number);
      if (!text) return false;
      change.sequence_number = *text;
    }
  }
  return true;
}

}  // namespace

Status append_unmarshalled(std::string& out, std::string_view record) {
  // One parser and one padded copy per thread: both keep their memory.
  thread_local ondemand::parser parser;
  thread_local std::string padded;
  padded.assign(record);
  padded.append(simdjson::SIMDJSON_PADDING, ' ');
  ondemand::document document;
  ondemand::object root;
  if (parser.iterate(simdjson::padded_string_view(padded.data(), record.size(), padded.size()))
              .get(document) != simdjson::SUCCESS ||
      document.get_object().get(root) != simdjson::SUCCESS) {
    return malformed("the record is not a JSON object");
  }
  Change change;
  std::string event_name;
  bool found = false;
  for (auto field : root) {
    ondemand::raw_json_string raw;
    ondemand::value value;
    if (field.key().get(raw) != simdjson::SUCCESS) return malformed("malformed JSON");
    const auto key = raw_text(raw);
    if (!key || field.value().get(value) != simdjson::SUCCESS) return malformed("malformed JSON");
    if (*key == kEventName) {
      ondemand::raw_json_string name;
      if (value.get_raw_json_string().get(name) != simdjson::SUCCESS) {
        return malformed("eventName is not a string");
      }
      const auto text = raw_text(name);
      if (!text) return malformed("malformed JSON");
      event_name = *text;
    } else if (*key == "dynamodb") {
      ondemand::object object;
      if (value.get_object().get(object) != simdjson::SUCCESS || !read_change(object, change)) {
        return malformed("the member dynamodb is not a change of DynamoDB");
      }
      found = true;
    }
  }
  const char* trailing = nullptr;
  if (document.current_location().get(trailing) == simdjson::SUCCESS) {
    return malformed("trailing bytes after the record");
  }
  if (!found || change.rank == 0) return malformed("the record is no change of DynamoDB");
  out += '{';
  out += change.image;
  if (!change.image.empty()) out += ',';
  out += "\"eventName\":\"";
  out += event_name;
  out += "\",\"sequenceNumber\":\"";
  out += change.sequence_number;
  out += "\"}";
  return {};
}

}  // namespace penstock::firehose
