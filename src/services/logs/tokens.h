// The tokens of pages, as clients hand them back. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "services/logs/keys.h"

namespace penstock::logs {

// GetLogEvents: a position and a direction, "f/<event id>/s".
struct EventsToken {
  bool forward = true;
  EventPosition position;
  friend bool operator==(const EventsToken&, const EventsToken&) = default;
};
std::string format_events_token(const EventsToken& token);
std::optional<EventsToken> parse_events_token(std::string_view text);

// DescribeLogStreams: after this (time, name), "<millis>/<name>".
struct StreamMark {
  std::int64_t millis = 0;
  std::string name;
  friend auto operator<=>(const StreamMark&, const StreamMark&) = default;
};
std::string format_stream_mark(const StreamMark& mark);
std::optional<StreamMark> parse_stream_mark(std::string_view text);

}  // namespace penstock::logs
