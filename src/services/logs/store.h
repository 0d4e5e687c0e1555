// How groups, streams and events are stored: the only file of CloudWatch Logs that knows storage
// values. Reading functions block on the disk; the rest only builds batches.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "services/logs/keys.h"
#include "services/logs/registry.h"
#include "storage/store.h"

namespace penstock::logs {

Result<std::vector<std::shared_ptr<Group>>> load_groups(const storage::Store& store);

void put_group(storage::Batch& batch, const GroupConfig& config);
void put_stream(storage::Batch& batch, std::uint64_t group, const StreamState& stream);
// With everything below it.
void erase_group(storage::Batch& batch, const GroupConfig& config);
void erase_stream(storage::Batch& batch, std::uint64_t group, const StreamState& stream);

struct StoredEvent {
  EventPosition position;
  std::int64_t ingested_millis = 0;
  std::string_view message;  // Valid during the visit.
};
void put_event(storage::Batch& batch, const EventKey& key, std::int64_t ingested_millis,
               std::string_view message);

// Shows the durable events of one stream in [from, until) to `visit`, in order or in reverse.
struct EventRange {
  std::uint64_t group = 0;
  std::uint64_t stream = 0;
  EventPosition from;
  EventPosition until;
  bool reverse = false;
};
Status scan_events(const storage::Store& store, const EventRange& range,
                   const std::function<storage::Next(const StoredEvent&)>& visit);

// Erases the events of one stream before `until`.
void erase_events(storage::Batch& batch, std::uint64_t group, std::uint64_t stream,
                  EventPosition until);

}  // namespace penstock::logs
