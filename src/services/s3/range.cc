// Single byte ranges, as S3 reads them (RFC 9110 section 14, several ranges are not answered).
#include "services/s3/range.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/ascii.h"
#include "services/s3/errors.h"

namespace penstock::s3 {
namespace {

struct Spec {
  std::optional<std::uint64_t> first, last;  // Only `last`: a suffix.
};

// Digits only. Numbers beyond 64 bits stand for "further than any object".
std::optional<std::uint64_t> number(std::string_view digits) {
  if (digits.empty()) return std::nullopt;
  if (!std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (failure == std::errc::result_out_of_range) return std::numeric_limits<std::uint64_t>::max();
  return value;
}

std::optional<Spec> parse(std::string_view header) {
  header = trim(header);
  constexpr std::string_view kUnit = "bytes=";
  if (!header.starts_with(kUnit)) return std::nullopt;
  header = trim(header.substr(kUnit.size()));
  const std::size_t hyphen = header.find('-');
  if (hyphen == std::string_view::npos) return std::nullopt;
  const std::string_view left = header.substr(0, hyphen), right = header.substr(hyphen + 1);
  Spec spec{number(left), number(right)};
  if (!spec.first && !left.empty()) return std::nullopt;
  if (!spec.last && !right.empty()) return std::nullopt;
  if (!spec.first && !spec.last) return std::nullopt;
  if (spec.first && spec.last && *spec.last < *spec.first) return std::nullopt;
  return spec;
}

}  // namespace

RangeDecision decide_range(std::string_view header, std::uint64_t object_bytes) {
  const std::optional<Spec> spec = parse(header);
  if (!spec) return {RangeVerdict::kWhole, {0, object_bytes}};
  if (!spec->first) {
    const std::uint64_t bytes = std::min(*spec->last, object_bytes);
    if (bytes == 0) return {RangeVerdict::kUnsatisfiable, {}};
    return {RangeVerdict::kPart, {object_bytes - bytes, bytes}};
  }
  if (*spec->first >= object_bytes) return {RangeVerdict::kUnsatisfiable, {}};
  const std::uint64_t last = std::min(spec->last.value_or(object_bytes - 1), object_bytes - 1);
  return {RangeVerdict::kPart, {*spec->first, last - *spec->first + 1}};
}

std::string content_range(const ByteRange& range, std::uint64_t object_bytes) {
  return fmt::format("bytes {}-{}/{}", range.first, range.first + range.bytes - 1, object_bytes);
}

protocol::ApiResult<ByteRange> copy_source_range(const std::string& header,
                                                 std::uint64_t source_bytes) {
  constexpr std::string_view kName = "x-amz-copy-source-range";
  const std::optional<Spec> spec = parse(header);
  if (!spec || !spec->first || !spec->last) {
    return std::unexpected(
        invalid_argument("The x-amz-copy-source-range value must be of the form bytes=first-last "
                         "where first and last "
                         "are the zero-based offsets of the first and last bytes to copy",
                         kName, header));
  }
  if (*spec->last >= source_bytes) {
    return std::unexpected(invalid_argument(
        fmt::format("Range specified is not valid for source object of size: {}", source_bytes),
        kName, header));
  }
  return ByteRange{*spec->first, *spec->last - *spec->first + 1};
}

}  // namespace penstock::s3
