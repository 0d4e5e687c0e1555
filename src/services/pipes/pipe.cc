// States of a pipe and the small texts that its parts are named by. No I/O, no clock.
#include "services/pipes/pipe.h"

#include <fmt/format.h>

#include "base/check.h"

namespace penstock::pipes {

std::string_view to_string(PipeState state) {
  switch (state) {
    case PipeState::kRunning: return "RUNNING";
    case PipeState::kStopped: return "STOPPED";
    case PipeState::kCreating: return "CREATING";
    case PipeState::kUpdating: return "UPDATING";
    case PipeState::kDeleting: return "DELETING";
    case PipeState::kStarting: return "STARTING";
    case PipeState::kStopping: return "STOPPING";
    case PipeState::kCreateFailed: return "CREATE_FAILED";
    case PipeState::kUpdateFailed: return "UPDATE_FAILED";
    case PipeState::kStartFailed: return "START_FAILED";
    case PipeState::kStopFailed: return "STOP_FAILED";
    case PipeState::kDeleteFailed: return "DELETE_FAILED";
  }
  CHECK(false);
}

bool is_transition(PipeState state) {
  switch (state) {
    case PipeState::kCreating:
    case PipeState::kUpdating:
    case PipeState::kDeleting:
    case PipeState::kStarting:
    case PipeState::kStopping: return true;
    case PipeState::kRunning:
    case PipeState::kStopped:
    case PipeState::kCreateFailed:
    case PipeState::kUpdateFailed:
    case PipeState::kStartFailed:
    case PipeState::kStopFailed:
    case PipeState::kDeleteFailed: return false;
  }
  CHECK(false);
}

namespace {

std::optional<PipeState> failed(PipeState state) {
  switch (state) {
    case PipeState::kCreating: return PipeState::kCreateFailed;
    case PipeState::kUpdating: return PipeState::kUpdateFailed;
    case PipeState::kDeleting: return PipeState::kDeleteFailed;
    case PipeState::kStarting: return PipeState::kStartFailed;
    case PipeState::kStopping: return PipeState::kStopFailed;
    default: return std::nullopt;
  }
}

}  // namespace

std::optional<PipeState> next_state(PipeState state, PipeEvent event) {
  const bool settled = !is_transition(state);
  switch (event) {
    case PipeEvent::kStart:
      if (state != PipeState::kStopped && state != PipeState::kStartFailed) return std::nullopt;
      return PipeState::kStarting;
    case PipeEvent::kStop:
      if (state != PipeState::kRunning && state != PipeState::kStopFailed) return std::nullopt;
      return PipeState::kStopping;
    case PipeEvent::kUpdate:
      if (!settled || state == PipeState::kCreateFailed || state == PipeState::kDeleteFailed) {
        return std::nullopt;
      }
      return PipeState::kUpdating;
    case PipeEvent::kDelete: return settled ? std::optional(PipeState::kDeleting) : std::nullopt;
    case PipeEvent::kRunning:
      if (settled || state == PipeState::kDeleting || state == PipeState::kStopping) {
        return std::nullopt;
      }
      return PipeState::kRunning;
    case PipeEvent::kStopped:
      if (settled || state == PipeState::kDeleting || state == PipeState::kStarting) {
        return std::nullopt;
      }
      return PipeState::kStopped;
    case PipeEvent::kFailed: return failed(state);
  }
  CHECK(false);
}

std::string pipe_arn(const Place& place, std::string_view name) {
  return fmt::format("arn:aws:pipes:{}:{}:pipe/{}", place.region, place.account, name);
}

std::string PipeConfig::arn() const { return pipe_arn(place, name); }

std::string ordered_position(std::string_view decimal) {
  while (decimal.size() > 1 && decimal.front() == '0') decimal.remove_prefix(1);
  std::string position;
  position.reserve(decimal.size() + 1);
  position += static_cast<char>(decimal.size());
  position += decimal;
  return position;
}

}  // namespace penstock::pipes
