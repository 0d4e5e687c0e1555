// FilterLogEvents: the events of a group that match a pattern, over all streams in order of time.
//
// A page holds the smallest positions that match. Each stream is read from the page's start until
// it has passed the largest position that can still be in the page; what does not fit moves that
// bound down, and the bound is where the next page starts.
#include <algorithm>
#include <limits>
#include <map>

#include "base/limits.h"
#include "services/logs/errors.h"
#include "services/logs/filter_pattern.h"
#include "services/logs/logs.h"
#include "services/logs/operations.h"
#include "services/logs/resolve.h"
#include "services/logs/store.h"

namespace penstock::logs {
namespace {

struct Selection {
  std::uint64_t group = 0;
  std::vector<std::pair<std::uint64_t, std::string>> streams;
  EventPosition from;
  EventPosition until;
  std::size_t limit = 0;
};

struct Match {
  std::string stream;
  std::string message;
  std::int64_t ingested_millis = 0;
};

class PageBuilder {
 public:
  PageBuilder(const Selection& selection, const FilterPattern& pattern)
      : selection_(selection), pattern_(pattern), bound_(selection.until) {}

  Status add_stream(const storage::Store& store, std::uint64_t id, const std::string& name) {
    std::size_t scanned = 0;
    return scan_events(store, {selection_.group, id, selection_.from, bound_},
                       [&](const StoredEvent& event) {
                         if (event.position >= bound_) return storage::Next::kStop;
                         if (++scanned > limits::kLogsScannedEvents) {
                           cut(event.position);
                           return storage::Next::kStop;
                         }
                         if (pattern_.matches(event.message)) add(event, name);
                         return storage::Next::kContinue;
                       });
  }

  bool truncated() const { return bound_ < selection_.until; }
  EventPosition bound() const { return bound_; }
  std::map<EventPosition, Match>& matches() { return matches_; }

 private:
  void add(const StoredEvent& event, const std::string& stream) {
    matches_[event.position] = {stream, std::string(event.message), event.ingested_millis};
    bytes_ += event.message.size();
    while (matches_.size() > selection_.limit ||
           (bytes_ > limits::kLogsPageBytes && matches_.size() > 1)) {
      cut(std::prev(matches_.end())->first);
    }
  }
  // Nothing at `position` or beyond is in this page.
  void cut(EventPosition position) {
    bound_ = std::min(bound_, position);
    for (auto it = matches_.lower_bound(bound_); it != matches_.end();) {
      bytes_ -= it->second.message.size();
      it = matches_.erase(it);
    }
  }

  const Selection& selection_;
  const FilterPattern& pattern_;
  EventPosition bound_;
  std::map<EventPosition, Match> matches_;
  std::size_t bytes_ = 0;
};

Result<api::FilterLogEventsResponse> read_page(const storage::Store& store,
                                               const Selection& selection,
                                               const FilterPattern& pattern) {
  PageBuilder page(selection, pattern);
  for (const auto& [id, name] : selection.streams) TRY_VOID(page.add_stream(store, id, name));
  api::FilterLogEventsResponse output;
  auto& events = output.events.emplace();
  for (auto& [position, match] : page.matches()) {
    api::FilteredLogEvent& event = events.emplace_back();
    event.log_stream_name = std::move(match.stream);
    event.timestamp = position.millis;
    event.message = std::move(match.message);
    event.ingestion_time = match.ingested_millis;
    event.event_id = format_event_id(position);
  }
  output.searched_log_streams.emplace();  // Always empty on AWS since 2020.
  if (page.truncated()) output.next_token = format_event_id(page.bound());
  return output;
}

// The streams that can hold something in the range. Requires the group's mutex.
protocol::ApiResult<void> select_streams(const Group& group,
                                         const api::FilterLogEventsRequest& input,
                                         Selection& selection) {
  const auto add = [&](const StreamState& stream) {
    if (!stream.last_millis || *stream.last_millis < selection.from.millis) return;
    selection.streams.emplace_back(stream.id, stream.name);
  };
  if (input.log_stream_names) {
    for (const std::string& name : *input.log_stream_names) {
      const auto found = group.streams.find(name);
      if (found == group.streams.end()) return std::unexpected(stream_not_found());
      add(found->second);
    }
    return {};
  }
  for (const auto& [name, stream] : group.streams) {
    if (!input.log_stream_name_prefix || name.starts_with(*input.log_stream_name_prefix))
      add(stream);
  }
  return {};
}

}  // namespace

Reply<api::FilterLogEventsResponse> filter_log_events(Service& service, const Context& context,
                                                      api::FilterLogEventsRequest input) {
  if (input.log_stream_names && input.log_stream_name_prefix) {
    co_return std::unexpected(invalid_parameter(
        "logStreamNames and logStreamNamePrefix are mutually exclusive parameters."));
  }
  CO_TRY(const std::shared_ptr<Group> group,
         find_group(service, context, input.log_group_name, input.log_group_identifier));
  auto pattern = FilterPattern::parse(input.filter_pattern.value_or(""));
  if (!pattern) co_return std::unexpected(invalid_parameter(pattern.error().message));
  Selection selection{.group = group->config.id,
                      .from = {input.start_time.value_or(0), 0},
                      .until = {input.end_time ? *input.end_time + 1 : kEndOfTime, 0},
                      .limit = static_cast<std::size_t>(input.limit.value_or(10'000))};
  if (input.start_time && input.end_time && *input.start_time > *input.end_time) {
    co_return std::unexpected(invalid_parameter("End time should be greater than start time."));
  }
  if (input.next_token) {
    const auto start = parse_event_id(*input.next_token);
    if (!start) co_return std::unexpected(invalid_parameter("The specified nextToken is invalid."));
    selection.from = std::max(selection.from, *start);
  }
  {
    const std::scoped_lock lock(group->mutex);
    CO_TRY_VOID(select_streams(*group, input, selection));
  }
  const storage::Store* const store = &service.deps.store;
  const Selection* const what = &selection;
  const FilterPattern* const filter = &*pattern;
  CO_TRY(api::FilterLogEventsResponse output,
         co_await run_blocking(service.deps.runtime, [store, what, filter] {
           return read_page(*store, *what, *filter);
         }));
  co_return output;
}

}  // namespace penstock::logs
