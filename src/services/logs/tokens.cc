// Tokens are readable: nothing depends on nobody making one up.
#include "services/logs/tokens.h"

#include <fmt/format.h>

#include <charconv>

namespace penstock::logs {

std::string format_events_token(const EventsToken& token) {
  return fmt::format("{}/{}/s", token.forward ? 'f' : 'b', format_event_id(token.position));
}

std::optional<EventsToken> parse_events_token(std::string_view text) {
  if (text.size() < 4 || (text[0] != 'f' && text[0] != 'b') || text[1] != '/' ||
      !text.ends_with("/s")) {
    return std::nullopt;
  }
  const auto position = parse_event_id(text.substr(2, text.size() - 4));
  if (!position) return std::nullopt;
  return EventsToken{text[0] == 'f', *position};
}

std::string format_stream_mark(const StreamMark& mark) {
  return fmt::format("{}/{}", mark.millis, mark.name);
}

std::optional<StreamMark> parse_stream_mark(std::string_view text) {
  StreamMark mark;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mark.millis);
  if (error != std::errc() || end == text.data() + text.size() || *end != '/') return std::nullopt;
  mark.name = std::string(end + 1, text.data() + text.size());
  return mark;
}

}  // namespace penstock::logs
