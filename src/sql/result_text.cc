// From the engine's vectors to the texts of GetQueryResults and of the .csv file.

#include "sql/result_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "sql/number_text.h"
#include "sql/time_text.h"

namespace penstock::sql {

namespace {

template <typename T>
T get(duckdb_vector vector, idx_t row) {
  return static_cast<const T*>(duckdb_vector_get_data(vector))[row];
}

std::string_view text_at(duckdb_vector vector, idx_t row) {
  auto* strings = static_cast<duckdb_string_t*>(duckdb_vector_get_data(vector));
  return {duckdb_string_t_data(&strings[row]), duckdb_string_t_length(strings[row])};
}

std::string decimal_text(duckdb_vector vector, idx_t row, const Type& type) {
  __int128 value = 0;
  if (type.precision <= 4) {
    value = get<std::int16_t>(vector, row);
  } else if (type.precision <= 9) {
    value = get<std::int32_t>(vector, row);
  } else if (type.precision <= 18) {
    value = get<std::int64_t>(vector, row);
  } else {
    const auto wide = get<duckdb_hugeint>(vector, row);
    value = (static_cast<__int128>(wide.upper) << 64) | wide.lower;
  }
  return format_decimal(value, type.scale);
}

std::string bytes_text(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    out += fmt::format("{}{:02x}", out.empty() ? "" : " ", static_cast<unsigned char>(c));
  }
  return out;
}

std::string interval_text(const duckdb_interval& interval, TypeKind kind) {
  if (kind == TypeKind::kIntervalYear) {
    const bool negative = interval.months < 0;
    const int months = negative ? -interval.months : interval.months;
    return fmt::format("{}{}-{}", negative ? "-" : "", months / 12, months % 12);
  }
  std::int64_t millis = (interval.days * kMicrosPerDay + interval.micros) / 1000;
  const bool negative = millis < 0;
  if (negative) millis = -millis;
  return fmt::format("{}{} {:02}:{:02}:{:02}.{:03}", negative ? "-" : "", millis / 86'400'000,
                     millis / 3'600'000 % 24, millis / 60'000 % 60, millis / 1000 % 60,
                     millis % 1000);
}

std::string uuid_text(duckdb_hugeint value) {
  // The engine flips the top bit so that its numbers sort as the texts do.
  const std::uint64_t high = static_cast<std::uint64_t>(value.upper) ^ (std::uint64_t{1} << 63);
  const std::string hex = fmt::format("{:016x}{:016x}", high, value.lower);
  return hex.substr(0, 8) + '-' + hex.substr(8, 4) + '-' + hex.substr(12, 4) + '-' +
         hex.substr(16, 4) + '-' + hex.substr(20);
}

std::string nested(duckdb_vector vector, idx_t row, const Type& type) {
  const auto text = cell_text(vector, row, type);
  return text ? *text : "null";
}

std::string array_text(duckdb_vector vector, idx_t row, const Type& type) {
  const auto entry = get<duckdb_list_entry>(vector, row);
  const duckdb_vector child = duckdb_list_vector_get_child(vector);
  std::string out = "[";
  for (idx_t i = 0; i < entry.length; ++i) {
    if (i > 0) out += ", ";
    out += nested(child, entry.offset + i, type.args[0]);
  }
  return out + ']';
}

// In ascending order of keys; numbers by value.
std::string map_text(duckdb_vector vector, idx_t row, const Type& type) {
  const auto entry = get<duckdb_list_entry>(vector, row);
  const duckdb_vector entries = duckdb_list_vector_get_child(vector);
  const duckdb_vector keys = duckdb_struct_vector_get_child(entries, 0);
  const duckdb_vector values = duckdb_struct_vector_get_child(entries, 1);
  struct Item {
    std::string key, value;
    double number;
  };
  std::vector<Item> items;
  const bool numeric = is_numeric(type.args[0]);
  for (idx_t i = 0; i < entry.length; ++i) {
    Item item{nested(keys, entry.offset + i, type.args[0]),
              nested(values, entry.offset + i, type.args[1]), 0};
    if (numeric) item.number = parse_double(item.key).value_or(0);
    items.push_back(std::move(item));
  }
  std::ranges::sort(items, [&](const Item& a, const Item& b) {
    return numeric ? a.number < b.number : a.key < b.key;
  });
  std::string out = "{";
  for (const Item& item : items) {
    if (out.size() > 1) out += ", ";
    out += item.key + '=' + item.value;
  }
  return out + '}';
}

std::string row_text(duckdb_vector vector, idx_t row, const Type& type) {
  std::string out = "{";
  for (std::size_t i = 0; i < type.args.size(); ++i) {
    if (i > 0) out += ", ";
    if (!type.names[i].empty()) out += type.names[i] + '=';
    out += nested(duckdb_struct_vector_get_child(vector, i), row, type.args[i]);
  }
  return out + '}';
}

// The offset of a zone is asked of the engine when a value is computed; a fixed one is added here.
std::string zoned_text(std::int64_t micros, const Type& type) {
  const int minutes = zone_offset_minutes(type.zone).value_or(0);
  return format_timestamp(micros + minutes * std::int64_t{60'000'000}, type.precision) + ' ' +
         (type.zone.empty() || type.zone == "Z" ? "UTC" : type.zone);
}

}  // namespace

std::optional<std::string> cell_text(duckdb_vector vector, idx_t row, const Type& type) {
  std::uint64_t* validity = duckdb_vector_get_validity(vector);
  if (validity != nullptr && !duckdb_validity_row_is_valid(validity, row)) return std::nullopt;
  switch (type.kind) {
    case TypeKind::kBoolean: return get<bool>(vector, row) ? "true" : "false";
    case TypeKind::kTinyint: return std::to_string(get<std::int8_t>(vector, row));
    case TypeKind::kSmallint: return std::to_string(get<std::int16_t>(vector, row));
    case TypeKind::kUnknown:
    case TypeKind::kInteger: return std::to_string(get<std::int32_t>(vector, row));
    case TypeKind::kBigint: return std::to_string(get<std::int64_t>(vector, row));
    case TypeKind::kReal: return format_real(get<float>(vector, row));
    case TypeKind::kDouble: return format_double(get<double>(vector, row));
    case TypeKind::kDecimal: return decimal_text(vector, row, type);
    case TypeKind::kVarchar:
    case TypeKind::kChar:
    case TypeKind::kJson: return std::string(text_at(vector, row));
    case TypeKind::kVarbinary: return bytes_text(text_at(vector, row));
    case TypeKind::kDate: return format_date(get<std::int32_t>(vector, row));
    case TypeKind::kTime: return format_timestamp(get<std::int64_t>(vector, row), 3).substr(11);
    case TypeKind::kTimestamp:
      return format_timestamp(get<std::int64_t>(vector, row), type.precision);
    case TypeKind::kTimestampTz: return zoned_text(get<std::int64_t>(vector, row), type);
    case TypeKind::kIntervalDay:
    case TypeKind::kIntervalYear:
      return interval_text(get<duckdb_interval>(vector, row), type.kind);
    case TypeKind::kUuid: return uuid_text(get<duckdb_hugeint>(vector, row));
    case TypeKind::kArray: return array_text(vector, row, type);
    case TypeKind::kMap: return map_text(vector, row, type);
    case TypeKind::kRow: return row_text(vector, row, type);
  }
  return std::nullopt;
}

}  // namespace penstock::sql
