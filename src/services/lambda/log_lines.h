// A function's output as log events, and the lines that the platform adds. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace penstock::lambda {

// Cuts an output stream into events: one per line, or one per frame. A frame (a5 5a 00 03, length
// as four bytes big-endian, text) carries an event that spans lines; its first byte cannot begin
// UTF-8 text, so plain output is never mistaken for one. Events longer than the limit are cut into
// several.
class LogSplitter {
 public:
  static constexpr std::size_t kEventBytesMax = 256 << 10;

  void feed(std::string_view bytes, std::vector<std::string>& events);
  // What is left without a line end (the process ended, or the invocation did).
  void flush(std::vector<std::string>& events);

 private:
  std::size_t take_frame(std::string_view rest, std::vector<std::string>& events, bool& incomplete);
  std::string pending_;
};

// The last 4 KB of an invocation's log, as X-Amz-Log-Result carries it.
class LogTail {
 public:
  void append(std::string_view text);
  std::string take();

 private:
  std::string tail_;
};

struct ReportNumbers {
  std::chrono::microseconds duration{};
  std::optional<std::chrono::microseconds> init_duration;
  std::uint32_t memory_mb = 0;
  std::uint64_t memory_used_bytes = 0;
  std::string_view status;  // Empty, "timeout" or "error".
  std::string_view error_type;
};

std::string start_line(std::string_view request_id, std::string_view version);
std::string end_line(std::string_view request_id);
std::string report_line(std::string_view request_id, const ReportNumbers& numbers);
std::string timeout_line(Timestamp now, std::string_view request_id, std::uint32_t seconds);

// "2026/11/22/[$LATEST]0123456789abcdef0123456789abcdef"
std::string log_stream_name(Timestamp now, std::string_view version, std::string_view hex32);

}  // namespace penstock::lambda
