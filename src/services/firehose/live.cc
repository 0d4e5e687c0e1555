// Shared state behind short locks.
#include "services/firehose/live.h"

#include <fmt/format.h>

namespace penstock::firehose {

std::string stream_arn(const StreamConfig& config) {
  return fmt::format("arn:aws:firehose:{}:{}:deliverystream/{}", config.place.region,
                     config.place.account, config.name);
}

std::string_view to_string(SourceKind kind) {
  switch (kind) {
    case SourceKind::kDirectPut: return "DirectPut";
    case SourceKind::kKinesisStream: return "KinesisStreamAsSource";
  }
  return "";
}

std::string_view to_string(StreamStatus status) {
  switch (status) {
    case StreamStatus::kCreating: return "CREATING";
    case StreamStatus::kActive: return "ACTIVE";
    case StreamStatus::kDeleting: return "DELETING";
  }
  return "";
}

void DirectLog::publish(std::uint64_t next) {
  std::uint64_t seen = durable_next.load();
  while (seen < next && !durable_next.compare_exchange_weak(seen, next)) {
  }
}

LiveStream::LiveStream(StreamConfig config, Settings settings)
    : id_(config.id),
      place_(config.place),
      name_(config.name),
      arn_(stream_arn(config)),
      source_(config.source),
      config_(std::make_shared<const StreamConfig>(std::move(config))),
      settings_(std::make_shared<const Settings>(std::move(settings))) {}

std::shared_ptr<const StreamConfig> LiveStream::config() const {
  const std::scoped_lock lock(mutex_);
  return config_;
}

std::shared_ptr<const Settings> LiveStream::settings() const {
  const std::scoped_lock lock(mutex_);
  return settings_;
}

void LiveStream::change(StreamConfig config, Settings settings) {
  auto new_config = std::make_shared<const StreamConfig>(std::move(config));
  auto new_settings = std::make_shared<const Settings>(std::move(settings));
  const std::scoped_lock lock(mutex_);
  config_ = std::move(new_config);
  settings_ = std::move(new_settings);
}

void LiveStream::show_lane(const std::string& lane, LaneView view) {
  const std::scoped_lock lock(mutex_);
  lanes_[lane] = std::move(view);
}

std::map<std::string, LaneView> LiveStream::lanes() const {
  const std::scoped_lock lock(mutex_);
  return lanes_;
}

std::shared_ptr<LiveStream> Registry::find(const Place& place, std::string_view name) const {
  const std::scoped_lock lock(mutex_);
  const auto streams = streams_.find(place);
  if (streams == streams_.end()) return nullptr;
  const auto stream = streams->second.find(name);
  return stream == streams->second.end() ? nullptr : stream->second;
}

void Registry::insert(std::shared_ptr<LiveStream> stream) {
  const std::scoped_lock lock(mutex_);
  streams_[stream->place()][stream->name()] = std::move(stream);
}

void Registry::erase(const LiveStream& stream) {
  const std::scoped_lock lock(mutex_);
  auto& streams = streams_[stream.place()];
  const auto found = streams.find(stream.name());
  if (found != streams.end() && found->second->id() == stream.id()) streams.erase(found);
}

std::vector<std::shared_ptr<LiveStream>> Registry::list(const Place& place) const {
  std::vector<std::shared_ptr<LiveStream>> all;
  const std::scoped_lock lock(mutex_);
  if (const auto streams = streams_.find(place); streams != streams_.end()) {
    for (const auto& [name, stream] : streams->second) all.push_back(stream);
  }
  return all;
}

std::vector<std::shared_ptr<LiveStream>> Registry::all() const {
  std::vector<std::shared_ptr<LiveStream>> all;
  const std::scoped_lock lock(mutex_);
  for (const auto& [place, streams] : streams_) {
    for (const auto& [name, stream] : streams) all.push_back(stream);
  }
  return all;
}

}  // namespace penstock::firehose
