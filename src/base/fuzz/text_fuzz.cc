// Encodings and dates: no text aborts a decoder, and what is decoded reads back the same.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/crc.h"

using namespace penstock;

namespace {

void encodings(std::string_view text) {
  CHECK(base64_decode(base64_encode(text)) == text);
  CHECK(from_hex(to_hex(text)) == text);
  for (const bool keep_slash : {false, true}) {
    CHECK(percent_decode(percent_encode(text, keep_slash)) == text);
  }
  if (const auto bytes = base64_decode(text)) {
    CHECK(base64_encode(*bytes).size() == text.size());
  }
  if (const auto bytes = from_hex(text)) CHECK(to_hex(*bytes) == to_lower(text));
  CHECK(percent_decode(text, true).size() <= text.size());
  CHECK(equals_ignore_case(text, to_lower(text)));
}

// UTF-8 is a code without prefixes of one another: two valid texts are one, and so are their parts.
void utf8(std::string_view text) {
  const std::size_t middle = text.size() / 2;
  const bool parts = is_valid_utf8(text.substr(0, middle)) && is_valid_utf8(text.substr(middle));
  if (parts) CHECK(is_valid_utf8(text));
  if (is_valid_utf8(text)) CHECK(is_valid_utf8(std::string(text) + "\xE2\x82\xAC"));
}

void dates(std::string_view text) {
  if (const auto t = parse_iso8601(text)) {
    const auto again = parse_iso8601(format_iso8601_millis(*t));
    // An offset may lead out of the four-digit years.
    const int year = civil_from(*t).year;
    if (year >= 0 && year <= 9999) CHECK(again && again->millis() * 1000 <= t->micros);
  }
  if (const auto t = parse_amz_date(text)) CHECK(parse_amz_date(format_amz_date(*t)) == *t);
  if (const auto t = parse_http_date(text)) CHECK(parse_http_date(format_http_date(*t)) == *t);
}

void checksums(std::string_view text) {
  const std::string_view a = text.substr(0, text.size() / 3), b = text.substr(a.size());
  CHECK(combine_crc32(crc32(a), crc32(b), b.size()) == crc32(text));
  CHECK(combine_crc32c(crc32c(a), crc32c(b), b.size()) == crc32c(text));
  CHECK(combine_crc64nvme(crc64nvme(a), crc64nvme(b), b.size()) == crc64nvme(text));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  encodings(text);
  utf8(text);
  dates(text);
  checksums(text);
  return 0;
}
