// GetLogEvents: page through one stream, from either end, with tokens that can be polled.
//
// A token names a position and a direction ("f/<event id>/s"). A page always has both tokens; at
// the end of the stream the token that led there comes back, and sees what is written later.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/limits.h"
#include "services/logs/errors.h"
#include "services/logs/logs.h"
#include "services/logs/operations.h"
#include "services/logs/resolve.h"
#include "services/logs/store.h"
#include "services/logs/tokens.h"

namespace penstock::logs {
namespace {

struct Page {
  std::vector<api::OutputLogEvent> events;  // In order of time.
  std::optional<EventPosition> first, last;
};

Result<Page> read_page(const storage::Store& store, const EventRange& range, std::size_t limit) {
  Page page;
  std::size_t bytes = 0;
  TRY_VOID(scan_events(store, range, [&](const StoredEvent& event) {
    bytes += event.message.size() + 26;
    if (page.events.size() == limit || (bytes > limits::kLogsPageBytes && !page.events.empty())) {
      return storage::Next::kStop;
    }
    api::OutputLogEvent& out = page.events.emplace_back();
    out.timestamp = event.position.millis;
    out.message = std::string(event.message);
    out.ingestion_time = event.ingested_millis;
    if (!page.first) page.first = event.position;
    page.last = event.position;
    return storage::Next::kContinue;
  }));
  if (range.reverse) {
    std::ranges::reverse(page.events);
    std::swap(page.first, page.last);
  }
  return page;
}

}  // namespace

Reply<api::GetLogEventsResponse> get_log_events(Service& service, const Context& context,
                                                api::GetLogEventsRequest input) {
  CO_TRY(const std::shared_ptr<Group> group,
         find_group(service, context, input.log_group_name, input.log_group_identifier));
  std::optional<EventsToken> token;
  if (input.next_token) {
    token = parse_events_token(*input.next_token);
    if (!token) co_return std::unexpected(invalid_parameter("The specified nextToken is invalid."));
  }
  EventRange range{.group = group->config.id};
  {
    const std::scoped_lock lock(group->mutex);
    const auto found = group->streams.find(input.log_stream_name);
    if (found == group->streams.end()) co_return std::unexpected(stream_not_found());
    range.stream = found->second.id;
  }
  range.from = {input.start_time.value_or(0), 0};
  range.until = {input.end_time.value_or(kEndOfTime), 0};
  range.reverse = token ? !token->forward : !input.start_from_head.value_or(false);
  if (token && token->forward) {
    range.from =
        std::max(range.from, EventPosition{token->position.millis, token->position.sequence + 1});
  } else if (token) {
    range.until = std::min(range.until, token->position);
  }
  api::GetLogEventsResponse output;
  Page page;
  if (range.from < range.until) {
    const auto limit = static_cast<std::size_t>(input.limit.value_or(10'000));
    const storage::Store* const store = &service.deps.store;
    CO_TRY(page, co_await run_blocking(service.deps.runtime, [store, range, limit] {
             return read_page(*store, range, limit);
           }));
  }
  const EventPosition here =
      token ? token->position : EventPosition{input.start_time.value_or(0), 0};
  output.next_forward_token = format_events_token({true, page.last.value_or(here)});
  output.next_backward_token = format_events_token({false, page.first.value_or(here)});
  output.events = std::move(page.events);
  co_return output;
}

}  // namespace penstock::logs
