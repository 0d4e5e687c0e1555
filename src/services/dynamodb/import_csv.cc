// CSV as ImportTable reads it. The developer guide has the rules of quotes by example only:
//   value "123"        fails, value """123""" is  value "123".
#include <fmt/format.h>

#include <set>

#include "base/bytes.h"
#include "protocol/number.h"
#include "services/dynamodb/expression.h"
#include "services/dynamodb/import_format.h"

namespace penstock::dynamodb {
namespace {

constexpr std::string_view kBadQuotes = "A double quote is not escaped";

// Reads a field between quotes; `at` is behind the first one. False: it does not end.
bool read_quoted(std::string_view record, std::size_t& at, std::string& field) {
  while (at < record.size()) {
    const char c = record[at++];
    if (c != '"') {
      field += c;
    } else if (at < record.size() && record[at] == '"') {
      field += '"';
      ++at;
    } else {
      return true;
    }
  }
  return false;
}

// False: a quote that is not escaped.
bool read_plain(std::string_view record, char delimiter, std::size_t& at, std::string& field) {
  constexpr std::string_view kEscaped = R"(""")";
  while (at < record.size() && record[at] != delimiter) {
    if (record[at] != '"') {
      field += record[at++];
    } else if (record.substr(at).starts_with(kEscaped)) {
      field += '"';
      at += kEscaped.size();
    } else {
      return false;
    }
  }
  return true;
}

class CsvFormat final : public ItemFormat {
 public:
  CsvFormat(CsvSettings settings, const std::vector<KeyAttribute>& definitions)
      : settings_(std::move(settings)) {
    for (const KeyAttribute& definition : definitions) types_[definition.name] = definition.type;
  }
  bool has_quotes() const override { return true; }
  void begin_object() override { headers_ = settings_.headers; }

  std::optional<ParsedItem> read(std::string_view record) override {
    if (record.empty()) return std::nullopt;
    if (!is_valid_utf8(record)) return unreadable("The line is not valid UTF-8");
    auto fields = parse_csv_record(record, settings_.delimiter);
    if (!fields) return unreadable(std::move(fields).error());
    if (headers_.empty()) return take_header(std::move(*fields));
    if (fields->size() != headers_.size()) {
      return std::unexpected(
          RecordProblem{fmt::format("The line has {} columns, and there are {} headers",
                                    fields->size(), headers_.size()),
                        false});
    }
    return item_of(std::move(*fields));
  }

 private:
  static ParsedItem unreadable(std::string message) {
    return std::unexpected(RecordProblem{std::move(message), true});
  }

  std::optional<ParsedItem> take_header(std::vector<std::string> fields) {
    std::set<std::string_view> seen;
    for (const std::string& name : fields) {
      if (name.empty()) return unreadable("A header is empty");
      if (!seen.insert(name).second) {
        return unreadable(fmt::format("The header {} is there twice", name));
      }
    }
    headers_ = std::move(fields);
    return std::nullopt;
  }

  ParsedItem item_of(std::vector<std::string> fields) const {
    AttributeMap::Entries entries;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const auto type = types_.find(headers_[i]);
      auto value = value_of(type != types_.end() ? type->second : AttributeValue::Type::kS,
                            std::move(fields[i]));
      if (!value) return std::unexpected(RecordProblem{std::move(value).error(), false});
      entries.push_back({headers_[i], std::move(*value)});
    }
    return AttributeMap::from_entries(std::move(entries));
  }

  static Checked<AttributeValue> value_of(AttributeValue::Type type, std::string text) {
    if (type == AttributeValue::Type::kN) {
      auto number = normalise_number(text);
      if (!number) return std::unexpected(number_problem_message(number.error(), text));
      return AttributeValue::n(std::move(*number));
    }
    if (type == AttributeValue::Type::kB) {
      auto bytes = base64_decode(text);
      if (!bytes) return std::unexpected("A binary key is not valid base64");
      return AttributeValue::b(std::move(*bytes));
    }
    return AttributeValue::s(std::move(text));
  }

  const CsvSettings settings_;
  std::map<std::string, AttributeValue::Type, std::less<>> types_;
  std::vector<std::string> headers_;
};

}  // namespace

std::expected<std::vector<std::string>, std::string> parse_csv_record(std::string_view record,
                                                                      char delimiter) {
  std::vector<std::string> fields;
  std::size_t at = 0;
  while (true) {
    std::string field;
    if (at < record.size() && record[at] == '"') {
      ++at;
      const bool ended = read_quoted(record, at, field);
      if (!ended || (at < record.size() && record[at] != delimiter)) {
        return std::unexpected(std::string(kBadQuotes));
      }
    } else if (!read_plain(record, delimiter, at, field)) {
      return std::unexpected(std::string(kBadQuotes));
    }
    fields.push_back(std::move(field));
    if (at == record.size()) return fields;
    ++at;  // The delimiter; a record may end with one.
  }
}

std::unique_ptr<ItemFormat> make_csv_format(CsvSettings settings,
                                            const std::vector<KeyAttribute>& definitions) {
  return std::make_unique<CsvFormat>(std::move(settings), definitions);
}

}  // namespace penstock::dynamodb
