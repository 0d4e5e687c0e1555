// Patterns of Java's DateTimeFormatter, as !{timestamp:...} takes them, in the English locale.
//
// Pure. Letters that Firehose rejects, and those whose text depends on a name table that we do not
// have, are refused when the pattern is parsed; formatting cannot fail.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace penstock::firehose {

// An instant as a clock on the wall of some zone shows it.
struct LocalTime {
  CivilTime civil;
  std::int64_t nano_of_second = 0;
  int offset_seconds = 0;  // East of UTC.
  std::string zone = "UTC";
};

class DatePattern {
 public:
  static Result<DatePattern> parse(std::string_view text);
  void append_to(std::string& out, const LocalTime& time) const;

 private:
  struct Piece {
    char letter = 0;  // 0: a literal.
    int count = 0;
    std::string literal;
  };
  std::vector<Piece> pieces_;
};

}  // namespace penstock::firehose
