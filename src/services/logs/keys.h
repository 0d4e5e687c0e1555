// The key grammar of CloudWatch Logs. Nothing else builds or reads these keys.
//
//   kMeta  A0 account region name         group
//   kMeta  A1 group stream-name           stream
//   kLogs  A0 group stream time sequence  event
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "services/logs/registry.h"

namespace penstock::logs {

// Behind every event.
inline constexpr std::int64_t kEndOfTime = std::numeric_limits<std::int64_t>::max();

// Where an event stands among all events of its group: by time, then in order of arrival.
struct EventPosition {
  std::int64_t millis = 0;
  std::uint64_t sequence = 0;
  friend auto operator<=>(const EventPosition&, const EventPosition&) = default;
};

struct EventKey {
  std::uint64_t group = 0;
  std::uint64_t stream = 0;
  EventPosition position;
  friend bool operator==(const EventKey&, const EventKey&) = default;
};

std::string group_key(const Place& place, std::string_view name);
std::string groups_begin();
std::string groups_end();
struct GroupKey {
  Place place;
  std::string name;
};
std::optional<GroupKey> parse_group_key(std::string_view key);

std::string stream_key(std::uint64_t group, std::string_view name);
std::string streams_begin(std::uint64_t group);
std::string streams_end(std::uint64_t group);
std::optional<std::string> parse_stream_name(std::string_view key);

std::string event_key(const EventKey& key);
std::optional<EventKey> parse_event_key(std::string_view key);
// All events of a stream, and of a group.
std::string events_end(std::uint64_t group, std::uint64_t stream);
std::string group_events_begin(std::uint64_t group);
std::string group_events_end(std::uint64_t group);

// 56 digits, as AWS's event ids; their order is the order of positions.
std::string format_event_id(EventPosition position);
std::optional<EventPosition> parse_event_id(std::string_view text);

}  // namespace penstock::logs
