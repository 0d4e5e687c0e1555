// A pipe as a value: its configuration, and the states it passes through. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "protocol/arn.h"
#include "protocol/place.h"
#include "services/pipes/pipe_parameters.h"

namespace penstock::pipes {

enum class PipeState : std::uint8_t {
  kRunning,
  kStopped,
  kCreating,
  kUpdating,
  kDeleting,
  kStarting,
  kStopping,
  kCreateFailed,
  kUpdateFailed,
  kStartFailed,
  kStopFailed,
  kDeleteFailed,
};
inline constexpr int kPipeStateCount = 12;
enum class PipeEvent : std::uint8_t {
  kStart,
  kStop,
  kUpdate,
  kDelete,  // Requests.
  kRunning,
  kStopped,
  kFailed,  // How a transition ended.
};
inline constexpr int kPipeEventCount = 7;

std::string_view to_string(PipeState state);
// nullopt: the event is not allowed in that state (a ConflictException for requests).
std::optional<PipeState> next_state(PipeState state, PipeEvent event);
bool is_transition(PipeState state);

using protocol::Arn;
using protocol::parse_arn;
using protocol::Place;

struct PipeConfig {
  std::uint64_t id = 0;  // Of this incarnation; its positions are kept under it.
  Place place;
  std::string name;
  std::optional<std::string> description;
  std::string source;
  SourceKind source_kind = SourceKind::kDynamoDbStream;
  SourceSettings settings;
  std::string starting_position;                // Streams and Kafka.
  std::optional<Timestamp> starting_timestamp;  // AT_TIMESTAMP.
  std::optional<KafkaSource> kafka;             // kKafka.
  std::optional<std::vector<std::string>> filters;
  std::optional<Enrichment> enrichment;
  std::string target;
  TargetSettings target_settings;
  std::optional<LogSettings> log;
  std::string role_arn;
  std::map<std::string, std::string> tags;
  bool wants_running = true;  // DesiredState.
  PipeState state = PipeState::kCreating;
  std::string state_reason;
  Timestamp created;
  Timestamp modified;

  std::string arn() const;
};

std::string pipe_arn(const Place& place, std::string_view name);

// A decimal number as bytes that sort as numbers do.
std::string ordered_position(std::string_view decimal);

}  // namespace penstock::pipes
