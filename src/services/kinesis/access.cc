// What a decision about a request needs to know of streams and consumers.
#include "services/kinesis/iterator.h"
#include "services/kinesis/kinesis.h"

namespace penstock::kinesis {
namespace {

std::shared_ptr<LiveStream> stream_at(const Service& service, std::string_view arn) {
  const std::optional<StreamName> name = parse_stream_arn(arn);
  return name ? service.streams.find(name->place, name->name) : nullptr;
}

std::shared_ptr<LiveConsumer> consumer_at(const Service& service, std::string_view arn) {
  const std::optional<ConsumerName> name = parse_consumer_arn(arn);
  const auto stream = name ? service.streams.find(name->stream.place, name->stream.name) : nullptr;
  auto consumer = stream ? service.consumers.find(stream->id(), name->name) : nullptr;
  return consumer && consumer->created_seconds() == name->created_seconds ? consumer : nullptr;
}

}  // namespace

// The text lives as long as the configuration that it is part of.
std::shared_ptr<const std::string> resource_policy(const Service& service, std::string_view arn) {
  if (is_consumer_arn(arn)) {
    const auto consumer = consumer_at(service, arn);
    if (!consumer) return nullptr;
    const auto config = consumer->config();
    return {config, &config->policy};
  }
  const auto stream = stream_at(service, arn);
  if (!stream) return nullptr;
  const auto config = stream->config();
  return {config, &config->policy};
}

std::string stream_of_token(const Service& service, const Place& place, std::string_view token) {
  if (const auto position = decode_iterator(token)) {
    const auto stream = service.streams.find_id(place, position->stream_id);
    return stream ? stream->arn() : "";
  }
  const auto list = decode_list_token(token);
  if (!list || list->stream.empty()) return "";
  // ListStreamConsumers keeps the ARN in its tokens, ListShards the name.
  return list->stream.starts_with("arn:") ? list->stream : stream_arn(place, list->stream);
}

std::string consumer_of_stream(const Service& service, std::string_view stream_arn,
                               std::string_view name) {
  const auto stream = stream_at(service, stream_arn);
  const auto consumer = stream ? service.consumers.find(stream->id(), name) : nullptr;
  return consumer ? consumer->arn() : "";
}

}  // namespace penstock::kinesis
