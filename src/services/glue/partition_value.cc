// Numbers are compared as digits, so that no precision is lost however long a decimal is.
#include "services/glue/partition_value.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/bytes.h"

namespace penstock::glue {
namespace {

// "-12.5": sign, digits without leading zeros, '.', fraction without trailing zeros.
std::optional<std::string> canonical_number(std::string_view text, bool integer) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const std::size_t point = text.find('.');
  std::string_view whole = text.substr(0, point);
  std::string_view fraction = point == std::string_view::npos ? "" : text.substr(point + 1);
  if (whole.empty() && fraction.empty()) return std::nullopt;
  if (!all_digits(whole) || !all_digits(fraction)) return std::nullopt;
  if (integer && point != std::string_view::npos) return std::nullopt;
  while (whole.starts_with('0')) whole.remove_prefix(1);
  while (fraction.ends_with('0')) fraction.remove_suffix(1);
  std::string out(whole);
  out += '.';
  out += fraction;
  const bool zero = out == ".";
  return negative && !zero ? "-" + out : out;
}

int sign_of(int value) { return value < 0 ? -1 : value > 0 ? 1 : 0; }

int compare_magnitudes(std::string_view a, std::string_view b) {
  const std::size_t a_point = a.find('.'), b_point = b.find('.');
  if (a_point != b_point) return a_point < b_point ? -1 : 1;
  return sign_of(a.compare(b));
}

int compare_numbers(std::string_view a, std::string_view b) {
  const bool a_negative = a.starts_with('-'), b_negative = b.starts_with('-');
  if (a_negative != b_negative) return a_negative ? -1 : 1;
  if (a_negative) return compare_magnitudes(b.substr(1), a.substr(1));
  return compare_magnitudes(a, b);
}

std::optional<std::string> canonical_timestamp(std::string_view text) {
  if (text.size() < 10 || !is_date_text(text.substr(0, 10))) return std::nullopt;
  std::string out(text.substr(0, 10));
  if (text.size() == 10) return out + " 00:00:00";
  std::string_view time = text.substr(10);
  if ((time[0] != ' ' && time[0] != 'T') || time.size() < 9) return std::nullopt;
  time.remove_prefix(1);
  if (!is_digits(time.substr(0, 2)) || time[2] != ':' || !is_digits(time.substr(3, 2)) ||
      time[5] != ':' || !is_digits(time.substr(6, 2))) {
    return std::nullopt;
  }
  out += ' ';
  out += time.substr(0, 8);
  std::string_view fraction = time.substr(8);
  if (fraction.empty()) return out;
  if (fraction[0] != '.' || !all_digits(fraction.substr(1))) return std::nullopt;
  while (fraction.ends_with('0')) fraction.remove_suffix(1);
  if (fraction.size() > 1) out += fraction;
  return out;
}

// How many bytes the character at the start of `text` has.
std::size_t character_size(std::string_view text) {
  std::size_t size = 1;
  while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) ++size;
  return size;
}

}  // namespace

std::optional<PartitionType> partition_type(std::string_view hive_type) {
  const std::string type = to_lower(hive_type.substr(0, hive_type.find('(')));
  if (type == "string" || type == "varchar" || type == "char" || type.empty()) {
    return PartitionType::kString;
  }
  if (type == "int" || type == "integer" || type == "bigint" || type == "long" ||
      type == "tinyint" || type == "smallint") {
    return PartitionType::kInteger;
  }
  if (type == "decimal" || type == "double" || type == "float") return PartitionType::kNumber;
  if (type == "date") return PartitionType::kDate;
  if (type == "timestamp") return PartitionType::kTimestamp;
  return std::nullopt;
}

std::optional<std::string> canonical_value(PartitionType type, std::string_view text) {
  switch (type) {
    case PartitionType::kString: return std::string(text);
    case PartitionType::kInteger: return canonical_number(text, true);
    case PartitionType::kNumber: return canonical_number(text, false);
    case PartitionType::kDate:
      if (!is_date_text(text)) return std::nullopt;
      return std::string(text);
    case PartitionType::kTimestamp: return canonical_timestamp(text);
  }
  return std::nullopt;
}

int compare_values(PartitionType type, std::string_view a, std::string_view b) {
  if (type == PartitionType::kInteger || type == PartitionType::kNumber)
    return compare_numbers(a, b);
  return sign_of(a.compare(b));
}

bool like(std::string_view text, std::string_view pattern) {
  // The usual two-pointer match: on a mismatch the last % takes one character more.
  std::size_t t = 0, p = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '%') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == '_') {
      t += character_size(text.substr(t));
      ++p;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++t;
      ++p;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      resume += character_size(text.substr(resume));
      t = resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '%') ++p;
  return p == pattern.size();
}

}  // namespace penstock::glue
