// Writing the errors of an import.
#include "services/dynamodb/import_log.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "gen/logs/client.h"
#include "protocol/json_writer.h"

namespace penstock::dynamodb {
namespace {

constexpr std::string_view kLogGroup = "/aws-dynamodb/imports";
constexpr std::size_t kLinesPerCall = 500;
constexpr std::size_t kMessageBytesMax = 1'000;

Task<bool> put_lines(logs::Client client, protocol::Context context,
                     logs::api::PutLogEventsRequest request) {
  auto reply = co_await client.put_log_events(context, request);
  if (reply) co_return true;
  if (reply.error().code != "ResourceNotFoundException") co_return false;
  logs::api::CreateLogGroupRequest group;
  group.log_group_name = request.log_group_name;
  (void)co_await client.create_log_group(context, group);
  logs::api::CreateLogStreamRequest stream;
  stream.log_group_name = request.log_group_name;
  stream.log_stream_name = request.log_stream_name;
  (void)co_await client.create_log_stream(context, stream);
  reply = co_await client.put_log_events(std::move(context), std::move(request));
  co_return reply.has_value();
}

}  // namespace

std::string ImportLog::group_arn(const Place& place) {
  return fmt::format("arn:aws:logs:{}:{}:log-group:{}:*", place.region, place.account, kLogGroup);
}

void ImportLog::add(std::string_view key, std::uint64_t record, std::string_view message) {
  if (service_.deps.logs == nullptr || logged_ == kLoggedErrorsMax) return;
  ++logged_;
  std::string line;
  protocol::JsonWriter json(line);
  json.begin_object().key("importArn").string(job_.arn).key("itemS3Pointer").begin_object();
  json.key("bucket").string(job_.description.s3_bucket_source->s3_bucket).key("key").string(key);
  json.key("itemIndex").integer(static_cast<std::int64_t>(record)).end_object();
  json.key("errorMessages").begin_array().string(message.substr(0, kMessageBytesMax));
  json.end_array().end_object();
  lines_.push_back(std::move(line));
}

Task<void> ImportLog::flush() {
  const std::vector<std::string> lines = std::exchange(lines_, {});
  const logs::Client client(*service_.deps.logs);
  for (std::size_t from = 0; from < lines.size(); from += kLinesPerCall) {
    logs::api::PutLogEventsRequest request;
    request.log_group_name = kLogGroup;
    request.log_stream_name = job_.id() + "/error";
    const std::int64_t now = service_.deps.clock.now().millis();
    for (std::size_t i = from; i < std::min(from + kLinesPerCall, lines.size()); ++i) {
      request.log_events.push_back({now, lines[i]});
    }
    if (!co_await put_lines(client, job_.context(), std::move(request))) {
      log::warning("dynamodb", "the errors of an import could not be logged", {{"arn", job_.arn}});
    }
  }
}

}  // namespace penstock::dynamodb
