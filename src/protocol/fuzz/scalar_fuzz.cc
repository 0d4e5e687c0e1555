// Numbers, scalars as text, compressed bytes and the small documents of errors: no input aborts,
// what is read is written and read back the same, and inflating keeps its limit.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/check.h"
#include "base/clock.h"
#include "protocol/inflate.h"
#include "protocol/json_codec.h"
#include "protocol/json_writer.h"
#include "protocol/number.h"
#include "protocol/scalar_text.h"
#include "protocol/xml_codec.h"

using namespace penstock;

namespace {

void numbers(std::string_view text) {
  const auto number = Number::parse(text);
  const auto normal = normalise_number(text);
  CHECK(number.has_value() == normal.has_value());
  if (!number) {
    CHECK(number.error() == normal.error());
    return;
  }
  CHECK(*normal == number->text());
  CHECK(Number::parse(*normal) == *number);
  CHECK(number->negated().negated() == *number);
  CHECK(number->minus(*number)->is_zero());
  const auto other = Number::parse(text.substr(0, text.size() / 2));
  if (!other) return;
  CHECK(number->plus(*other) == other->plus(*number));
  std::string a, b;
  number->append_key(a);
  other->append_key(b);
  CHECK((a <=> b) == (*number <=> *other));
}

template <typename T>
void scalar(protocol::Kind kind, protocol::TimestampFormat format, std::string_view text) {
  const protocol::Shape shape{.name = "Text", .kind = kind};
  T value{}, again{};
  if (!protocol::scalar_from_text(shape, format, text, &value)) return;
  if constexpr (std::is_same_v<T, Timestamp>) {
    const int year = civil_from(value).year;
    if (year < 0 || year > 9999) return;  // Nobody writes such a year with four digits.
  }
  const std::string written = protocol::scalar_to_text(shape, format, &value);
  CHECK(protocol::scalar_from_text(shape, format, written, &again));
  CHECK(protocol::scalar_to_text(shape, format, &again) == written);
}

void scalars(std::string_view text) {
  using enum protocol::TimestampFormat;
  scalar<std::string>(protocol::Kind::kString, kDefault, text);
  scalar<std::int32_t>(protocol::Kind::kInteger, kDefault, text);
  scalar<std::int64_t>(protocol::Kind::kLong, kDefault, text);
  scalar<double>(protocol::Kind::kDouble, kDefault, text);
  scalar<bool>(protocol::Kind::kBoolean, kDefault, text);
  scalar<Blob>(protocol::Kind::kBlob, kDefault, text);
  for (const auto format : {kDefault, kIso8601, kRfc822, kUnix}) {
    scalar<Timestamp>(protocol::Kind::kTimestamp, format, text);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  numbers(text);
  scalars(text);
  constexpr std::size_t kBytesMax = 100'000;
  if (const auto bytes = protocol::inflate_bytes(text, kBytesMax)) {
    CHECK(bytes->size() <= kBytesMax);
  }
  (void)protocol::json_string_member(text, "message");
  (void)protocol::xml_text(text, "Message");
  CHECK(protocol::xml_text("<a><b>" + protocol::xml_escape("x&<>\"") + "</b></a>", "b") ==
        "x&<>\"");
  if (is_valid_utf8(text)) {
    const std::string document = "{\"message\":" + protocol::json_quote(text) + "}";
    CHECK(protocol::json_string_member(document, "message") == text);
  }
  return 0;
}
