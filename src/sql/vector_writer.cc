// Typed cells from text, through DuckDB's C interface.

#include "sql/vector_writer.h"

#include <vector>

#include "base/bytes.h"
#include "sql/number_text.h"
#include "sql/time_text.h"

namespace penstock::sql {

namespace {

template <typename T>
void put(duckdb_vector vector, idx_t row, T value) {
  static_cast<T*>(duckdb_vector_get_data(vector))[row] = value;
}

Written write_integer(duckdb_vector vector, idx_t row, TypeKind kind, std::string_view text) {
  const int bits = 8 << (static_cast<int>(kind) - static_cast<int>(TypeKind::kTinyint));
  const auto value = parse_integer(text, bits);
  if (!value) return Written::kBad;
  switch (bits) {
    case 8: put(vector, row, static_cast<std::int8_t>(*value)); break;
    case 16: put(vector, row, static_cast<std::int16_t>(*value)); break;
    case 32: put(vector, row, static_cast<std::int32_t>(*value)); break;
    default: put(vector, row, *value);
  }
  return Written::kValue;
}

Written write_decimal(duckdb_vector vector, idx_t row, const Type& type, std::string_view text) {
  const auto value = parse_decimal(text, type.precision, type.scale);
  if (!value) return parse_double(text) ? Written::kNull : Written::kBad;
  // The engine's storage width follows the precision.
  if (type.precision <= 4) {
    put(vector, row, static_cast<std::int16_t>(*value));
  } else if (type.precision <= 9) {
    put(vector, row, static_cast<std::int32_t>(*value));
  } else if (type.precision <= 18) {
    put(vector, row, static_cast<std::int64_t>(*value));
  } else {
    put(vector, row,
        duckdb_hugeint{static_cast<std::uint64_t>(*value),
                       static_cast<std::int64_t>(*value >> 64)});
  }
  return Written::kValue;
}

}  // namespace

void write_null(duckdb_vector vector, idx_t row, const Type& type) {
  if (type.kind == TypeKind::kRow) {
    for (std::size_t i = 0; i < type.args.size(); ++i) {
      write_null(duckdb_struct_vector_get_child(vector, i), row, type.args[i]);
    }
  } else if (type.kind == TypeKind::kArray || type.kind == TypeKind::kMap) {
    static_cast<duckdb_list_entry*>(duckdb_vector_get_data(vector))[row] = {0, 0};
  }
  duckdb_vector_ensure_validity_writable(vector);
  duckdb_validity_set_row_invalid(duckdb_vector_get_validity(vector), row);
}

void write_text(duckdb_vector vector, idx_t row, std::string_view text) {
  duckdb_vector_assign_string_element_len(vector, row, text.data(), text.size());
}

void write_bigint(duckdb_vector vector, idx_t row, std::int64_t value) { put(vector, row, value); }
void write_timestamp(duckdb_vector vector, idx_t row, std::int64_t micros) {
  put(vector, row, micros);
}

Written write_scalar(duckdb_vector vector, idx_t row, const Type& type, std::string_view text) {
  switch (type.kind) {
    case TypeKind::kVarchar:
    case TypeKind::kChar: {
      if (!is_valid_utf8(text)) return Written::kBad;
      std::size_t length = 0, at = 0;
      if (type.precision > 0) {
        // A declared length cuts, in characters.
        while (at < text.size() && length < static_cast<std::size_t>(type.precision)) {
          do ++at;
          while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80);
          ++length;
        }
        text = text.substr(0, at);
      }
      write_text(vector, row, text);
      return Written::kValue;
    }
    case TypeKind::kBoolean: {
      if (equals_ignore_case(text, "true")) {
        put(vector, row, true);
      } else if (equals_ignore_case(text, "false")) {
        put(vector, row, false);
      } else {
        return Written::kBad;
      }
      return Written::kValue;
    }
    case TypeKind::kTinyint:
    case TypeKind::kSmallint:
    case TypeKind::kInteger:
    case TypeKind::kBigint: return write_integer(vector, row, type.kind, text);
    case TypeKind::kReal:
    case TypeKind::kDouble: {
      const auto value = parse_double(text);
      if (!value) return Written::kBad;
      if (type.kind == TypeKind::kReal) {
        put(vector, row, static_cast<float>(*value));
      } else {
        put(vector, row, *value);
      }
      return Written::kValue;
    }
    case TypeKind::kDecimal: return write_decimal(vector, row, type, text);
    case TypeKind::kDate: {
      const auto value = parse_timestamp_text(text);
      if (!value || !value->zone.empty()) return Written::kBad;
      std::int64_t days = value->micros / kMicrosPerDay;
      if (value->micros % kMicrosPerDay < 0) --days;
      put(vector, row, static_cast<std::int32_t>(days));
      return Written::kValue;
    }
    case TypeKind::kTimestamp: {
      const auto value = parse_timestamp_text(text);
      if (!value || !value->zone.empty()) return Written::kBad;
      put(vector, row, value->micros);
      return Written::kValue;
    }
    case TypeKind::kVarbinary: write_text(vector, row, text); return Written::kValue;
    default: return Written::kBad;
  }
}

duckdb_logical_type engine_type(const Type& type) {
  switch (type.kind) {
    case TypeKind::kBoolean: return duckdb_create_logical_type(DUCKDB_TYPE_BOOLEAN);
    case TypeKind::kTinyint: return duckdb_create_logical_type(DUCKDB_TYPE_TINYINT);
    case TypeKind::kSmallint: return duckdb_create_logical_type(DUCKDB_TYPE_SMALLINT);
    case TypeKind::kUnknown:
    case TypeKind::kInteger: return duckdb_create_logical_type(DUCKDB_TYPE_INTEGER);
    case TypeKind::kBigint: return duckdb_create_logical_type(DUCKDB_TYPE_BIGINT);
    case TypeKind::kReal: return duckdb_create_logical_type(DUCKDB_TYPE_FLOAT);
    case TypeKind::kDouble: return duckdb_create_logical_type(DUCKDB_TYPE_DOUBLE);
    case TypeKind::kDecimal:
      return duckdb_create_decimal_type(static_cast<std::uint8_t>(type.precision),
                                        static_cast<std::uint8_t>(type.scale));
    case TypeKind::kVarbinary: return duckdb_create_logical_type(DUCKDB_TYPE_BLOB);
    case TypeKind::kDate: return duckdb_create_logical_type(DUCKDB_TYPE_DATE);
    case TypeKind::kTime: return duckdb_create_logical_type(DUCKDB_TYPE_TIME);
    case TypeKind::kTimestamp: return duckdb_create_logical_type(DUCKDB_TYPE_TIMESTAMP);
    case TypeKind::kTimestampTz: return duckdb_create_logical_type(DUCKDB_TYPE_TIMESTAMP_TZ);
    case TypeKind::kIntervalDay:
    case TypeKind::kIntervalYear: return duckdb_create_logical_type(DUCKDB_TYPE_INTERVAL);
    case TypeKind::kUuid: return duckdb_create_logical_type(DUCKDB_TYPE_UUID);
    case TypeKind::kVarchar:
    case TypeKind::kChar:
    case TypeKind::kJson: return duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kRow: break;
  }
  std::vector<duckdb_logical_type> parts;
  for (const Type& part : type.args) parts.push_back(engine_type(part));
  duckdb_logical_type result = nullptr;
  if (type.kind == TypeKind::kArray) {
    result = duckdb_create_list_type(parts[0]);
  } else if (type.kind == TypeKind::kMap) {
    result = duckdb_create_map_type(parts[0], parts[1]);
  } else {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < parts.size(); ++i) names.push_back("f" + std::to_string(i));
    std::vector<const char*> pointers;
    for (const std::string& name : names) pointers.push_back(name.c_str());
    result = duckdb_create_struct_type(parts.data(), pointers.data(), parts.size());
  }
  for (duckdb_logical_type& part : parts) duckdb_destroy_logical_type(&part);
  return result;
}

idx_t begin_list(duckdb_vector vector, idx_t row, idx_t count) {
  const idx_t start = duckdb_list_vector_get_size(vector);
  duckdb_list_vector_reserve(vector, start + count);
  duckdb_list_vector_set_size(vector, start + count);
  static_cast<duckdb_list_entry*>(duckdb_vector_get_data(vector))[row] = {start, count};
  return start;
}

}  // namespace penstock::sql
