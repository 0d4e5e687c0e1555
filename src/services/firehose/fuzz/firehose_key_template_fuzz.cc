// Prefixes, date patterns and time zone files from clients and disks: no input aborts, and what is
// accepted can be evaluated.
#include <cstdint>
#include <string_view>

#include "services/firehose/key_template.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock;
  using namespace penstock::firehose;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static const std::unique_ptr<Random> random = make_seeded_random(1);
  const Timestamp now = Timestamp::from_seconds(std::int64_t{1'790'000'000});
  std::string out;
  if (const auto pattern = DatePattern::parse(text)) {
    pattern->append_to(out, TimeZone::utc()->at(now));
  }
  const std::string_view first = text.substr(0, size / 2);
  const std::string_view second = text.substr(size / 2);
  if (const auto templates = make_key_templates(first, second, TimeZone::utc(), now, *random)) {
    const KeyParts parts{"s", "1", now, ""};
    (void)object_key(*templates, parts, *random);
    (void)error_object_key(*templates, parts, *random);
  }
  if (const auto zone = TimeZone::parse(text)) (void)zone->at(now);
  (void)parse_posix_rule(text);
  return 0;
}
