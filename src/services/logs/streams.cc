// Log streams: create, delete, describe.
#include <fmt/format.h>

#include <algorithm>

#include "services/logs/errors.h"
#include "services/logs/logs.h"
#include "services/logs/operations.h"
#include "services/logs/resolve.h"
#include "services/logs/store.h"
#include "services/logs/tokens.h"

namespace penstock::logs {
namespace {

api::LogStream describe(const GroupConfig& group, const StreamState& stream) {
  api::LogStream out;
  out.log_stream_name = stream.name;
  out.creation_time = stream.created_millis;
  out.first_event_timestamp = stream.first_millis;
  out.last_event_timestamp = stream.last_millis;
  out.last_ingestion_time = stream.ingested_millis;
  out.upload_sequence_token = format_event_id({0, stream.id});
  out.arn = fmt::format("{}:log-stream:{}", group_arn(group.place, group.name), stream.name);
  out.stored_bytes = 0;  // AWS has answered 0 for streams since 2019.
  return out;
}

}  // namespace

Reply<api::CreateLogStreamOutput> create_log_stream(Service& service, const Context& context,
                                                    api::CreateLogStreamRequest input) {
  CO_TRY(const std::shared_ptr<Group> group, find_group(service, context, input.log_group_name));
  std::unique_lock lock(group->mutex);
  if (group->deleted) co_return std::unexpected(group_not_found());
  if (group->streams.contains(input.log_stream_name)) {
    co_return protocol::refuse("ResourceAlreadyExistsException",
                               "The specified log stream already exists");
  }
  const StreamState stream{.name = input.log_stream_name,
                           .id = service.deps.random.next(),
                           .created_millis = service.deps.clock.now().millis()};
  group->streams[stream.name] = stream;
  storage::Batch batch;
  put_stream(batch, group->config.id, stream);
  const storage::Commit commit = service.deps.store.submit(std::move(batch));
  lock.unlock();
  CO_TRY_VOID(co_await commit.durable());
  co_return api::CreateLogStreamOutput{};
}

Reply<api::DeleteLogStreamOutput> delete_log_stream(Service& service, const Context& context,
                                                    api::DeleteLogStreamRequest input) {
  CO_TRY(const std::shared_ptr<Group> group, find_group(service, context, input.log_group_name));
  std::unique_lock lock(group->mutex);
  const auto found = group->streams.find(input.log_stream_name);
  if (found == group->streams.end()) co_return std::unexpected(stream_not_found());
  storage::Batch batch;
  erase_stream(batch, group->config.id, found->second);
  group->streams.erase(found);
  const storage::Commit commit = service.deps.store.submit(std::move(batch));
  lock.unlock();
  CO_TRY_VOID(co_await commit.durable());
  co_return api::DeleteLogStreamOutput{};
}

Reply<api::DescribeLogStreamsResponse> describe_log_streams(Service& service,
                                                            const Context& context,
                                                            api::DescribeLogStreamsRequest input) {
  const bool by_time = input.order_by.value_or("LogStreamName") == "LastEventTime";
  if (by_time && input.log_stream_name_prefix) {
    co_return std::unexpected(
        invalid_parameter("Cannot order by LastEventTime with a logStreamNamePrefix."));
  }
  CO_TRY(const std::shared_ptr<Group> group,
         find_group(service, context, input.log_group_name, input.log_group_identifier));
  std::optional<StreamMark> after;
  if (input.next_token) {
    after = parse_stream_mark(*input.next_token);
    if (!after) co_return std::unexpected(invalid_parameter("The specified nextToken is invalid."));
  }
  const bool descending = input.descending.value_or(false);
  const auto limit = static_cast<std::size_t>(input.limit.value_or(50));
  const std::scoped_lock lock(group->mutex);
  std::vector<std::pair<StreamMark, const StreamState*>> order;
  for (const auto& [name, stream] : group->streams) {
    if (input.log_stream_name_prefix && !name.starts_with(*input.log_stream_name_prefix)) continue;
    StreamMark mark{by_time ? stream.last_millis.value_or(stream.created_millis) : 0, name};
    if (after && (descending ? mark >= *after : mark <= *after)) continue;
    order.emplace_back(std::move(mark), &stream);
  }
  std::ranges::sort(order, [&](const auto& a, const auto& b) {
    return descending ? b.first < a.first : a.first < b.first;
  });
  api::DescribeLogStreamsResponse output;
  auto& list = output.log_streams.emplace();
  for (const auto& [mark, stream] : order) {
    if (list.size() == limit) break;
    list.push_back(describe(group->config, *stream));
  }
  if (order.size() > limit) {
    output.next_token = format_stream_mark(order[limit - 1].first);
  }
  co_return output;
}

}  // namespace penstock::logs
