// JsonWriter: appends JSON to a string. The caller keeps the nesting right; commas are written
// here.
//
//   JsonWriter json(out);
//   json.begin_object().key("Name").string(name).key("Ids").begin_array().integer(1);
//   json.end_array().end_object();
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace penstock::protocol {

class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view name) {
    separate();
    append_quoted(name);
    out_ += ':';
    needs_comma_ = false;
    return *this;
  }
  JsonWriter& string(std::string_view value) {
    separate();
    append_quoted(value);
    return *this;
  }
  JsonWriter& base64(std::string_view bytes);
  JsonWriter& integer(std::int64_t value);
  JsonWriter& number(double value);                // Shortest form that reads back the same.
  JsonWriter& epoch_seconds(std::int64_t micros);  // 1700000000.123 (milliseconds), no exponent.
  JsonWriter& boolean(bool value) { return raw(value ? "true" : "false"); }
  JsonWriter& null() { return raw("null"); }
  // Text that is JSON already.
  JsonWriter& raw(std::string_view json) {
    separate();
    out_ += json;
    return *this;
  }
  std::string& out() { return out_; }

 private:
  JsonWriter& open(char c) {
    separate();
    out_ += c;
    needs_comma_ = false;
    return *this;
  }
  JsonWriter& close(char c) {
    out_ += c;
    needs_comma_ = true;
    return *this;
  }
  void separate() {
    if (needs_comma_) out_ += ',';
    needs_comma_ = true;
  }
  void append_quoted(std::string_view value);

  std::string& out_;
  bool needs_comma_ = false;
};

// `text` as a JSON string, quotes included.
std::string json_quote(std::string_view text);

}  // namespace penstock::protocol
