// Reads just enough of Thrift's compact protocol to take the schema tree and the row count from a
// Parquet footer, and maps physical and logical types to Hive's. Format: apache/parquet-format,
// parquet.thrift.
#include "services/glue/parquet_schema.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/limits.h"

namespace penstock::glue {
namespace {

using Kind = HiveType::Kind;

// Wire types of the compact protocol.
enum Wire : int {
  kStop = 0,
  kTrue = 1,
  kFalse = 2,
  kByte = 3,
  kI16 = 4,
  kI32 = 5,
  kI64 = 6,
  kDoubleWire = 7,
  kBinaryWire = 8,
  kListWire = 9,
  kSetWire = 10,
  kMapWire = 11,
  kStructWire = 12,
};

class Thrift {
 public:
  explicit Thrift(std::string_view bytes) : rest_(bytes) {}
  bool ok() const { return ok_; }

  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const std::uint8_t byte = u8();
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    ok_ = false;
    return 0;
  }
  std::int64_t zigzag() {
    const std::uint64_t value = varint();
    return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
  }
  std::string_view binary() {
    const std::uint64_t size = varint();
    return take(size);
  }
  struct Field {
    int id = 0;
    int type = kStop;
  };
  // The next field of a struct; type kStop at its end.
  Field field(int previous_id) {
    const std::uint8_t head = u8();
    Field field{0, head & 0x0F};
    if (!ok_ || field.type == kStop) return {0, kStop};
    const int delta = head >> 4;
    field.id = delta != 0 ? previous_id + delta : static_cast<int>(zigzag());
    return field;
  }
  struct List {
    std::uint64_t size = 0;
    int type = kStop;
  };
  List list() {
    const std::uint8_t head = u8();
    List list{static_cast<std::uint64_t>(head >> 4), head & 0x0F};
    if (list.size == 15) list.size = varint();
    if (list.size > rest_.size() + 1) ok_ = false;  // Each element takes a byte at least.
    return list;
  }
  void skip(int type, int depth = 0) {
    constexpr int kDepthMax = 32;
    if (depth > kDepthMax) ok_ = false;
    if (!ok_) return;
    switch (type) {
      case kTrue:
      case kFalse: return;
      case kByte: take(1); return;
      case kI16:
      case kI32:
      case kI64: varint(); return;
      case kDoubleWire: take(8); return;
      case kBinaryWire: binary(); return;
      case kListWire:
      case kSetWire: skip_list(depth); return;
      case kMapWire: skip_map(depth); return;
      case kStructWire: skip_struct(depth); return;
      default: ok_ = false; return;
    }
  }

 private:
  std::uint8_t u8() {
    const std::string_view byte = take(1);
    return byte.empty() ? 0 : static_cast<std::uint8_t>(byte[0]);
  }
  std::string_view take(std::uint64_t size) {
    if (size > rest_.size()) {
      ok_ = false;
      return {};
    }
    const std::string_view bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return bytes;
  }
  // Booleans in collections take a byte each, unlike those in structs.
  void skip_element(int type, int depth) {
    if (type == kTrue || type == kFalse) {
      take(1);
    } else {
      skip(type, depth + 1);
    }
  }
  void skip_list(int depth) {
    const List elements = list();
    for (std::uint64_t i = 0; i < elements.size && ok_; ++i) skip_element(elements.type, depth);
  }
  void skip_map(int depth) {
    const std::uint64_t size = varint();
    if (size == 0) return;
    const std::uint8_t types = u8();
    for (std::uint64_t i = 0; i < size && ok_; ++i) {
      skip_element(types >> 4, depth);
      skip_element(types & 0x0F, depth);
    }
  }
  void skip_struct(int depth) {
    for (Field f = field(0); f.type != kStop && ok_; f = field(f.id)) skip(f.type, depth + 1);
  }

  std::string_view rest_;
  bool ok_ = true;
};

struct Element {
  std::string name;
  int physical = -1;   // -1: a group.
  int repetition = 0;  // 0 required, 1 optional, 2 repeated.
  int children = 0;
  int converted = -1;
  int logical = -1;  // Field id within LogicalType.
  int scale = 0, precision = 0;
};

// LogicalType is a union; only what changes the Hive type is kept.
void read_logical(Thrift& thrift, Element& element) {
  constexpr int kDecimalId = 5;
  for (auto f = thrift.field(0); f.type != kStop && thrift.ok(); f = thrift.field(f.id)) {
    element.logical = f.id;
    if (f.type != kStructWire || f.id != kDecimalId) {
      thrift.skip(f.type);
      continue;
    }
    for (auto m = thrift.field(0); m.type != kStop && thrift.ok(); m = thrift.field(m.id)) {
      if (m.type == kI32) {
        (m.id == 1 ? element.scale : element.precision) = static_cast<int>(thrift.zigzag());
      } else {
        thrift.skip(m.type);
      }
    }
  }
}

Element read_element(Thrift& thrift) {
  Element element;
  for (auto f = thrift.field(0); f.type != kStop && thrift.ok(); f = thrift.field(f.id)) {
    if (f.type == kBinaryWire && f.id == 4) {
      element.name = thrift.binary();
    } else if (f.type == kStructWire && f.id == 10) {
      read_logical(thrift, element);
    } else if (f.type == kI32) {
      const int value = static_cast<int>(thrift.zigzag());
      switch (f.id) {
        case 1: element.physical = value; break;
        case 3: element.repetition = value; break;
        case 5: element.children = value; break;
        case 6: element.converted = value; break;
        case 7: element.scale = value; break;
        case 8: element.precision = value; break;
        default: break;
      }
    } else {
      thrift.skip(f.type);
    }
  }
  return element;
}

enum Physical { kBooleanType, kInt32, kInt64, kInt96, kFloatType, kDoubleType, kByteArray, kFixed };
enum Converted {
  kUtf8 = 0,
  kMap = 1,
  kMapKeyValue = 2,
  kList = 3,
  kEnum = 4,
  kDecimalType = 5,
  kDate = 6,
  kTimestampMillis = 9,
  kTimestampMicros = 10,
  kInt8 = 15,
  kInt16 = 16,
  kJson = 19,
  kUint8 = 11,
  kUint32 = 13,
};
enum Logical {
  kLString = 1,
  kLMap = 2,
  kLList = 3,
  kLEnum = 4,
  kLDecimal = 5,
  kLDate = 6,
  kLTimestamp = 8,
  kLJson = 12
};

HiveType leaf_type(const Element& element) {
  const bool is_decimal = element.converted == kDecimalType || element.logical == kLDecimal;
  if (is_decimal && element.precision > 0)
    return HiveType::decimal(element.precision, element.scale);
  switch (element.physical) {
    case kBooleanType: return hive(Kind::kBoolean);
    case kInt32:
      if (element.converted == kDate || element.logical == kLDate) return hive(Kind::kDate);
      if (element.converted == kInt8) return hive(Kind::kTinyint);
      if (element.converted == kInt16 || element.converted == kUint8) return hive(Kind::kSmallint);
      if (element.converted == kUint32) return hive(Kind::kBigint);
      return hive(Kind::kInt);
    case kInt64: {
      const bool is_time = element.converted == kTimestampMillis ||
                           element.converted == kTimestampMicros || element.logical == kLTimestamp;
      return hive(is_time ? Kind::kTimestamp : Kind::kBigint);
    }
    case kInt96: return hive(Kind::kTimestamp);
    case kFloatType: return hive(Kind::kFloat);
    case kDoubleType: return hive(Kind::kDouble);
    default: {
      const bool is_text = element.converted == kUtf8 || element.converted == kEnum ||
                           element.converted == kJson || element.logical == kLString ||
                           element.logical == kLEnum || element.logical == kLJson;
      return hive(is_text ? Kind::kString : Kind::kBinary);
    }
  }
}

class SchemaTree {
 public:
  explicit SchemaTree(std::vector<Element> elements) : elements_(std::move(elements)) {}

  bool columns(std::vector<HiveField>& out) {
    if (elements_.empty()) return false;
    const int count = elements_[0].children;
    next_ = 1;
    for (int i = 0; i < count; ++i) {
      HiveField field;
      if (!read(field, 0)) return false;
      out.push_back(std::move(field));
    }
    return true;
  }

 private:
  bool read(HiveField& out, int depth) {
    if (next_ >= elements_.size() || depth > limits::kGlueJsonDepth) return false;
    const Element element = elements_[next_++];
    out.name = element.name;
    if (element.physical >= 0 && element.children == 0) {
      out.type = leaf_type(element);
    } else if (!read_group(element, out.type, depth)) {
      return false;
    }
    if (element.repetition == 2) out.type = HiveType::array_of(std::move(out.type));
    return true;
  }

  bool read_group(const Element& element, HiveType& out, int depth) {
    std::vector<HiveField> fields;
    for (int i = 0; i < element.children; ++i) {
      if (!read(fields.emplace_back(), depth + 1)) return false;
    }
    const bool is_list = element.converted == kList || element.logical == kLList;
    const bool is_map =
        element.converted == kMap || element.converted == kMapKeyValue || element.logical == kLMap;
    if ((is_list || is_map) && fields.size() == 1 && fields[0].type.kind == Kind::kArray) {
      HiveType inner = std::move(fields[0].type.children[0].type);
      if (is_map && inner.kind == Kind::kStruct && inner.children.size() == 2) {
        out = HiveType::map_of(inner.children[0].type, inner.children[1].type);
        return true;
      }
      if (is_list) {
        // The standard three levels; older writers have two, with the element itself repeated.
        const bool wrapped = inner.kind == Kind::kStruct && inner.children.size() == 1 &&
                             fields[0].name != "array" && !fields[0].name.ends_with("_tuple");
        out = HiveType::array_of(wrapped ? HiveType(inner.children[0].type) : std::move(inner));
        return true;
      }
    }
    out = hive(Kind::kStruct);
    out.children = std::move(fields);
    return true;
  }

  std::vector<Element> elements_;
  std::size_t next_ = 0;
};

}  // namespace

std::optional<std::uint32_t> parquet_footer_length(std::string_view tail) {
  if (tail.size() != kParquetTailBytes || !tail.ends_with("PAR1")) return std::nullopt;
  std::uint32_t length = 0;
  for (int i = 3; i >= 0; --i) length = length << 8 | static_cast<std::uint8_t>(tail[i]);
  return length;
}

Result<FileSchema> parquet_schema(std::string_view footer) {
  Thrift thrift(footer);
  std::vector<Element> elements;
  FileSchema schema;
  schema.classification = "parquet";
  for (auto f = thrift.field(0); f.type != kStop && thrift.ok(); f = thrift.field(f.id)) {
    if (f.id == 2 && f.type == kListWire) {
      const auto list = thrift.list();
      if (list.type != kStructWire || list.size > limits::kGlueColumns * 4) {
        return fail(ErrorKind::kCorrupt, "not a Parquet footer");
      }
      for (std::uint64_t i = 0; i < list.size && thrift.ok(); ++i) {
        elements.push_back(read_element(thrift));
      }
    } else if (f.id == 3 && f.type == kI64) {
      schema.records = static_cast<std::uint64_t>(std::max<std::int64_t>(0, thrift.zigzag()));
      schema.exact_records = true;
    } else {
      thrift.skip(f.type);
    }
  }
  if (!thrift.ok() || !SchemaTree(std::move(elements)).columns(schema.columns)) {
    return fail(ErrorKind::kCorrupt, "not a Parquet footer");
  }
  lower_column_names(schema.columns);
  return schema;
}

}  // namespace penstock::glue
