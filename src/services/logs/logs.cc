// Loading at start, and the runner that erases what is past its retention.
#include "services/logs/logs.h"

#include <algorithm>
#include <limits>

#include "async/runners.h"
#include "services/logs/store.h"

namespace penstock::logs {
namespace {

// Erases the events of one stream before `cutoff`, and counts what that frees.
Status trim_stream(Service& service, Group& group, StreamState stream, std::int64_t cutoff) {
  const std::uint64_t group_id = group.config.id;
  std::uint64_t freed = 0;
  TRY_VOID(scan_events(service.deps.store, {group_id, stream.id, {}, {cutoff, 0}},
                       [&](const StoredEvent& event) {
                         freed += event.message.size();
                         return storage::Next::kContinue;
                       }));
  std::optional<std::int64_t> first;
  constexpr EventPosition kEnd{std::numeric_limits<std::int64_t>::max(), 0};
  TRY_VOID(scan_events(service.deps.store, {group_id, stream.id, {cutoff, 0}, kEnd},
                       [&](const StoredEvent& event) {
                         first = event.position.millis;
                         return storage::Next::kStop;
                       }));
  const std::scoped_lock lock(group.mutex);
  const auto found = group.streams.find(stream.name);
  if (group.deleted || found == group.streams.end() || found->second.id != stream.id) return {};
  StreamState& live = found->second;
  live.bytes -= std::min(live.bytes, freed);
  // Newer events may have come meanwhile; none of them is older than the cutoff by much, and a
  // first time that is a little late is corrected by the next pass.
  live.first_millis = first ? first : live.last_millis >= cutoff ? live.last_millis : std::nullopt;
  if (!live.first_millis) live.last_millis.reset();
  storage::Batch batch;
  erase_events(batch, group_id, stream.id, {cutoff, 0});
  put_stream(batch, group_id, live);
  // Not waited for: what is lost of it by a crash is trimmed again.
  const storage::Commit submitted = service.deps.store.submit(std::move(batch));
  return {};
}

}  // namespace

Service::Service(Dependencies dependencies, Options options_)
    : deps(dependencies), options(options_) {}

Status Service::start() {
  TRY(auto loaded, load_groups(deps.store));
  for (auto& group : loaded) groups.insert(std::move(group));
  groups.start_sequence(static_cast<std::uint64_t>(deps.clock.now().micros));
  deps.runtime.runners().start_every(
      gate, deps.runtime.next_loop(), "logs/retention", options.trim_interval,
      [this] { return run_blocking(deps.runtime, [this] { return trim(*this); }); });
  return {};
}

void Service::stop() { gate.close(); }

Status trim(Service& service) {
  const std::int64_t now = service.deps.clock.now().millis();
  for (const std::shared_ptr<Group>& group : service.groups.all()) {
    std::vector<StreamState> old;
    std::int64_t cutoff = 0;
    {
      const std::scoped_lock lock(group->mutex);
      if (!group->config.retention_days || group->deleted) continue;
      cutoff = now - std::int64_t{*group->config.retention_days} * 86'400'000;
      for (const auto& [name, stream] : group->streams) {
        if (stream.first_millis && *stream.first_millis < cutoff) old.push_back(stream);
      }
    }
    for (StreamState& stream : old)
      TRY_VOID(trim_stream(service, *group, std::move(stream), cutoff));
  }
  return {};
}

}  // namespace penstock::logs
