// When an item expires. Pure.
#include "services/dynamodb/expiry.h"

#include <charconv>

namespace penstock::dynamodb {
namespace {

// More digits than any time has; what is later never expires.
constexpr std::size_t kSecondDigitsMax = 18;

}  // namespace

std::optional<std::uint64_t> expiry_of(const TimeToLive& ttl, const AttributeMap& item) {
  const AttributeValue* value = item.find(ttl.attribute);
  if (value == nullptr || value->type() != AttributeValue::Type::kN) return std::nullopt;
  // Plain decimal: exponents are gone, a fraction that is there is not zero.
  const std::string_view text = value->scalar();
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  if (whole.starts_with('-') || whole.size() > kSecondDigitsMax) return std::nullopt;
  std::uint64_t second = 0;
  std::from_chars(whole.data(), whole.data() + whole.size(), second);
  // Never before its time.
  if (point != std::string_view::npos) ++second;
  return second;
}

void note_expiry(Sequencer& sequencer, std::uint64_t second) {
  const auto wanted = static_cast<std::int64_t>(second);
  std::int64_t known = sequencer.next_expiry.load();
  while (wanted < known && !sequencer.next_expiry.compare_exchange_weak(known, wanted)) {
  }
}

}  // namespace penstock::dynamodb
