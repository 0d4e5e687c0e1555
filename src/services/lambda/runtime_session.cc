// The transitions of the Runtime API and its answers (documented in AWS's runtime interface guide;
// the bodies of the refusals follow the runtime interface emulator).
#include "services/lambda/runtime_session.h"

#include <fmt/format.h>

#include "base/check.h"

namespace penstock::lambda {
namespace {

constexpr std::string_view kPrefix = "/2018-06-01/runtime/";
constexpr std::string_view kAccepted = "{\"status\":\"OK\"}\n";

RuntimeSession::Step refuse(int status, std::string_view type, std::string_view message) {
  return {RuntimeSession::Event::kNone, status,
          fmt::format("{{\"errorMessage\":\"{}\",\"errorType\":\"{}\"}}\n", message, type)};
}

RuntimeSession::Step wrong_state() {
  return refuse(403, "InvalidStateTransition", "Transition from the current state is not allowed");
}

}  // namespace

RuntimeSession::Step RuntimeSession::handle(const WireRequest& request) {
  std::string_view path = request.path;
  if (!path.starts_with(kPrefix)) return refuse(404, "PathNotFound", "404 page not found");
  path.remove_prefix(kPrefix.size());
  if (path == "invocation/next" && request.method == "GET") return handle_next();
  if (path == "init/error" && request.method == "POST") {
    if (state_ != State::kInit) return wrong_state();
    state_ = State::kFailed;
    return {Event::kInitFailed, 202, std::string(kAccepted)};
  }
  constexpr std::string_view kInvocation = "invocation/";
  if (path.starts_with(kInvocation) && request.method == "POST") {
    path.remove_prefix(kInvocation.size());
    const std::size_t slash = path.find('/');
    if (slash != std::string_view::npos) {
      return handle_answer(request, path.substr(0, slash), path.substr(slash + 1));
    }
  }
  return refuse(404, "PathNotFound", "404 page not found");
}

RuntimeSession::Step RuntimeSession::handle_next() {
  if (state_ == State::kBusy || state_ == State::kFailed || holding_) return wrong_state();
  state_ = State::kReady;
  holding_ = true;
  return {Event::kWantsWork, 0, {}};
}

RuntimeSession::Step RuntimeSession::handle_answer(const WireRequest& request, std::string_view id,
                                                   std::string_view what) {
  if (what != "response" && what != "error")
    return refuse(404, "PathNotFound", "404 page not found");
  if (state_ != State::kBusy) return wrong_state();
  if (id != request_id_) return refuse(400, "InvalidRequestID", "Invalid request ID");
  state_ = State::kAnswered;
  const Event event = what == "response" ? Event::kResult : Event::kError;
  if (request.body_too_large) {
    return {event, 413,
            fmt::format("{{\"errorMessage\":\"Exceeded maximum allowed payload size ({} bytes).\","
                        "\"errorType\":\"RequestEntityTooLarge\"}}\n",
                        kResponseBytesMax)};
  }
  return {event, 202, std::string(kAccepted)};
}

void RuntimeSession::assign(std::string request_id) {
  CHECK(state_ == State::kReady && holding_);
  holding_ = false;
  state_ = State::kBusy;
  request_id_ = std::move(request_id);
}

void RuntimeSession::drop_held() { holding_ = false; }

}  // namespace penstock::lambda
