// Builds the few JSON payloads of the platform itself.
#include "services/lambda/outcomes.h"

#include <fmt/format.h>

#include <csignal>

#include "services/lambda/runtime_session.h"

namespace penstock::lambda {
namespace {

std::string json_escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out;
}

std::string_view signal_name(int number) {
  switch (number) {
    case SIGKILL: return "killed";
    case SIGABRT: return "aborted";
    case SIGSEGV: return "segmentation fault";
    case SIGTERM: return "terminated";
    case SIGBUS: return "bus error";
    case SIGILL: return "illegal instruction";
    case SIGFPE: return "floating point exception";
    case SIGTRAP: return "trace/breakpoint trap";
    default: return {};
  }
}

}  // namespace

InvokeOutcome platform_error(std::string_view type, std::string_view message) {
  return {.payload = fmt::format("{{\"errorType\":\"{}\",\"errorMessage\":\"{}\"}}",
                                 json_escape(type), json_escape(message)),
          .function_error = "Unhandled"};
}

InvokeOutcome timed_out(std::string_view request_id, std::uint32_t seconds) {
  return platform_error(
      "Sandbox.Timedout",
      fmt::format("RequestId: {} Error: Task timed out after {}.00 seconds", request_id, seconds));
}

InvokeOutcome exited(std::string_view request_id, ExitState state) {
  std::string how = "Runtime exited without providing a reason";
  if (state.signaled) {
    const std::string_view name = signal_name(state.code);
    how = name.empty() ? fmt::format("Runtime exited with error: signal: signal {}", state.code)
                       : fmt::format("Runtime exited with error: signal: {}", name);
  } else if (state.code != 0) {
    how = fmt::format("Runtime exited with error: exit status {}", state.code);
  }
  return platform_error("Runtime.ExitError",
                        fmt::format("RequestId: {} Error: {}", request_id, how));
}

InvokeOutcome response_too_large() {
  return {.payload = fmt::format(
              "{{\"errorMessage\":\"Response payload size exceeded maximum allowed payload "
              "size ({} bytes).\",\"errorType\":\"Function.ResponseSizeTooLarge\"}}",
              kResponseBytesMax),
          .function_error = "Unhandled"};
}

InvokeOutcome no_entrypoint(std::string_view request_id, std::string_view message) {
  return platform_error("Runtime.InvalidEntrypoint",
                        fmt::format("RequestId: {} Error: {}", request_id, message));
}

ExitState unwrap_exit(ExitState state) {
  if (!state.signaled && state.code > 128 && state.code < 128 + 65) {
    return {
        .signaled = true, .code = state.code - 128, .memory_peak_bytes = state.memory_peak_bytes};
  }
  return state;
}

}  // namespace penstock::lambda
