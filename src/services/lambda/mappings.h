// The event source mappings of this process: what each of them is, what it is doing, and how it
// gets from one to the other.
//
// A change is stored first and then carried out in the background: what runs is stopped, and what
// the mapping says now is started. Until that is done the state is one of those in between, and the
// mapping refuses further changes.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "async/task.h"
#include "protocol/api_error.h"
#include "services/lambda/mapping.h"

namespace penstock::lambda {

struct Service;

inline constexpr std::string_view kNoRecords = "No records processed";
inline constexpr std::string_view kCallFailed = "PROBLEM: Function call failed";

// LastProcessingResult. Thread-safe; outlives what reports to it.
class MappingResult {
 public:
  std::string get() const;
  void set(std::string_view result);

 private:
  mutable std::mutex mutex_;
  std::string text_{kNoRecords};
};

// What reads the source and invokes the function, while a mapping is enabled.
class MappingRun {
 public:
  virtual ~MappingRun() = default;  // Requires that it was stopped.
  virtual void start() = 0;
  // Nothing that arrives from now on is missed, or as much time has passed.
  virtual Task<void> begun(std::stop_token stop) = 0;
  // Asks it to end; from any thread.
  virtual void request_stop() = 0;
  // Returns when nothing of it is left.
  virtual Task<void> stopped() = 0;
  // As stopped(), from an ordinary thread.
  virtual void stop() = 0;
};

struct MappingView {
  std::shared_ptr<const Mapping> mapping;
  MappingState state = MappingState::kCreating;
};

class LiveMapping {
 public:
  LiveMapping(std::shared_ptr<const Mapping> mapping, MappingState state)
      : view_{std::move(mapping), state} {}
  MappingView view() const;
  // Of a mapping that was changed: from then on it is in between, until it is settled.
  void set(std::shared_ptr<const Mapping> mapping, MappingState state);
  // What it does stays as it is.
  void set_tags(std::shared_ptr<const Mapping> mapping);
  std::shared_ptr<MappingResult> result = std::make_shared<MappingResult>();

 private:
  friend class Mappings;
  friend Task<void> settle_mapping(Service& service, std::shared_ptr<LiveMapping> live);

  mutable std::mutex mutex_;
  MappingView view_;
  bool settling_ = false;
  bool again_ = false;
  std::unique_ptr<MappingRun> run_;  // Only whoever settles changes it.
};

// Thread-safe.
class Mappings {
 public:
  std::shared_ptr<LiveMapping> find(const Place& place, std::string_view uuid) const;
  void insert(std::shared_ptr<LiveMapping> live);
  void erase(const Mapping& mapping);
  // In order of UUID.
  std::vector<std::shared_ptr<LiveMapping>> list(const Place& place) const;
  std::vector<std::shared_ptr<LiveMapping>> all() const;

  // All at once, from an ordinary thread: request_stop() first, so that none waits for another.
  void request_stop();
  void stop();

 private:
  mutable std::mutex mutex_;
  std::map<Place, std::map<std::string, std::shared_ptr<LiveMapping>, std::less<>>> places_;
};

// The turn of every change of a mapping there.
std::uint64_t mappings_turn(const Place& place);

// Loads all; what they were doing is not begun yet. From an ordinary thread.
Status restore_mappings(Service& service);
// Brings what runs into line with what the mapping says. Spawned into the service's gate.
Task<void> settle_mapping(Service& service, std::shared_ptr<LiveMapping> live);
void spawn_settling(Service& service, std::shared_ptr<LiveMapping> live);
// The function came, went, or has another role.
void refresh_mappings(Service& service, const Place& place, std::string_view function);

// Changes the tags of a mapping; `change` says why not, or changes them.
protocol::Reply<std::map<std::string, std::string>> change_mapping_tags(
    Service& service, Place place, std::string uuid,
    std::function<protocol::ApiResult<void>(std::map<std::string, std::string>&)> change);

// The version that the mapping names; nullopt when there is no such function (any longer).
std::optional<FunctionVersion> mapped_version(const Service& service, const Mapping& mapping);

// mapping_stream.cc, mapping_queue.cc: not started yet.
std::unique_ptr<MappingRun> make_stream_run(Service& service,
                                            std::shared_ptr<const Mapping> mapping,
                                            std::shared_ptr<MappingResult> result,
                                            std::string role_arn);
std::unique_ptr<MappingRun> make_queue_run(Service& service, std::shared_ptr<const Mapping> mapping,
                                           std::shared_ptr<MappingResult> result,
                                           std::string role_arn);

}  // namespace penstock::lambda
