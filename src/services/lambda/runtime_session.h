// What one runtime process may do on the Runtime API, as a state machine without I/O.
//
//   init --next--> ready --assign--> busy --response/error--> answered --next--> ready
//   init --init/error--> failed
//
// handle() says what to answer and what happened. A held request (status 0) is "next": it is
// answered when there is work.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "services/lambda/http_wire.h"

namespace penstock::lambda {

// The most that a function may answer: 6 MB and what Lambda puts around it.
inline constexpr std::size_t kResponseBytesMax = 6'291'556;

class RuntimeSession {
 public:
  enum class State : std::uint8_t { kInit, kReady, kBusy, kAnswered, kFailed };
  enum class Event : std::uint8_t { kNone, kWantsWork, kInitFailed, kResult, kError };
  struct Step {
    Event event = Event::kNone;
    int status = 0;  // 0: hold the request.
    std::string body;
  };

  Step handle(const WireRequest& request);
  // Requires ready. The held request is answered with the invocation.
  void assign(std::string request_id);
  // The connection of the held request is gone.
  void drop_held();

  State state() const { return state_; }
  const std::string& request_id() const { return request_id_; }

 private:
  Step handle_next();
  Step handle_answer(const WireRequest& request, std::string_view id, std::string_view what);

  State state_ = State::kInit;
  bool holding_ = false;
  std::string request_id_;
};

}  // namespace penstock::lambda
