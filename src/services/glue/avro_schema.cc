// Reads the metadata map of an Avro file (Apache Avro specification, "Object Container Files") and
// maps the schema to Hive types as Hive's AvroSerDe does.
#include "services/glue/avro_schema.h"

#include <charconv>
#include <limits>
#include <map>
#include <string>

#include "base/limits.h"
#include "services/glue/json_value.h"

namespace penstock::glue {
namespace {

using Kind = HiveType::Kind;

class AvroReader {
 public:
  explicit AvroReader(std::string_view bytes) : rest_(bytes) {}
  bool ok() const { return ok_; }

  std::int64_t integer() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) break;
      const auto byte = static_cast<std::uint8_t>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if ((byte & 0x80) == 0) {
        return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
      }
    }
    ok_ = false;
    return 0;
  }
  std::string_view bytes() {
    const std::int64_t size = integer();
    if (!ok_ || size < 0 || static_cast<std::uint64_t>(size) > rest_.size()) {
      ok_ = false;
      return {};
    }
    const std::string_view taken = rest_.substr(0, static_cast<std::size_t>(size));
    rest_.remove_prefix(static_cast<std::size_t>(size));
    return taken;
  }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

class AvroTypes {
 public:
  bool convert(const JsonValue& schema, HiveType& out, int depth) {
    if (depth > limits::kGlueJsonDepth) return false;
    switch (schema.kind) {
      case JsonValue::Kind::kString: return named(schema.text, out);
      case JsonValue::Kind::kArray: return convert_union(schema, out, depth);
      case JsonValue::Kind::kObject: return convert_object(schema, out, depth);
      default: return false;
    }
  }

 private:
  bool named(const std::string& name, HiveType& out) {
    static const std::map<std::string_view, Kind> kPrimitives = {
        {"null", Kind::kNull},    {"boolean", Kind::kBoolean}, {"int", Kind::kInt},
        {"long", Kind::kBigint},  {"float", Kind::kFloat},     {"double", Kind::kDouble},
        {"bytes", Kind::kBinary}, {"string", Kind::kString},
    };
    if (const auto found = kPrimitives.find(name); found != kPrimitives.end()) {
      out = hive(found->second);
      return true;
    }
    const auto known = named_.find(name);
    if (known == named_.end()) return false;
    // Types that name each other can describe a tree far larger than their text.
    nodes_ += node_count(known->second);
    if (nodes_ > limits::kGlueColumns) return false;
    out = known->second;
    return true;
  }

  static std::size_t node_count(const HiveType& type) {
    std::size_t count = 1;
    for (const HiveField& child : type.children) count += node_count(child.type);
    return count;
  }

  // A union with null is the other type; Hive has no other unions that Athena reads.
  bool convert_union(const JsonValue& schema, HiveType& out, int depth) {
    out = HiveType{};
    for (const JsonValue& branch : schema.elements) {
      HiveType type;
      if (!convert(branch, type, depth + 1)) return false;
      out = merge(out, type);
    }
    return true;
  }

  bool convert_object(const JsonValue& schema, HiveType& out, int depth) {
    const JsonValue* type = schema.find("type");
    if (type == nullptr) return false;
    if (type->kind != JsonValue::Kind::kString) return convert(*type, out, depth + 1);
    if (convert_logical(schema, out)) return true;
    if (type->text == "array") {
      const JsonValue* items = schema.find("items");
      HiveType element;
      if (items == nullptr || !convert(*items, element, depth + 1)) return false;
      out = HiveType::array_of(std::move(element));
      return true;
    }
    if (type->text == "map") {
      const JsonValue* values = schema.find("values");
      HiveType value;
      if (values == nullptr || !convert(*values, value, depth + 1)) return false;
      out = HiveType::map_of(hive(Kind::kString), std::move(value));
      return true;
    }
    if (type->text == "record") return convert_record(schema, out, depth);
    if (type->text == "enum") return remember(schema, hive(Kind::kString), out);
    if (type->text == "fixed") return remember(schema, hive(Kind::kBinary), out);
    return named(type->text, out);
  }

  static int number(const JsonValue& schema, std::string_view name) {
    const JsonValue* value = schema.find(name);
    int result = 0;
    if (value != nullptr) {
      std::from_chars(value->text.data(), value->text.data() + value->text.size(), result);
    }
    return result;
  }

  bool convert_logical(const JsonValue& schema, HiveType& out) {
    const JsonValue* logical = schema.find("logicalType");
    if (logical == nullptr) return false;
    if (logical->text == "date") {
      out = hive(Kind::kDate);
    } else if (logical->text == "timestamp-millis" || logical->text == "timestamp-micros") {
      out = hive(Kind::kTimestamp);
    } else if (logical->text == "decimal" && number(schema, "precision") > 0) {
      out = HiveType::decimal(number(schema, "precision"), number(schema, "scale"));
    } else {
      return false;
    }
    return true;
  }

  bool convert_record(const JsonValue& schema, HiveType& out, int depth) {
    const JsonValue* fields = schema.find("fields");
    if (fields == nullptr) return false;
    HiveType type = hive(Kind::kStruct);
    for (const JsonValue& field : fields->elements) {
      const JsonValue* name = field.find("name");
      const JsonValue* field_type = field.find("type");
      if (name == nullptr || field_type == nullptr) return false;
      HiveType converted;
      if (!convert(*field_type, converted, depth + 1)) return false;
      type.children.push_back({name->text, std::move(converted)});
    }
    return remember(schema, std::move(type), out);
  }

  bool remember(const JsonValue& schema, HiveType type, HiveType& out) {
    if (const JsonValue* name = schema.find("name")) named_[name->text] = type;
    out = std::move(type);
    return true;
  }

  std::map<std::string, HiveType, std::less<>> named_;
  std::size_t nodes_ = 0;
};

}  // namespace

Result<FileSchema> avro_schema(std::string_view head) {
  constexpr std::string_view kMagic("Obj\x01", 4);
  if (!head.starts_with(kMagic)) return fail(ErrorKind::kCorrupt, "not an Avro file");
  AvroReader reader(head.substr(kMagic.size()));
  std::string literal;
  for (std::int64_t count = reader.integer(); count != 0 && reader.ok(); count = reader.integer()) {
    if (count < 0) {
      if (count == std::numeric_limits<std::int64_t>::min()) {
        return fail(ErrorKind::kCorrupt, "not an Avro header");
      }
      reader.integer();  // The size of the block in bytes.
      count = -count;
    }
    for (; count > 0 && reader.ok(); --count) {
      const std::string_view key = reader.bytes();
      const std::string_view value = reader.bytes();
      if (key == "avro.schema") literal = value;
    }
  }
  JsonValue json;
  JsonReader parser(literal);
  HiveType type;
  if (!reader.ok() || parser.next(json) != JsonStatus::kValue ||
      !AvroTypes().convert(json, type, 0) || type.kind != Kind::kStruct) {
    return fail(ErrorKind::kCorrupt, "not an Avro header");
  }
  FileSchema schema;
  schema.classification = "avro";
  schema.columns = std::move(type.children);
  schema.avro_schema = std::move(literal);
  lower_column_names(schema.columns);
  return schema;
}

}  // namespace penstock::glue
