// AttributeValue from and to JSON. Two kinds of refusal come out of decoding: a wrong JSON shape
// fails at once (SerializationException), a wrong value is kept as kInvalid so that the operation
// can report it in AWS's order (ValidationException). Wording: AWS, as recorded by dynalite's
// tests.
#include "protocol/attribute_value_json.h"

#include <simdjson.h>

#include <algorithm>

#include "base/bytes.h"
#include "protocol/json_writer.h"
#include "protocol/number.h"

namespace penstock {
namespace {

namespace dom = simdjson::dom;
using Type = AttributeValue::Type;

constexpr int kNestingMax = 32;
constexpr std::size_t kNameBytesMax = 65'535;
constexpr std::string_view kInvalidPrefix = "One or more parameter values were invalid: ";

std::unexpected<Error> wrong_shape(std::string message) {
  return fail(ErrorKind::kInvalid, std::move(message));
}

std::unexpected<Error> not_convertible(const dom::element& json, std::string_view to) {
  const std::string type(to);
  switch (json.type()) {
    case dom::element_type::ARRAY:
      return wrong_shape("Unrecognized collection type class java.lang." + type);
    case dom::element_type::OBJECT:
      return wrong_shape("Start of structure or map found where not expected");
    case dom::element_type::DOUBLE:
      return wrong_shape("DECIMAL_VALUE cannot be converted to " + type);
    case dom::element_type::BOOL:
      return wrong_shape((bool(json) ? "TRUE_VALUE cannot be converted to "
                                     : "FALSE_VALUE cannot be converted to ") +
                         type);
    default: return wrong_shape("NUMBER_VALUE cannot be converted to " + type);
  }
}

Status read_string(const dom::element& json, std::string_view& out) {
  if (json.get_string().get(out) != simdjson::SUCCESS) return not_convertible(json, "String");
  return {};
}

// True when the bits of the last character that belong to no byte are zero. Requires valid base64.
bool ends_clean(std::string_view text) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (!text.ends_with('=')) return true;
  const bool two = text.ends_with("==");
  const std::size_t bits = kAlphabet.find(text[text.size() - (two ? 3 : 2)]);
  return bits % (two ? 16 : 4) == 0;
}

Status read_blob(const dom::element& json, std::string& out) {
  std::string_view text;
  if (json.get_string().get(text) != simdjson::SUCCESS) {
    switch (json.type()) {
      case dom::element_type::ARRAY:
        return wrong_shape("Unrecognized collection type class java.nio.ByteBuffer");
      case dom::element_type::OBJECT:
        return wrong_shape("Start of structure or map found where not expected");
      default: return wrong_shape("only base-64-encoded strings are convertible to bytes");
    }
  }
  if (text.size() % 4 != 0) {
    return wrong_shape("Base64 encoded length is expected a multiple of 4 bytes but found: " +
                       std::to_string(text.size()));
  }
  auto bytes = base64_decode(text);
  if (!bytes || !ends_clean(text))
    return wrong_shape("Invalid last non-pad Base64 character dectected");
  out = std::move(*bytes);
  return {};
}

Status read_boolean(const dom::element& json, bool& out) {
  if (json.get_bool().get(out) == simdjson::SUCCESS) return {};
  std::string_view text;
  if (json.get_string().get(text) != simdjson::SUCCESS) return not_convertible(json, "Boolean");
  for (const std::string_view word : {"true", "1", "yes"}) {
    if (equals_ignore_case(text, word)) {
      out = true;
      return {};
    }
  }
  for (const std::string_view word : {"false", "0", "no"}) {
    if (equals_ignore_case(text, word)) {
      out = false;
      return {};
    }
  }
  return wrong_shape("Unexpected token received from parser");
}

// The members of a JSON list, or the text for what is not one.
Status read_array(const dom::element& json, dom::array& out) {
  if (json.get_array().get(out) == simdjson::SUCCESS) return {};
  if (json.is_object()) return wrong_shape("Start of structure or map found where not expected");
  return wrong_shape("Unexpected field type");
}

AttributeValue number(std::string_view text) {
  auto normal = normalise_number(text);
  if (!normal) return AttributeValue::invalid(number_problem_message(normal.error(), text));
  return AttributeValue::n(std::move(*normal));
}

// [a, b] as AWS quotes a collection.
std::string quoted(const AttributeValue::Set& members, bool binary) {
  std::string out = "[";
  for (const std::string& member : members) {
    if (out.size() > 1) out += ", ";
    if (binary) {
      base64_append(out, member);
    } else {
      out += member;
    }
  }
  return out + "]";
}

// Of a set with a JSON null among its members; that of numbers is deduced from that of strings.
std::string null_member(Type type) {
  std::string message(kInvalidPrefix);
  if (type == Type::kSS) message += "An string set may not have a null string as a member";
  if (type == Type::kNS) message += "An number set may not have a null string as a member";
  if (type == Type::kBS) message += "Binary sets may not contain null or empty values";
  return message;
}

AttributeValue checked_set(Type type, AttributeValue::Set members) {
  if (members.empty()) {
    std::string message(kInvalidPrefix);
    if (type == Type::kSS) message += "An string set  may not be empty";
    if (type == Type::kNS) message += "An number set  may not be empty";
    if (type == Type::kBS) message += "Binary sets should not be empty";
    return AttributeValue::invalid(std::move(message));
  }
  AttributeValue::Set sorted = members;
  std::ranges::sort(sorted);
  if (std::ranges::adjacent_find(sorted) == sorted.end()) {
    return AttributeValue::set(type, std::move(sorted));
  }
  const std::string prefix(kInvalidPrefix);
  switch (type) {
    case Type::kNS: return AttributeValue::invalid("Input collection contains duplicates");
    case Type::kBS:
      return AttributeValue::invalid(prefix + "Input collection " + quoted(members, true) +
                                     "of type BS contains duplicates.");
    default:
      return AttributeValue::invalid(prefix + "Input collection " + quoted(members, false) +
                                     " contains duplicates.");
  }
}

Status read_set(Type type, const dom::element& json, AttributeValue& value) {
  dom::array array;
  TRY_VOID(read_array(json, array));
  AttributeValue::Set members;
  members.reserve(array.size());
  AttributeValue problem;
  bool has_problem = false;
  for (const dom::element member : array) {
    if (member.is_null()) {
      if (!has_problem) problem = AttributeValue::invalid(null_member(type));
      has_problem = true;
      continue;
    }
    if (type == Type::kBS) {
      TRY_VOID(read_blob(member, members.emplace_back()));
      continue;
    }
    std::string_view text;
    TRY_VOID(read_string(member, text));
    if (type == Type::kSS) {
      members.emplace_back(text);
      continue;
    }
    auto normal = normalise_number(text);
    if (normal) {
      members.push_back(std::move(*normal));
    } else if (!has_problem) {
      has_problem = true;
      problem = AttributeValue::invalid(number_problem_message(normal.error(), text));
    }
  }
  value = has_problem ? std::move(problem) : checked_set(type, std::move(members));
  return {};
}

Status decode(const dom::element& json, AttributeValue& value, int depth);

Status decode_map(const dom::element& json, AttributeMap& map, int depth) {
  dom::object object;
  if (json.get_object().get(object) != simdjson::SUCCESS) {
    if (json.is_array()) {
      return wrong_shape(
          "Unrecognized collection type java.util.Map<java.lang.String, "
          "com.amazonaws.dynamodb.v20120810.AttributeValue>");
    }
    return wrong_shape("Unexpected field type");
  }
  AttributeMap::Entries entries;
  entries.reserve(object.size());
  for (const auto& [name, element] : object) {
    AttributeMap::Entry& entry = entries.emplace_back();
    entry.name = name;
    TRY_VOID(decode(element, entry.value, depth));
    if (!entry.value.is_valid()) continue;
    if (name.empty()) entry.value = AttributeValue::invalid("Empty attribute name");
    if (name.size() > kNameBytesMax) {
      entry.value =
          AttributeValue::invalid("Attribute name is too large, must be less than 65536 bytes");
    }
  }
  map = AttributeMap::from_entries(std::move(entries));
  return {};
}

Status read_map(const dom::element& json, AttributeValue& value, int depth) {
  AttributeMap map;
  TRY_VOID(decode_map(json, map, depth + 1));
  if (const std::string* problem = first_problem(map)) {
    value = AttributeValue::invalid(*problem);
  } else {
    value = AttributeValue::map(std::move(map));
  }
  return {};
}

Status read_list(const dom::element& json, AttributeValue& value, int depth) {
  dom::array array;
  TRY_VOID(read_array(json, array));
  AttributeValue::List list;
  list.reserve(array.size());
  for (const dom::element element : array)
    TRY_VOID(decode(element, list.emplace_back(), depth + 1));
  for (const AttributeValue& element : list) {
    if (!element.is_valid()) {
      value = element;
      return {};
    }
  }
  value = AttributeValue::list(std::move(list));
  return {};
}

Type type_of_member(std::string_view name) {
  if (name == "S") return Type::kS;
  if (name == "N") return Type::kN;
  if (name == "B") return Type::kB;
  if (name == "M") return Type::kM;
  if (name == "L") return Type::kL;
  if (name == "SS") return Type::kSS;
  if (name == "NS") return Type::kNS;
  if (name == "BS") return Type::kBS;
  if (name == "BOOL") return Type::kBool;
  if (name == "NULL") return Type::kNull;
  return Type::kInvalid;
}

Status decode_member(Type type, const dom::element& json, AttributeValue& value, int depth) {
  switch (type) {
    case Type::kS: {
      std::string_view text;
      TRY_VOID(read_string(json, text));
      value = AttributeValue::s(std::string(text));
      return {};
    }
    case Type::kN: {
      std::string_view text;
      TRY_VOID(read_string(json, text));
      value = number(text);
      return {};
    }
    case Type::kB: {
      std::string bytes;
      TRY_VOID(read_blob(json, bytes));
      value = AttributeValue::b(std::move(bytes));
      return {};
    }
    case Type::kSS:
    case Type::kNS:
    case Type::kBS: return read_set(type, json, value);
    case Type::kM: return read_map(json, value, depth);
    case Type::kL: return read_list(json, value, depth);
    case Type::kBool: {
      bool truth = false;
      TRY_VOID(read_boolean(json, truth));
      value = AttributeValue::boolean(truth);
      return {};
    }
    case Type::kNull: {
      bool truth = false;
      TRY_VOID(read_boolean(json, truth));
      value =
          truth ? AttributeValue::null()
                : AttributeValue::invalid(std::string(kInvalidPrefix) +
                                          "Null attribute value types must have the value of true");
      return {};
    }
    case Type::kInvalid: return {};
  }
  return {};
}

Status decode(const dom::element& json, AttributeValue& value, int depth) {
  if (depth > kNestingMax) {
    value = AttributeValue::invalid("Nesting Levels have exceeded supported limits");
    return {};
  }
  dom::object object;
  if (json.get_object().get(object) != simdjson::SUCCESS) {
    if (json.is_array()) {
      return wrong_shape(
          "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue");
    }
    if (!json.is_null()) return wrong_shape("Unexpected value type in payload");
  }
  int types = 0;
  bool has_problem = false;
  if (json.is_object()) {
    for (const auto& [name, member] : object) {
      const Type type = type_of_member(name);
      if (type == Type::kInvalid || member.is_null()) continue;
      ++types;
      if (has_problem) {
        AttributeValue ignored;
        TRY_VOID(decode_member(type, member, ignored, depth));
        continue;
      }
      TRY_VOID(decode_member(type, member, value, depth));
      has_problem = !value.is_valid();
    }
  }
  if (types == 0) {
    value = AttributeValue::invalid(
        "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes");
  } else if (types > 1 && !has_problem) {
    value = AttributeValue::invalid(
        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the "
        "supported datatypes");
  }
  return {};
}

bool needs_escape(char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; }

void append_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t done = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!needs_escape(text[i])) continue;
    out += text.substr(done, i - done);
    done = i + 1;
    switch (text[i]) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default: {
        constexpr std::string_view kHex = "0123456789abcdef";
        out += "\\u00";
        out += kHex[static_cast<unsigned char>(text[i]) >> 4];
        out += kHex[static_cast<unsigned char>(text[i]) & 0xF];
      }
    }
  }
  out += text.substr(done);
  out += '"';
}

void append_base64(std::string& out, std::string_view bytes) {
  out += '"';
  base64_append(out, bytes);
  out += '"';
}

template <typename Range, typename Append>
void append_list(std::string& out, const Range& range, Append append) {
  out += '[';
  bool first = true;
  for (const auto& element : range) {
    if (!first) out += ',';
    first = false;
    append(out, element);
  }
  out += ']';
}

}  // namespace

Status decode_attribute_value(const dom::element& json, AttributeValue& value) {
  return decode(json, value, 0);
}

Status decode_attribute_map(const dom::element& json, AttributeMap& map) {
  return decode_map(json, map, 0);
}

void encode_attribute_value(protocol::JsonWriter& json, const AttributeValue& value) {
  append_attribute_value(json.raw({}).out(), value);
}

void encode_attribute_map(protocol::JsonWriter& json, const AttributeMap& map) {
  append_attribute_map(json.raw({}).out(), map);
}

void append_attribute_value(std::string& out, const AttributeValue& value) {
  switch (value.type()) {
    case Type::kS:
      out += R"({"S":)";
      append_string(out, value.scalar());
      break;
    case Type::kN:
      out += R"({"N":")";
      out += value.scalar();
      out += '"';
      break;
    case Type::kB:
      out += R"({"B":)";
      append_base64(out, value.scalar());
      break;
    case Type::kSS:
      out += R"({"SS":)";
      append_list(out, value.members(), append_string);
      break;
    case Type::kNS:
      out += R"({"NS":)";
      append_list(out, value.members(), append_string);
      break;
    case Type::kBS:
      out += R"({"BS":)";
      append_list(out, value.members(), append_base64);
      break;
    case Type::kM:
      out += R"({"M":)";
      append_attribute_map(out, value.attributes());
      break;
    case Type::kL:
      out += R"({"L":)";
      append_list(out, value.elements(), append_attribute_value);
      break;
    case Type::kBool: out += value.truth() ? R"({"BOOL":true)" : R"({"BOOL":false)"; break;
    case Type::kNull: out += R"({"NULL":true)"; break;
    // Never stored; the receiver refuses an empty value.
    case Type::kInvalid: out += '{'; break;
  }
  out += '}';
}

void append_attribute_map(std::string& out, const AttributeMap& map) {
  out += '{';
  bool first = true;
  for (const auto& [name, value] : map) {
    if (!first) out += ',';
    first = false;
    append_string(out, name);
    out += ':';
    append_attribute_value(out, value);
  }
  out += '}';
}

}  // namespace penstock
