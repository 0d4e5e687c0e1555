// Parsing and printing of one scalar.
#include "protocol/scalar_text.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "base/bytes.h"
#include "base/clock.h"

namespace penstock::protocol {
namespace {

template <typename Number>
Result<void> number(std::string_view text, void* value) {
  Number parsed{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) {
    return fail(ErrorKind::kInvalid, fmt::format("'{}' is not a number in range", text));
  }
  *static_cast<Number*>(value) = parsed;
  return {};
}

Result<void> time(TimestampFormat format, std::string_view text, Timestamp& value) {
  if (format == TimestampFormat::kUnix) {
    double seconds = 0;
    TRY_VOID(number<double>(text, &seconds));
    if (!(std::abs(seconds) < 9e12)) return fail(ErrorKind::kInvalid, "the time is out of range");
    value = Timestamp::from_seconds(seconds);
    return {};
  }
  auto parsed = parse_iso8601(text);
  if (!parsed) parsed = parse_http_date(text);
  if (!parsed) return std::unexpected(std::move(parsed).error());
  value = *parsed;
  return {};
}

}  // namespace

bool is_scalar(const Shape& shape) {
  return shape.kind <= Kind::kBlob || shape.kind == Kind::kTimestamp;
}

Result<void> scalar_from_text(const Shape& shape, TimestampFormat format, std::string_view text,
                              void* value) {
  switch (shape.kind) {
    case Kind::kString: *static_cast<std::string*>(value) = text; return {};
    case Kind::kInteger: return number<std::int32_t>(text, value);
    case Kind::kLong: return number<std::int64_t>(text, value);
    case Kind::kDouble: return number<double>(text, value);
    case Kind::kBoolean:
      if (!equals_ignore_case(text, "true") && !equals_ignore_case(text, "false")) {
        return fail(ErrorKind::kInvalid, fmt::format("'{}' is not true or false", text));
      }
      *static_cast<bool*>(value) = equals_ignore_case(text, "true");
      return {};
    case Kind::kBlob: {
      auto bytes = base64_decode(text);
      if (!bytes) return fail(ErrorKind::kInvalid, "the value is not base64");
      static_cast<Blob*>(value)->bytes = std::move(*bytes);
      return {};
    }
    case Kind::kTimestamp: return time(format, text, *static_cast<Timestamp*>(value));
    case Kind::kStream:
    case Kind::kEvents:
    case Kind::kList:
    case Kind::kMap:
    case Kind::kStructure:
    case Kind::kCustom: break;
  }
  return fail(ErrorKind::kInternal, fmt::format("{} is no scalar", shape.name));
}

std::string scalar_to_text(const Shape& shape, TimestampFormat format, const void* value) {
  switch (shape.kind) {
    case Kind::kString: return *static_cast<const std::string*>(value);
    case Kind::kInteger: return std::to_string(*static_cast<const std::int32_t*>(value));
    case Kind::kLong: return std::to_string(*static_cast<const std::int64_t*>(value));
    case Kind::kDouble: return fmt::format("{}", *static_cast<const double*>(value));
    case Kind::kBoolean: return *static_cast<const bool*>(value) ? "true" : "false";
    case Kind::kBlob: return base64_encode(static_cast<const Blob*>(value)->bytes);
    case Kind::kTimestamp: {
      const auto t = *static_cast<const Timestamp*>(value);
      if (format == TimestampFormat::kRfc822) return format_http_date(t);
      if (format == TimestampFormat::kUnix) return std::to_string(t.seconds());
      return format_iso8601_millis(t);
    }
    case Kind::kStream:
    case Kind::kEvents:
    case Kind::kList:
    case Kind::kMap:
    case Kind::kStructure:
    case Kind::kCustom: break;
  }
  return {};
}

TimestampFormat timestamp_format(const Member& member) {
  if (member.timestamp != TimestampFormat::kDefault) return member.timestamp;
  if (member.shape->timestamp != TimestampFormat::kDefault) return member.shape->timestamp;
  return member.location == Location::kHeader ? TimestampFormat::kRfc822
                                              : TimestampFormat::kIso8601;
}

}  // namespace penstock::protocol
