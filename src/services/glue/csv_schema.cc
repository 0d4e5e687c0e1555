// CSV detection after the developer guide, "Adding classifiers": the delimiters , | tab ; and ^A,
// at least two columns and two rows, and its rules for what makes a header.
#include "services/glue/csv_schema.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/ascii.h"
#include "base/bytes.h"
#include "base/limits.h"

namespace penstock::glue {
namespace {

using Kind = HiveType::Kind;

constexpr std::array kDelimiters = {',', '|', '\t', ';', '\x01'};

bool is_integer(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return is_digits(text);
}

bool fits(std::string_view text, std::int64_t min, std::int64_t max) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value >= min && value <= max;
}

bool is_number(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || !((text[0] >= '0' && text[0] <= '9') || text[0] == '.')) return false;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return end == text.data() + text.size() && error != std::errc::invalid_argument;
}

// A date, optionally with "dd:dd:dd[.f]" behind a blank or T.
bool is_timestamp(std::string_view text) {
  if (text.size() < 19 || !is_date_text(text.substr(0, 10)) ||
      (text[10] != ' ' && text[10] != 'T')) {
    return false;
  }
  const std::string_view time = text.substr(11);
  return is_digits(time.substr(0, 2)) && time[2] == ':' && is_digits(time.substr(3, 2)) &&
         time[5] == ':' && is_digits(time.substr(6, 2)) &&
         (time.size() == 8 || (time[8] == '.' && is_digits(time.substr(9))));
}

bool holds(const HiveType& type, std::string_view cell) {
  switch (type.kind) {
    case Kind::kBoolean:
      return equals_ignore_case(cell, "true") || equals_ignore_case(cell, "false");
    case Kind::kSmallint: return is_integer(cell) && fits(cell, INT16_MIN, INT16_MAX);
    case Kind::kInt: return is_integer(cell) && fits(cell, INT32_MIN, INT32_MAX);
    case Kind::kBigint: return is_integer(cell) && fits(cell, INT64_MIN, INT64_MAX);
    case Kind::kFloat:
    case Kind::kDouble:
    case Kind::kDecimal: return is_number(cell);
    case Kind::kDate: return is_date_text(cell);
    case Kind::kTimestamp: return is_timestamp(cell);
    default: return true;
  }
}

HiveType built_in_type(std::string_view cell) {
  if (cell.empty()) return hive(Kind::kNull);
  if (is_integer(cell) && fits(cell, INT64_MIN, INT64_MAX)) return hive(Kind::kBigint);
  if (is_number(cell)) return hive(Kind::kDouble);
  if (holds(hive(Kind::kBoolean), cell)) return hive(Kind::kBoolean);
  return hive(Kind::kString);
}

class CsvInference {
 public:
  CsvInference(const Sample& sample, const CsvRules& rules) : sample_(sample), rules_(rules) {}

  std::optional<FileSchema> run() {
    if (sample_.bytes.find('\0') != std::string::npos || !is_text()) return std::nullopt;
    const char quote = rules_.quote.value_or('"');
    for (const char delimiter : kDelimiters) {
      if (rules_.delimiter && delimiter != kDelimiters[0]) break;
      std::optional<FileSchema> found = try_delimiter(rules_.delimiter.value_or(delimiter), quote);
      if (found) return found;
    }
    return std::nullopt;
  }

 private:
  // A cut may fall inside a character; only then is the tail allowed to be broken.
  bool is_text() const {
    std::string_view text = sample_.bytes;
    for (int cut = 0; cut < 4; ++cut) {
      if (is_valid_utf8(text)) return true;
      if (sample_.whole || text.empty()) return false;
      text.remove_suffix(1);
    }
    return false;
  }

  std::optional<FileSchema> try_delimiter(char delimiter, char quote) {
    std::size_t bytes_read = 0;
    std::vector<CsvRow> rows =
        read_csv(sample_, delimiter, quote, limits::kGlueCsvRows, &bytes_read);
    if (rows.size() < (rules_.names.empty() ? 2U : 1U)) return std::nullopt;
    const std::size_t width = rows[0].cells.size();
    if (width < 2 && !rules_.single_column) return std::nullopt;
    if (width > limits::kGlueColumns || !is_regular(rows, width)) return std::nullopt;

    FileSchema schema;
    schema.classification = "csv";
    schema.csv = CsvDialect{delimiter, quote, has_quotes(rows), false, rules_.serde};
    const bool header = decide_header(rows);
    schema.csv->has_header = header;
    schema.columns = columns_of(rows, header, width);
    schema.records = rows.size() - (header ? 1 : 0);
    schema.record_bytes = bytes_read;
    return schema;
  }

  // Every row has the width of the first; short and long rows may be at most one in ten (deduced).
  static bool is_regular(const std::vector<CsvRow>& rows, std::size_t width) {
    std::size_t irregular = 0;
    for (const CsvRow& row : rows) irregular += row.cells.size() == width ? 0 : 1;
    return irregular * 10 <= rows.size();
  }

  static bool has_quotes(const std::vector<CsvRow>& rows) {
    return std::ranges::any_of(rows, [](const CsvRow& row) {
      return std::ranges::find(row.quoted, true) != row.quoted.end();
    });
  }

  std::string_view cell(const CsvRow& row, std::size_t column) const {
    if (column >= row.cells.size()) return {};
    return rules_.keep_blanks ? std::string_view(row.cells[column]) : trim(row.cells[column]);
  }

  bool decide_header(const std::vector<CsvRow>& rows) const {
    if (rules_.header == CsvHeader::kPresent) return true;
    if (rules_.header == CsvHeader::kAbsent) return false;
    const std::size_t width = rows[0].cells.size();
    for (std::size_t i = 0; i < width; ++i) {
      const std::string_view name = cell(rows[0], i);
      const bool may_be_empty = i + 1 == width;
      if (name.empty() ? !may_be_empty : !is_name(name)) return false;
    }
    // "The header row must be sufficiently different from the data rows": one data cell is no text.
    for (std::size_t r = 1; r < rows.size(); ++r) {
      for (std::size_t i = 0; i < width; ++i) {
        const HiveType type = built_in_type(cell(rows[r], i));
        if (type.kind != Kind::kString && type.kind != Kind::kNull) return true;
      }
    }
    return false;
  }

  static bool is_name(std::string_view text) {
    constexpr std::size_t kNameBytesMax = 149;  // "fewer than 150 characters"
    return text.size() <= kNameBytesMax && built_in_type(text).kind == Kind::kString &&
           text.find('\n') == std::string_view::npos;
  }

  std::vector<HiveField> columns_of(const std::vector<CsvRow>& rows, bool header,
                                    std::size_t width) const {
    std::vector<HiveField> columns(width);
    for (std::size_t i = 0; i < width; ++i) {
      std::string name(header ? cell(rows[0], i) : std::string_view());
      if (i < rules_.names.size()) name = rules_.names[i];
      if (name.empty()) name = fmt::format("col{}", i);
      columns[i].name = to_lower(name);
      columns[i].type = column_type(rows, header ? 1 : 0, i);
    }
    return columns;
  }

  HiveType column_type(const std::vector<CsvRow>& rows, std::size_t first,
                       std::size_t column) const {
    if (rules_.types.empty()) {
      HiveType type;
      for (std::size_t r = first; r < rows.size(); ++r) {
        type = merge(type, built_in_type(cell(rows[r], column)));
      }
      return type;
    }
    for (const HiveType& candidate : rules_.types) {
      bool any = false, all = true;
      for (std::size_t r = first; r < rows.size() && all; ++r) {
        const std::string_view text = cell(rows[r], column);
        if (text.empty()) continue;
        any = true;
        all = holds(candidate, text);
      }
      if (any && all) return candidate;
    }
    return hive(Kind::kString);
  }

  const Sample& sample_;
  const CsvRules& rules_;
};

}  // namespace

std::optional<HiveType> csv_datatype(std::string_view name) {
  if (name == "BINARY") return hive(Kind::kBinary);
  if (name == "BOOLEAN") return hive(Kind::kBoolean);
  if (name == "DATE") return hive(Kind::kDate);
  if (name == "DECIMAL") return HiveType::decimal(38, 18);
  if (name == "DOUBLE") return hive(Kind::kDouble);
  if (name == "FLOAT") return hive(Kind::kFloat);
  if (name == "INT") return hive(Kind::kInt);
  if (name == "LONG") return hive(Kind::kBigint);
  if (name == "SHORT") return hive(Kind::kSmallint);
  if (name == "STRING") return hive(Kind::kString);
  if (name == "TIMESTAMP") return hive(Kind::kTimestamp);
  return std::nullopt;
}

std::vector<CsvRow> read_csv(const Sample& sample, char delimiter, char quote, std::size_t rows_max,
                             std::size_t* bytes_read) {
  const std::string_view text = sample.bytes;
  std::vector<CsvRow> rows;
  CsvRow row;
  std::string cell;
  bool in_quotes = false, was_quoted = false;
  std::size_t at = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  *bytes_read = 0;
  const auto end_cell = [&] {
    row.cells.push_back(std::move(cell));
    row.quoted.push_back(was_quoted);
    cell.clear();
    was_quoted = false;
  };
  const auto end_row = [&](std::size_t behind) {
    if (cell.ends_with('\r')) cell.pop_back();
    const bool blank = row.cells.empty() && cell.empty() && !was_quoted;
    end_cell();
    if (!blank) rows.push_back(std::move(row));
    row = CsvRow{};
    *bytes_read = behind;
  };
  for (; at < text.size() && rows.size() < rows_max; ++at) {
    const char c = text[at];
    if (in_quotes) {
      if (c != quote) {
        cell += c;
      } else if (at + 1 < text.size() && text[at + 1] == quote) {
        cell += quote;
        ++at;
      } else {
        in_quotes = false;
      }
    } else if (c == quote && cell.empty()) {
      in_quotes = was_quoted = true;
    } else if (c == delimiter) {
      end_cell();
    } else if (c == '\n') {
      end_row(at + 1);
    } else {
      cell += c;
    }
  }
  const bool rest = !cell.empty() || !row.cells.empty() || was_quoted;
  if (rest && sample.whole && !in_quotes && rows.size() < rows_max) end_row(text.size());
  return rows;
}

std::optional<FileSchema> infer_csv(const Sample& sample, const CsvRules& rules) {
  return CsvInference(sample, rules).run();
}

}  // namespace penstock::glue
