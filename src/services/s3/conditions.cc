// The precedence of conditions and S3's own restrictions on conditional writes.
#include "services/s3/conditions.h"

#include "base/ascii.h"
#include "services/s3/errors.h"

namespace penstock::s3 {
namespace {

using protocol::ApiResult;

// HTTP dates have no fractions: compare what both sides can say.
bool modified_after(const Validators& object, Timestamp since) {
  return object.modified.seconds() > since.seconds();
}

enum class Failure { kNone, kIfMatch, kIfUnmodifiedSince, kIfNoneMatch, kIfModifiedSince };

Failure first_failure(const ReadConditions& conditions, const Validators& object) {
  if (conditions.if_match) {
    if (!etag_matches(*conditions.if_match, object.etag)) return Failure::kIfMatch;
  } else if (conditions.if_unmodified_since &&
             modified_after(object, *conditions.if_unmodified_since)) {
    return Failure::kIfUnmodifiedSince;
  }
  if (conditions.if_none_match) {
    if (etag_matches(*conditions.if_none_match, object.etag)) return Failure::kIfNoneMatch;
  } else if (conditions.if_modified_since &&
             !modified_after(object, *conditions.if_modified_since)) {
    return Failure::kIfModifiedSince;
  }
  return Failure::kNone;
}

}  // namespace

ApiResult<void> check_read(const ReadConditions& conditions, const Validators& object) {
  switch (first_failure(conditions, object)) {
    case Failure::kNone: return {};
    case Failure::kIfMatch: return std::unexpected(precondition_failed("If-Match"));
    case Failure::kIfUnmodifiedSince:
      return std::unexpected(precondition_failed("If-Unmodified-Since"));
    case Failure::kIfNoneMatch:
    case Failure::kIfModifiedSince:
      return std::unexpected(not_modified(quoted(object.etag), format_http_date(object.modified)));
  }
  return {};
}

ApiResult<void> check_copy_source(const ReadConditions& conditions, const Validators& source) {
  const auto failed = [](std::string_view name) {
    return std::unexpected(precondition_failed("x-amz-copy-source-" + std::string(name)));
  };
  switch (first_failure(conditions, source)) {
    case Failure::kNone: return {};
    case Failure::kIfMatch: return failed("If-Match");
    case Failure::kIfUnmodifiedSince: return failed("If-Unmodified-Since");
    case Failure::kIfNoneMatch: return failed("If-None-Match");
    case Failure::kIfModifiedSince: return failed("If-Modified-Since");
  }
  return {};
}

ApiResult<void> check_write_form(const WriteConditions& conditions) {
  if (conditions.if_match && conditions.if_none_match) {
    return std::unexpected(header_not_implemented(
        "If-Match,If-None-Match", "Multiple conditional request headers present in the request"));
  }
  if (conditions.if_none_match && trim(*conditions.if_none_match) != "*") {
    return std::unexpected(header_not_implemented(
        "If-None-Match",
        "We don't accept the provided value of If-None-Match header for this API"));
  }
  if (conditions.if_match && trim(*conditions.if_match) == "*") {
    return std::unexpected(header_not_implemented(
        "If-Match", "We don't accept the provided value of If-Match header for this API"));
  }
  return {};
}

ApiResult<void> check_write(const WriteConditions& conditions, const Validators* current,
                            std::string_view key) {
  if (conditions.if_none_match && current != nullptr) {
    return std::unexpected(precondition_failed("If-None-Match"));
  }
  if (conditions.if_match) {
    if (current == nullptr) return std::unexpected(no_such_key(key));
    if (!etag_matches(*conditions.if_match, current->etag)) {
      return std::unexpected(precondition_failed("If-Match"));
    }
  }
  return {};
}

bool etag_matches(std::string_view header, std::string_view etag) {
  header = trim(header);
  if (header == "*") return true;
  while (!header.empty()) {
    const std::size_t comma = header.find(',');
    if (unquoted(trim(header.substr(0, comma))) == etag) return true;
    if (comma == std::string_view::npos) break;
    header = trim(header.substr(comma + 1));
  }
  return false;
}

std::string quoted(std::string_view etag) {
  std::string out;
  out.reserve(etag.size() + 2);
  out += '"';
  out += etag;
  out += '"';
  return out;
}

std::string_view unquoted(std::string_view etag) {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') {
    etag = etag.substr(1, etag.size() - 2);
  }
  return etag;
}

}  // namespace penstock::s3
