// Pattern: regular expressions over names, and globs, matched in time linear in the text whatever
// the pattern is. The whole text must match, as with Java's matches().
//
// Served: literals, ., [..] with ranges and ^, \d \w \s \D \W \S, escapes, ( ) (?: ), |, * + ?
// {m,n} and their lazy forms, ^ and $ at the ends. Look-around and back-references are refused by
// name.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"

namespace penstock::glue {

class Pattern {
 public:
  static Result<Pattern> regex(std::string_view expression);
  // A crawler's exclude pattern: * and ? stay within a folder, ** does not; [a-z] [!a] {x,y} and
  // \ escapes.
  static Result<Pattern> glob(std::string_view pattern);

  bool matches(std::string_view text) const;

 private:
  struct Program;
  explicit Pattern(std::shared_ptr<const Program> program) : program_(std::move(program)) {}
  std::shared_ptr<const Program> program_;
};

}  // namespace penstock::glue
