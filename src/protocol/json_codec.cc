// Decoding over simdjson's DOM and encoding over JsonWriter, both driven by the member tables.
#include "protocol/json_codec.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <bitset>
#include <cmath>
#include <limits>

#include "base/bytes.h"
#include "base/check.h"
#include "base/clock.h"
#include "net/body.h"
#include "protocol/attribute_value_shape.h"
#include "protocol/json_writer.h"
#include "protocol/path.h"
#include "protocol/type_words.h"

namespace penstock::protocol {
namespace {

using Element = simdjson::dom::element;
using simdjson::dom::element_type;

std::unexpected<ApiError> serialization(std::string message) {
  ApiError error("SerializationException", std::move(message));
  return std::unexpected(std::move(error));
}

// The class of a shape as DynamoDB's Java names it.
std::string java_type(const Shape& shape) {
  constexpr std::string_view kPackage = "com.amazonaws.dynamodb.v20120810.";
  switch (shape.kind) {
    case Kind::kStructure: return fmt::format("{}{}", kPackage, shape.name);
    case Kind::kCustom: return fmt::format("{}AttributeValue", kPackage);
    case Kind::kMap:
      return fmt::format("java.util.Map<java.lang.String, {}>", java_type(*shape.element));
    case Kind::kList: return fmt::format("java.util.List<{}>", java_type(*shape.element));
    default: return fmt::format("java.lang.{}", java_name(shape.kind));
  }
}

std::string_view token_name(const Element& element) {
  switch (element.type()) {
    case element_type::INT64:
    case element_type::UINT64: return "NUMBER_VALUE";
    case element_type::DOUBLE: return "DECIMAL_VALUE";
    case element_type::BOOL:
      return element.get_bool().value_unsafe() ? "TRUE_VALUE" : "FALSE_VALUE";
    case element_type::STRING: return "STRING_VALUE";
    case element_type::ARRAY: return "START_ARRAY";
    case element_type::OBJECT: return "START_OBJECT";
    case element_type::NULL_VALUE: break;
  }
  return "NULL_VALUE";
}

// One walk over a document. The wording of type errors is the service's: DynamoDB's and Kinesis'
// are recorded by emulators that ran against AWS, the others share DynamoDB's newer form (deduced).
class Decoder {
 public:
  Decoder(const ServiceInfo& service, Missing& missing)
      : kinesis_(service.id == "kinesis"),
        dynamodb_(service.id.starts_with("dynamodb")),
        missing_(missing) {}

  ApiResult<void> structure(const Shape& shape, const Element& element, void* value,
                            const Path& path) {
    simdjson::dom::object object;
    if (element.get(object) != simdjson::SUCCESS) return wrong_type(shape, element);
    std::bitset<256> seen;
    CHECK(shape.members.size() <= seen.size());
    std::size_t next = 0;  // Clients mostly send members in model order.
    for (const auto& [key, child] : object) {
      const std::size_t index = find(shape, key, next);
      if (index == shape.members.size() || child.is_null()) continue;
      next = index + 1;
      const Member& member = shape.members[index];
      if (member.location != Location::kBody) continue;
      seen.set(index);
      if (member.shape->kind == Kind::kCustom && !child.is_object() && !child.is_array()) {
        return serialization("Unexpected field type");
      }
      void* field = member.field->make(static_cast<char*>(value) + member.offset);
      TRY_VOID(visit(*member.shape, member.timestamp, child, field, path.member(member.name)));
    }
    for (std::size_t i = 0; i < shape.members.size(); ++i) {
      const Member& member = shape.members[i];
      if (member.required && member.location == Location::kBody && !seen[i]) {
        missing_.paths.push_back(path.member(member.name).text());
      }
    }
    return {};
  }

  ApiResult<void> visit(const Shape& shape, TimestampFormat format, const Element& element,
                        void* value, const Path& path) {
    switch (shape.kind) {
      case Kind::kString: return string(element, *static_cast<std::string*>(value), shape);
      case Kind::kInteger: return integer<std::int32_t>(shape, element, value);
      case Kind::kLong: return integer<std::int64_t>(shape, element, value);
      case Kind::kDouble: return floating(shape, element, *static_cast<double*>(value));
      case Kind::kBoolean: return boolean(shape, element, *static_cast<bool*>(value));
      case Kind::kBlob: return blob(shape, element, static_cast<Blob*>(value)->bytes);
      case Kind::kTimestamp: return timestamp(shape, element, *static_cast<Timestamp*>(value));
      case Kind::kList: return list(shape, element, value, path);
      case Kind::kMap: return map(shape, element, value, path);
      case Kind::kStructure: return structure(shape, element, value, path);
      case Kind::kCustom: return shape.custom->decode(&element, value);
      case Kind::kEvents:
      case Kind::kStream: return wrong_type(shape, element);
    }
    (void)format;
    return {};
  }

 private:
  static std::size_t find(const Shape& shape, std::string_view key, std::size_t hint) {
    if (hint < shape.members.size() && shape.members[hint].name == key) return hint;
    for (std::size_t i = 0; i < shape.members.size(); ++i) {
      if (shape.members[i].name == key || shape.members[i].wire_name == key) return i;
    }
    return shape.members.size();
  }

  std::unexpected<ApiError> wrong_type(const Shape& shape, const Element& element) const {
    const bool is_array = element.is_array(), is_object = element.is_object();
    const bool wants_container =
        shape.kind == Kind::kList || shape.kind == Kind::kMap || shape.kind == Kind::kStructure;
    if (kinesis_) {
      const FoundType found = is_array    ? FoundType::kList
                              : is_object ? FoundType::kMap
                                          : FoundType::kScalar;
      return serialization(kinesis_type_fault(found, json_class(element), shape.kind));
    }
    if (is_object) return serialization("Start of structure or map found where not expected");
    if (is_array) {
      if (wants_container) {
        if (!dynamodb_) return serialization("Unrecognized collection type class");
        return serialization(fmt::format("Unrecognized collection type {}{}",
                                         shape.kind == Kind::kMap ? "" : "class ",
                                         java_type(shape)));
      }
      return serialization(
          fmt::format("Unrecognized collection type class java.lang.{}", java_name(shape.kind)));
    }
    if (wants_container) return serialization("Unexpected field type");
    return serialization(
        fmt::format("{} cannot be converted to {}", token_name(element), java_name(shape.kind)));
  }

  static std::string_view json_class(const Element& element) {
    switch (element.type()) {
      case element_type::STRING: return "String";
      case element_type::BOOL: return "Boolean";
      case element_type::DOUBLE: return "Double";
      case element_type::INT64:
      case element_type::UINT64:
      case element_type::ARRAY:
      case element_type::OBJECT:
      case element_type::NULL_VALUE: break;
    }
    return "Long";
  }

  ApiResult<void> string(const Element& element, std::string& value, const Shape& shape) {
    std::string_view text;
    if (element.get(text) != simdjson::SUCCESS) return wrong_type(shape, element);
    value = text;
    return {};
  }

  template <typename Integer>
  ApiResult<void> integer(const Shape& shape, const Element& element, void* value) {
    double real = 0;
    std::int64_t whole = 0;
    if (element.get(whole) != simdjson::SUCCESS) {
      if (!element.is_double() || element.get(real) != simdjson::SUCCESS ||
          !(std::abs(real) < 9e18)) {
        return wrong_type(shape, element);
      }
      whole = static_cast<std::int64_t>(std::floor(real));
    }
    if (whole < std::numeric_limits<Integer>::min() ||
        whole > std::numeric_limits<Integer>::max()) {
      return wrong_type(shape, element);
    }
    *static_cast<Integer*>(value) = static_cast<Integer>(whole);
    return {};
  }

  ApiResult<void> floating(const Shape& shape, const Element& element, double& value) {
    std::string_view text;
    if (element.get(text) == simdjson::SUCCESS) {
      if (text == "NaN")
        value = std::numeric_limits<double>::quiet_NaN();
      else if (text == "Infinity")
        value = std::numeric_limits<double>::infinity();
      else if (text == "-Infinity")
        value = -std::numeric_limits<double>::infinity();
      else
        return wrong_type(shape, element);
      return {};
    }
    if (element.get(value) != simdjson::SUCCESS) return wrong_type(shape, element);
    return {};
  }

  ApiResult<void> boolean(const Shape& shape, const Element& element, bool& value) {
    std::string_view text;
    if (!kinesis_ && element.get(text) == simdjson::SUCCESS) {
      const std::string word = to_lower(text);
      if (word == "true" || word == "1" || word == "yes")
        value = true;
      else if (word == "false" || word == "0" || word == "no")
        value = false;
      else
        return serialization("Unexpected token received from parser");
      return {};
    }
    if (element.get(value) != simdjson::SUCCESS) return wrong_type(shape, element);
    return {};
  }

  ApiResult<void> blob(const Shape& shape, const Element& element, std::string& value) {
    std::string_view text;
    if (element.get(text) != simdjson::SUCCESS) return wrong_type(shape, element);
    auto bytes = base64_decode(text);
    if (bytes) {
      value = std::move(*bytes);
      return {};
    }
    if (!kinesis_) return serialization("Invalid base64 value in a blob");
    if (text.size() % 4 != 0) {
      return serialization(fmt::format(
          "'{}' can not be converted to a Blob: Base64 encoded length is expected a multiple of 4 "
          "bytes but found: {}",
          text, text.size()));
    }
    const std::size_t bad =
        text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    return serialization(
        fmt::format("'{}' can not be converted to a Blob: Invalid Base64 character: '{}'", text,
                    bad == std::string_view::npos ? '=' : text[bad]));
  }

  ApiResult<void> timestamp(const Shape& shape, const Element& element, Timestamp& value) {
    std::string_view text;
    double seconds = 0;
    if (element.get(text) == simdjson::SUCCESS) {
      const auto parsed = parse_iso8601(text);
      if (!parsed) return wrong_type(shape, element);
      value = *parsed;
      return {};
    }
    if (element.get(seconds) != simdjson::SUCCESS || !(std::abs(seconds) < 9e12)) {
      return wrong_type(shape, element);
    }
    value = Timestamp::from_seconds(seconds);
    return {};
  }

  // What stands in a list or a map. DynamoDB words a scalar there in other words than a scalar in
  // place of a member: what it says of a list in a map or a map in a list is a slip of its Java.
  ApiResult<void> child(const Shape& shape, const Element& element, void* value, const Path& path) {
    const bool scalar = !element.is_array() && !element.is_object();
    if (dynamodb_ && scalar && shape.kind == Kind::kStructure) {
      return serialization("Unexpected value type in payload");
    }
    const bool is_parameterized =
        shape.kind == Kind::kList || shape.kind == Kind::kMap ||
        (shape.kind == Kind::kCustom && shape.custom == &kAttributeMapOps);
    if (dynamodb_ && scalar && is_parameterized) {
      return serialization(
          "class sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl cannot be cast to "
          "class java.lang.Class (sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl and "
          "java.lang.Class are in module java.base of loader 'bootstrap')");
    }
    return visit(shape, shape.timestamp, element, value, path);
  }

  ApiResult<void> list(const Shape& shape, const Element& element, void* value, const Path& path) {
    simdjson::dom::array array;
    if (element.get(array) != simdjson::SUCCESS) return wrong_type(shape, element);
    shape.list->reserve(value, array.size());
    std::size_t index = 0;
    for (const Element member : array) {
      const Path at = path.element(index++);
      if (member.is_null()) continue;
      TRY_VOID(child(*shape.element, member, shape.list->append(value), at));
    }
    return {};
  }

  ApiResult<void> map(const Shape& shape, const Element& element, void* value, const Path& path) {
    simdjson::dom::object object;
    if (element.get(object) != simdjson::SUCCESS) return wrong_type(shape, element);
    for (const auto& [key, member] : object) {
      if (member.is_null()) continue;
      void* entry = shape.map->insert(value, std::string(key));
      TRY_VOID(child(*shape.element, member, entry, path.value_of(key)));
    }
    return {};
  }

  const bool kinesis_;
  const bool dynamodb_;
  Missing& missing_;
};

simdjson::dom::parser& thread_parser() {
  static thread_local simdjson::dom::parser parser = [] {
    simdjson::dom::parser made;
    (void)made.allocate(1 << 16, kJsonDepthMax);
    return made;
  }();
  return parser;
}

void encode_value(const Shape& shape, TimestampFormat format, const void* value, JsonWriter& json);

void encode_members(const Shape& shape, const void* value, JsonWriter& json) {
  json.begin_object();
  for (const Member& member : shape.members) {
    if (member.location != Location::kBody || member.shape->kind == Kind::kEvents) continue;
    const void* present = member.field->peek(static_cast<const char*>(value) + member.offset);
    if (present == nullptr) continue;
    json.key(member.name);
    const auto format =
        member.timestamp != TimestampFormat::kDefault ? member.timestamp : member.shape->timestamp;
    encode_value(*member.shape, format, present, json);
  }
  json.end_object();
}

void encode_timestamp(TimestampFormat format, Timestamp t, JsonWriter& json) {
  switch (format) {
    case TimestampFormat::kIso8601: json.string(format_iso8601(t)); break;
    case TimestampFormat::kRfc822: json.string(format_http_date(t)); break;
    case TimestampFormat::kDefault:
    case TimestampFormat::kUnix: json.epoch_seconds(t.micros); break;
  }
}

void encode_value(const Shape& shape, TimestampFormat format, const void* value, JsonWriter& json) {
  switch (shape.kind) {
    case Kind::kString: json.string(*static_cast<const std::string*>(value)); break;
    case Kind::kInteger: json.integer(*static_cast<const std::int32_t*>(value)); break;
    case Kind::kLong: json.integer(*static_cast<const std::int64_t*>(value)); break;
    case Kind::kDouble: json.number(*static_cast<const double*>(value)); break;
    case Kind::kBoolean: json.boolean(*static_cast<const bool*>(value)); break;
    case Kind::kBlob: json.base64(static_cast<const Blob*>(value)->bytes); break;
    case Kind::kTimestamp:
      encode_timestamp(format, *static_cast<const Timestamp*>(value), json);
      break;
    case Kind::kList:
      json.begin_array();
      for (std::size_t i = 0; i < shape.list->size(value); ++i) {
        encode_value(*shape.element, shape.element->timestamp, shape.list->at(value, i), json);
      }
      json.end_array();
      break;
    case Kind::kMap: {
      struct Entries {
        const Shape& shape;
        JsonWriter& json;
      } entries{shape, json};
      json.begin_object();
      shape.map->each(value, &entries, [](void* cookie, const std::string& key, const void* entry) {
        auto& self = *static_cast<Entries*>(cookie);
        self.json.key(key);
        encode_value(*self.shape.element, self.shape.element->timestamp, entry, self.json);
      });
      json.end_object();
      break;
    }
    case Kind::kStructure: encode_members(shape, value, json); break;
    case Kind::kCustom: shape.custom->encode(json, value); break;
    case Kind::kEvents:
    case Kind::kStream: CHECK(false);  // Streams are payloads, never members of a document.
  }
}

}  // namespace

ApiResult<void> decode_json(const ServiceInfo& service, const Shape& shape, std::string body,
                            void* value, Missing& missing) {
  Decoder decoder(service, missing);
  const std::size_t size = body.size();
  if (body.find_first_not_of(" \t\r\n") == std::string::npos) {
    body = "{}";
  }
  body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
  Element root;
  const auto error =
      thread_parser().parse(body.data(), size == 0 ? 2 : body.size(), false).get(root);
  if (error != simdjson::SUCCESS) return refuse("SerializationException", "");
  if (shape.payload != nullptr) {
    const Member& payload = *shape.payload;
    void* field = payload.field->make(static_cast<char*>(value) + payload.offset);
    return decoder.visit(*payload.shape, payload.timestamp, root, field,
                         Path{}.member(payload.name));
  }
  if (!root.is_object()) return refuse("SerializationException", "");
  return decoder.structure(shape, root, value, Path{});
}

void encode_json(const Shape& shape, const void* value, std::string& out) {
  JsonWriter json(out);
  if (shape.payload != nullptr) {
    const Member& payload = *shape.payload;
    const void* present = payload.field->peek(static_cast<const char*>(value) + payload.offset);
    if (present != nullptr) encode_value(*payload.shape, payload.timestamp, present, json);
    return;
  }
  encode_members(shape, value, json);
}

std::optional<std::string> json_string_member(std::string_view document, std::string_view name) {
  simdjson::dom::parser parser;
  std::string_view text;
  if (parser.parse(document.data(), document.size()).at_key(name).get(text) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  return std::string(text);
}

}  // namespace penstock::protocol
