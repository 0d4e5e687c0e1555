// JsonReader: reads one JSON value after the other from bytes that nobody vouches for.
//
//   JsonReader reader(bytes);
//   JsonValue value;
//   while (reader.next(value) == JsonStatus::kValue) { ... }
//
// Values may follow each other with or without blanks between them, as Firehose writes them.
// Numbers keep their spelling (schema inference must tell 1 from 1.0) and members keep their order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::glue {

struct JsonMember;

struct JsonValue {
  enum class Kind : std::uint8_t { kNull, kFalse, kTrue, kNumber, kString, kObject, kArray };
  Kind kind = Kind::kNull;
  std::string text;  // Of a string (decoded) or a number (as spelled).
  std::vector<JsonMember> members;
  std::vector<JsonValue> elements;

  const JsonValue* find(std::string_view name) const;  // The first member of that name.
};

struct JsonMember {
  std::string name;
  JsonValue value;
};

enum class JsonStatus : std::uint8_t {
  kValue,
  kEnd,         // Only blanks were left.
  kIncomplete,  // The bytes end inside a value.
  kMalformed,
};

class JsonReader {
 public:
  explicit JsonReader(std::string_view bytes);

  JsonStatus next(JsonValue& value);
  // Where the last value began and where it ended.
  std::size_t begin() const { return begin_; }
  std::size_t end() const { return at_; }
  // After kMalformed: goes on behind the next line break. False when there is none.
  bool skip_line();

 private:
  JsonStatus read(JsonValue& value, int depth);
  JsonStatus read_object(JsonValue& value, int depth);
  JsonStatus read_array(JsonValue& value, int depth);
  JsonStatus read_string(std::string& text);
  JsonStatus read_escape(std::string& text);
  JsonStatus read_code_unit(unsigned& unit);
  JsonStatus read_number(std::string& text);
  JsonStatus read_word(std::string_view word);
  void skip_blanks();
  bool at_end() const { return at_ >= bytes_.size(); }

  std::string_view bytes_;
  std::size_t at_ = 0;
  std::size_t begin_ = 0;
};

}  // namespace penstock::glue
