// A strict reader of JSON text that moves over it once. After a failure every call fails.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace penstock::sql {

class JsonCursor {
 public:
  explicit JsonCursor(std::string_view text) : text_(text) {}

  void blanks() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) {
      ++at_;
    }
  }
  // The next character that is no blank; 0 at the end.
  char peek() {
    blanks();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool take(char c) {
    if (failed_ || peek() != c || at_ >= text_.size()) return false;
    ++at_;
    return true;
  }
  // A bare word at this place.
  bool literal(std::string_view word);
  // A string, decoded into `out`.
  bool string(std::string& out);
  // A number, true or false, as written.
  bool scalar(std::string_view& out);
  // Moves over one value of any kind.
  void skip(int depth);
  // Appends one value without its blanks.
  void copy(std::string& out, int depth);
  // How many elements or members the array or object at this place has; does not move.
  std::size_t count_elements(int depth);

  void fail(std::string message);
  bool failed() const { return failed_; }
  // The message with its place, as org.json words it.
  const std::string& error() const { return error_; }

 private:
  bool escape(std::string& out);
  bool four_hex(unsigned& out);

  std::string_view text_;
  std::size_t at_ = 0;
  bool failed_ = false;
  std::string error_;
};

}  // namespace penstock::sql
