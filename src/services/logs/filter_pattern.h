// Filter patterns of CloudWatch Logs: what an event's message must contain.
//
//   ERROR "out of memory" -retry      all terms, none of the excluded ones
//   ?ERROR ?WARN                      any of the terms
//   { $.status >= 500 && $.path = "/api/*" }   JSON messages by their members
//
// Terms are case-sensitive and match anywhere. Space-delimited patterns ([ip, user, ...]) and
// regular expressions (%...%) are refused by name. Pure; a parsed pattern is immutable and
// thread-safe.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"

namespace penstock::logs {

class FilterPattern {
 public:
  struct Expression;

  // kInvalid with the sentence for the client.
  static Result<FilterPattern> parse(std::string_view text);
  bool matches(std::string_view message) const;

 private:
  std::shared_ptr<const Expression> expression_;
};

}  // namespace penstock::logs
