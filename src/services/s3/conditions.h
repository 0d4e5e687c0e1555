// Conditional requests: If-Match and its kin for reads, copies and writes. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "protocol/api_error.h"

namespace penstock::s3 {

// What a condition is tested against. ETags are kept without quotes.
struct Validators {
  std::string_view etag;
  Timestamp modified;
};

struct ReadConditions {
  std::optional<std::string> if_match, if_none_match;
  std::optional<Timestamp> if_modified_since, if_unmodified_since;
};

// RFC 9110 section 13.2.2: If-Match before If-Unmodified-Since (which it overrides), then
// If-None-Match before If-Modified-Since (likewise). Refuses with 412 or, `not_modified`, with 304.
protocol::ApiResult<void> check_read(const ReadConditions& conditions, const Validators& object);

// The conditions of a copy on its source: every failure is a 412 that names the header.
protocol::ApiResult<void> check_copy_source(const ReadConditions& conditions,
                                            const Validators& source);

struct WriteConditions {
  std::optional<std::string> if_match, if_none_match;
  bool any() const { return if_match || if_none_match; }
};

// What can be refused before the object is looked at: values other than `If-None-Match: *` and
// `If-Match: <etag>`, and both together (501).
protocol::ApiResult<void> check_write_form(const WriteConditions& conditions);

// Against the current object, nullptr when there is none. Requires check_write_form().
protocol::ApiResult<void> check_write(const WriteConditions& conditions, const Validators* current,
                                      std::string_view key);

// True when the header (`*` or a list of entity tags, quotes optional) names this tag.
bool etag_matches(std::string_view header, std::string_view etag);
std::string quoted(std::string_view etag);
// Without quotes and without the mark of a weak tag.
std::string_view unquoted(std::string_view etag);

}  // namespace penstock::s3
