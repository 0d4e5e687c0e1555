// Records of a text, and the DynamoDB JSON format.
#include "services/dynamodb/import_format.h"

#include <simdjson.h>

#include "base/ascii.h"
#include "base/bytes.h"
#include "protocol/attribute_value_json.h"

namespace penstock::dynamodb {
namespace {

// Lines of {"Item": {...}}.
class JsonFormat final : public ItemFormat {
 public:
  std::optional<ParsedItem> read(std::string_view record) override {
    if (trim_blanks(record).empty()) return std::nullopt;
    return parse(record);
  }

 private:
  static ParsedItem unreadable(std::string message) {
    return std::unexpected(RecordProblem{std::move(message), true});
  }

  ParsedItem parse(std::string_view record) {
    simdjson::dom::element document, item;
    if (parser_.parse(record.data(), record.size()).get(document) != simdjson::SUCCESS) {
      return unreadable("The line is not valid JSON");
    }
    if (!document.is_object() || document["Item"].get(item) != simdjson::SUCCESS ||
        !item.is_object()) {
      return unreadable("The line has no member Item");
    }
    AttributeMap out;
    if (const Status decoded = decode_attribute_map(item, out); !decoded) {
      return unreadable(decoded.error().message);
    }
    if (out.contains("")) return unreadable("An attribute name is empty");
    if (const std::string* problem = first_problem(out)) {
      return std::unexpected(RecordProblem{*problem, false});
    }
    return out;
  }

  simdjson::dom::parser parser_;
};

}  // namespace

bool RecordSplitter::show(std::string_view record, const Visit& visit) {
  if (record.ends_with('\r')) record.remove_suffix(1);
  return visit(record);
}

bool RecordSplitter::add(std::string_view text, const Visit& visit) {
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '"' && with_quotes_) quoted_ = !quoted_;
    if (text[at] != '\n' || quoted_) continue;
    const std::string_view tail = text.substr(begin, at - begin);
    begin = at + 1;
    if (rest_.empty()) {
      if (!show(tail, visit)) return false;
      continue;
    }
    rest_ += tail;
    const std::string record = std::exchange(rest_, {});
    if (!show(record, visit)) return false;
  }
  if (rest_.size() + (text.size() - begin) > kImportRecordBytesMax) {
    too_long_ = true;
    return false;
  }
  rest_ += text.substr(begin);
  return true;
}

bool RecordSplitter::finish(const Visit& visit) {
  const std::string record = std::exchange(rest_, {});
  return record.empty() || show(record, visit);
}

std::unique_ptr<ItemFormat> make_json_format() { return std::make_unique<JsonFormat>(); }

}  // namespace penstock::dynamodb
