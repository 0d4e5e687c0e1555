// Reading the JSON text of an event pattern token by token.
//
// EventBridge names the place of a mistake as its JSON reader sees it: the position after what has
// been read when the mistake is noticed. So this reader advances as that one does: a name is read
// together with the first character of its value (a whole number or literal), the body of a string
// only when it is asked for. Internal to event_pattern.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace penstock::stream {

enum class PatternToken : std::uint8_t {
  kStartObject,
  kEndObject,
  kStartArray,
  kEndArray,
  kName,
  kString,
  kNumber,
  kTrue,
  kFalse,
  kNull,
  kEnd,  // Of the text, outside of every object and array.
};

class PatternReader {
 public:
  // `text` must outlive the reader. It should be UTF-8; other bytes are taken as they are.
  explicit PatternReader(std::string_view text) : text_(text) {}

  Result<PatternToken> next();
  // The last name that was read.
  const std::string& name() const { return name_; }
  // Of the current token: a string's characters, a number or literal as it is written, a bracket.
  Result<std::string> text();

  // "<message>\n at [Source: (String)"<pattern>"; line: n, column: n]" for the present place.
  std::unexpected<Error> refuse(std::string message) const { return refuse_at(at_, message); }

 private:
  struct Scope {
    bool array = false;
    std::size_t start = 0;  // Of its bracket.
    bool has_entries = false;
  };

  Result<PatternToken> take_close(char c);
  Result<void> take_comma(char& c);
  Result<void> take_name(char& c);
  Result<PatternToken> take_value(char c);
  Result<PatternToken> take_number(char c);
  Result<void> take_digits(std::string_view missing, char first);
  Result<PatternToken> take_literal(std::string_view literal, PatternToken token);
  Result<std::string> take_string(std::string_view what, std::string_view unfinished);
  Result<void> take_escape(std::string& out);
  Result<std::uint32_t> take_hex();
  PatternToken enter(PatternToken token);
  void skip_blanks();
  bool at_end() const { return at_ == text_.size(); }

  std::unexpected<Error> refuse_at(std::size_t at, std::string_view message) const;
  std::string location(std::size_t at) const;
  std::unexpected<Error> unexpected_character(std::string_view comment) const;
  std::unexpected<Error> unexpected_end(std::string_view where) const;
  std::unexpected<Error> invalid_token(std::string matched);
  std::string character(std::uint32_t c) const;
  std::uint32_t code_point(std::size_t at) const;

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t token_start_ = 0;  // Of a number.
  bool unread_string_ = false;   // The current token is a string of which only the quote is read.
  PatternToken current_ = PatternToken::kEnd;
  PatternToken value_ = PatternToken::kEnd;  // After a name: what follows it.
  std::string name_;
  std::vector<Scope> scopes_;
};

}  // namespace penstock::stream
