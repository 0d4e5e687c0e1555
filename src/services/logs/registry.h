// Log groups and their streams in memory: configuration and bounds. The events are in the store
// only.
//
// A change is made on the group under its mutex, and its batch is submitted before the mutex is
// left, so that the store sees changes of one group in the order in which they were decided.
// Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/place.h"

namespace penstock::logs {

using protocol::Place;

struct StreamState {
  std::string name;
  std::uint64_t id = 0;
  std::int64_t created_millis = 0;
  std::optional<std::int64_t> first_millis;     // Of the oldest event that is kept.
  std::optional<std::int64_t> last_millis;      // Of the newest event.
  std::optional<std::int64_t> ingested_millis;  // When the last event came.
  std::uint64_t bytes = 0;
};

struct GroupConfig {
  Place place;
  std::string name;
  std::uint64_t id = 0;
  std::int64_t created_millis = 0;
  std::optional<std::int32_t> retention_days;
  std::map<std::string, std::string> tags;
  bool deletion_protected = false;
};

struct Group {
  explicit Group(GroupConfig config_in) : config(std::move(config_in)) {}
  std::mutex mutex;  // Guards all below.
  GroupConfig config;
  std::map<std::string, StreamState, std::less<>> streams;
  bool deleted = false;
};

std::string group_arn(const Place& place, std::string_view name);
// The name of a group from its name, its ARN, or its ARN with ":*". nullopt: an ARN of something
// else.
std::optional<std::string> group_name_of(const Place& place, std::string_view identifier);

class Registry {
 public:
  std::shared_ptr<Group> find(const Place& place, std::string_view name) const;
  // False when there is one of that name. `submit` runs under the registry's mutex.
  bool insert(std::shared_ptr<Group> group);
  void erase(const Place& place, const std::string& name);
  // In order of name, those after `after`.
  std::vector<std::shared_ptr<Group>> list(const Place& place, std::string_view after) const;
  std::vector<std::shared_ptr<Group>> all() const;

  // Event sequence numbers: ever increasing, also over restarts as long as the clock does not go
  // back.
  void start_sequence(std::uint64_t at_least) { sequence_ = at_least; }
  std::uint64_t take_sequence(std::uint64_t count) { return sequence_.fetch_add(count); }

 private:
  mutable std::mutex mutex_;
  std::map<Place, std::map<std::string, std::shared_ptr<Group>, std::less<>>> groups_;
  std::atomic<std::uint64_t> sequence_{1};
};

}  // namespace penstock::logs
