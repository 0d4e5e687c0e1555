// The small languages of the engine: numbers, times, types and date patterns. No text aborts, and
// what is read is written and read back the same.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "sql/date_pattern.h"
#include "sql/json_cursor.h"
#include "sql/number_text.h"
#include "sql/time_text.h"
#include "sql/type.h"

using namespace penstock;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const int bits : {8, 16, 32, 64}) {
    if (const auto value = sql::parse_integer(text, bits)) {
      CHECK(sql::parse_integer(std::to_string(*value), bits) == *value);
    }
  }
  if (const auto value = sql::parse_double(text)) (void)sql::format_double(*value);
  for (const int scale : {0, 2, 38}) {
    if (const auto value = sql::parse_decimal(text, 38, scale)) {
      CHECK(sql::parse_decimal(sql::format_decimal(*value, scale), 38, scale) == *value);
    }
  }
  const std::string_view half = text.substr(0, size / 2), rest = text.substr(half.size());
  (void)sql::divide_decimals(half, "3.7", 10);
  (void)sql::modulus_decimals(half, "-0.03", 2);
  for (const bool iso8601 : {false, true}) {
    if (const auto t = sql::parse_timestamp_text(text, iso8601)) {
      const std::string written = sql::format_timestamp(t->micros, 6);
      const auto again = sql::parse_timestamp_text(written);
      CHECK(again && again->micros == t->micros);
    }
  }
  (void)sql::is_time_zone(text);
  (void)sql::zone_offset_minutes(text);
  (void)sql::mysql_to_strftime(text);
  (void)sql::joda_to_strftime(text);
  if (const auto type = sql::parse_hive_type(text)) {
    const auto again = sql::parse_hive_type(sql::hive_name(*type));
    CHECK(again && sql::hive_name(*again) == sql::hive_name(*type));
    (void)sql::trino_name(*type);
    (void)sql::duckdb_name(*type);
    if (const auto other = sql::parse_hive_type(rest)) (void)sql::common_type(*type, *other);
  }
  sql::JsonCursor cursor(text);
  std::string copied;
  cursor.copy(copied, 0);
  if (!cursor.failed()) {
    sql::JsonCursor second(copied);
    std::string again;
    second.copy(again, 0);
    CHECK(!second.failed() && again == copied);
  }
  return 0;
}
