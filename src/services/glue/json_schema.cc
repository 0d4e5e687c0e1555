// Schema inference over JSON records. Records may follow each other on one line (Firehose adds no
// separator unless it is told to): AWS's crawler types such files like any other, so this one does
// too, and marks them, because a reader of one document per line will not see the later ones.
#include "services/glue/json_schema.h"

#include <algorithm>
#include <charconv>

#include "base/limits.h"

namespace penstock::glue {
namespace {

using Kind = HiveType::Kind;

HiveType type_of_number(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || error != std::errc()) return hive(Kind::kDouble);
  const bool fits_int = value >= INT32_MIN && value <= INT32_MAX;
  return hive(fits_int ? Kind::kInt : Kind::kBigint);
}

class Inference {
 public:
  Inference(const Sample& sample, const JsonRowSelector& selector)
      : sample_(sample), selector_(selector), reader_(sample.bytes) {}

  bool run(FileSchema& schema) {
    JsonValue document;
    while (true) {
      const JsonStatus status = reader_.next(document);
      if (status == JsonStatus::kEnd) break;
      if (status == JsonStatus::kIncomplete) {
        if (documents_ == 0) return false;
        if (sample_.whole) ++schema.malformed;
        break;
      }
      const bool is_record =
          document.kind == JsonValue::Kind::kObject || document.kind == JsonValue::Kind::kArray;
      if (status == JsonStatus::kMalformed || !is_record) {
        if (documents_ == 0) return false;
        ++schema.malformed;
        if (!reader_.skip_line()) break;
        continue;
      }
      note_layout(schema);
      add_rows(schema, document);
    }
    return schema.records > 0;
  }

 private:
  void note_layout(FileSchema& schema) {
    const std::string_view bytes = sample_.bytes;
    if (documents_ > 0) {
      const auto between = bytes.substr(previous_end_, reader_.begin() - previous_end_);
      if (between.find('\n') == std::string_view::npos) schema.glued = true;
    }
    const auto own = bytes.substr(reader_.begin(), reader_.end() - reader_.begin());
    if (own.find('\n') != std::string_view::npos) schema.multiline = true;
    previous_end_ = reader_.end();
    schema.record_bytes = reader_.end();
    ++documents_;
  }

  void add_rows(FileSchema& schema, const JsonValue& document) {
    for (const JsonValue* row : select_rows(selector_, document, scratch_)) {
      ++schema.records;
      if (row->kind == JsonValue::Kind::kObject) {
        add_object(schema, *row);
      } else if (row->kind == JsonValue::Kind::kArray) {
        // Documented: an array that no classifier takes apart is one column named "array".
        add_column(schema, "array", type_of(*row));
      } else if (row->kind != JsonValue::Kind::kNull) {
        add_column(schema, scalar_name(), type_of(*row));
      }
    }
  }

  void add_object(FileSchema& schema, const JsonValue& row) {
    for (const JsonMember& member : row.members) {
      add_column(schema, member.name, type_of(member.value));
    }
  }

  void add_column(FileSchema& schema, const std::string& name, const HiveType& type) {
    if (std::ranges::find(schema.json_keys, name) == schema.json_keys.end()) {
      if (schema.json_keys.size() >= limits::kGlueColumns) return;
      schema.json_keys.push_back(name);
    }
    if (HiveField* known = find_field(schema.columns, name)) {
      if (!(known->type == type)) known->type = merge(known->type, type);
      return;
    }
    schema.columns.push_back({name, type});
  }

  // A path may lead to plain values ($.ids[*]); their column is named after the last name on the
  // way.
  std::string scalar_name() const {
    const JsonPath& path = selector_.paths[0];
    for (auto step = path.rbegin(); step != path.rend(); ++step) {
      if (step->kind == JsonPathStep::Kind::kName) return step->name;
    }
    return "value";
  }

  const Sample& sample_;
  const JsonRowSelector& selector_;
  JsonReader reader_;
  std::vector<JsonValue> scratch_;
  std::size_t documents_ = 0;
  std::size_t previous_end_ = 0;
};

}  // namespace

HiveType type_of(const JsonValue& value) {
  switch (value.kind) {
    case JsonValue::Kind::kNull: return hive(Kind::kNull);
    case JsonValue::Kind::kFalse:
    case JsonValue::Kind::kTrue: return hive(Kind::kBoolean);
    case JsonValue::Kind::kNumber: return type_of_number(value.text);
    case JsonValue::Kind::kString: return hive(Kind::kString);
    case JsonValue::Kind::kArray: {
      HiveType element = hive(Kind::kNull);
      for (const JsonValue& item : value.elements) element = merge(element, type_of(item));
      return HiveType::array_of(std::move(element));
    }
    case JsonValue::Kind::kObject: {
      HiveType type = hive(Kind::kStruct);
      for (const JsonMember& member : value.members) {
        merge_fields(type.children, {{member.name, type_of(member.value)}});
      }
      return type;
    }
  }
  return hive(Kind::kString);
}

std::optional<FileSchema> infer_json(const Sample& sample, const JsonRowSelector& selector,
                                     const std::string& path_text) {
  FileSchema schema;
  schema.classification = "json";
  schema.json_path = path_text;
  if (!Inference(sample, selector).run(schema)) return std::nullopt;
  lower_column_names(schema.columns);
  return schema;
}

}  // namespace penstock::glue
