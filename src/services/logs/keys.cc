// Builds and reads the keys. Times are never negative: the model and PutLogEvents see to it.
#include "services/logs/keys.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>

#include "storage/key.h"

namespace penstock::logs {
namespace {

using storage::KeyReader;
using storage::KeyWriter;
using storage::prefix_end;

constexpr std::uint8_t kGroupTag = 0xA0;
constexpr std::uint8_t kStreamTag = 0xA1;
constexpr std::uint8_t kEventTag = 0xA0;
constexpr std::size_t kIdDigits = 56;

template <typename T>
bool parse_digits(std::string_view digits, T& value) {
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), value);
  return error == std::errc() && end == digits.end();
}

}  // namespace

std::string group_key(const Place& place, std::string_view name) {
  return KeyWriter(kGroupTag).text(place.account).text(place.region).text(name).take();
}
std::string groups_begin() { return KeyWriter(kGroupTag).take(); }
std::string groups_end() { return prefix_end(groups_begin()); }

std::optional<GroupKey> parse_group_key(std::string_view key) {
  KeyReader reader(key);
  if (!reader.tag(kGroupTag)) return std::nullopt;
  auto account = reader.text();
  auto region = reader.text();
  auto name = reader.text();
  if (!reader.done()) return std::nullopt;
  return GroupKey{{std::move(*account), std::move(*region)}, std::move(*name)};
}

std::string stream_key(std::uint64_t group, std::string_view name) {
  return KeyWriter(kStreamTag).u64(group).text(name).take();
}
std::string streams_begin(std::uint64_t group) { return KeyWriter(kStreamTag).u64(group).take(); }
std::string streams_end(std::uint64_t group) { return prefix_end(streams_begin(group)); }

std::optional<std::string> parse_stream_name(std::string_view key) {
  KeyReader reader(key);
  if (!reader.tag(kStreamTag)) return std::nullopt;
  reader.u64();
  auto name = reader.text();
  if (!reader.done()) return std::nullopt;
  return name;
}

std::string event_key(const EventKey& key) {
  return KeyWriter(kEventTag)
      .u64(key.group)
      .u64(key.stream)
      .i64(key.position.millis)
      .u64(key.position.sequence)
      .take();
}

std::optional<EventKey> parse_event_key(std::string_view key) {
  KeyReader reader(key);
  if (!reader.tag(kEventTag)) return std::nullopt;
  const auto group = reader.u64();
  const auto stream = reader.u64();
  const auto millis = reader.i64();
  const auto sequence = reader.u64();
  if (!reader.done()) return std::nullopt;
  return EventKey{*group, *stream, {*millis, *sequence}};
}

std::string events_end(std::uint64_t group, std::uint64_t stream) {
  return prefix_end(KeyWriter(kEventTag).u64(group).u64(stream).take());
}
std::string group_events_begin(std::uint64_t group) {
  return KeyWriter(kEventTag).u64(group).take();
}
std::string group_events_end(std::uint64_t group) { return prefix_end(group_events_begin(group)); }

std::string format_event_id(EventPosition position) {
  return fmt::format("{:020}{:020}{:016}", position.millis, position.sequence, 0);
}

std::optional<EventPosition> parse_event_id(std::string_view text) {
  EventPosition position;
  if (text.size() != kIdDigits || !parse_digits(text.substr(0, 20), position.millis) ||
      !parse_digits(text.substr(20, 20), position.sequence) || position.millis < 0 ||
      text.substr(40) != "0000000000000000") {
    return std::nullopt;
  }
  return position;
}

}  // namespace penstock::logs
