// Object keys: Prefix and ErrorOutputPrefix with their !{namespace:value} expressions, and the
// suffix that follows them. Pure; what is invalid is refused when a template is parsed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "services/firehose/date_pattern.h"
#include "services/firehose/time_zone.h"

namespace penstock::firehose {

enum class PrefixKind : std::uint8_t { kPrefix, kErrorOutputPrefix };

// One prefix. The messages of refusals are AWS's "constraint" texts.
class KeyTemplate {
 public:
  static Result<KeyTemplate> parse(std::string_view text, PrefixKind kind);

  bool empty() const { return pieces_.empty(); }
  bool has_expressions() const { return has_expressions_; }
  bool has_timestamp() const { return has_timestamp_; }
  bool has_error_type() const { return has_error_type_; }
  void append_to(std::string& out, const LocalTime& time, std::string_view error_type,
                 Random& random) const;

 private:
  struct Piece {
    enum class Kind : std::uint8_t { kText, kTimestamp, kRandomString, kErrorType };
    Kind kind = Kind::kText;
    std::string text;
    DatePattern pattern;
  };
  std::vector<Piece> pieces_;
  bool has_expressions_ = false, has_timestamp_ = false, has_error_type_ = false;
};

// Both prefixes of a destination, checked against each other.
struct KeyTemplates {
  KeyTemplate prefix;
  KeyTemplate error_prefix;
  std::shared_ptr<const TimeZone> zone = TimeZone::utc();
};
// `now` and `random` only serve to measure what the prefixes evaluate to.
Result<KeyTemplates> make_key_templates(std::string_view prefix, std::string_view error_prefix,
                                        std::shared_ptr<const TimeZone> zone, Timestamp now,
                                        Random& random);

struct KeyParts {
  std::string_view stream;
  std::string_view version;
  Timestamp oldest;  // Arrival of the oldest record in the object.
  std::string_view extension;
};
std::string object_key(const KeyTemplates& templates, const KeyParts& parts, Random& random);
// Error objects have no extension.
std::string error_object_key(const KeyTemplates& templates, const KeyParts& parts, Random& random);

}  // namespace penstock::firehose
