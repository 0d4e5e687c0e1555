// Splitting of output into events, and the texts of START, END and REPORT as AWS writes them.
#include "services/lambda/log_lines.h"

#include <fmt/format.h>

#include <algorithm>

namespace penstock::lambda {
namespace {

constexpr std::string_view kFrameStart("\xa5\x5a\x00\x03", 4);
constexpr std::size_t kFrameHeadBytes = 8;
constexpr std::size_t kTailBytes = 4096;

std::uint32_t big_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char c : bytes.substr(0, 4)) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

void emit(std::string_view text, std::vector<std::string>& events) {
  do {
    events.emplace_back(text.substr(0, LogSplitter::kEventBytesMax));
    text.remove_prefix(events.back().size());
  } while (!text.empty());
}

double millis(std::chrono::microseconds d) { return static_cast<double>(d.count()) / 1000.0; }

}  // namespace

// Returns how many bytes the frame took; 0 when `rest` does not begin with one.
std::size_t LogSplitter::take_frame(std::string_view rest, std::vector<std::string>& events,
                                    bool& incomplete) {
  const std::size_t known = std::min(rest.size(), kFrameStart.size());
  if (rest.substr(0, known) != kFrameStart.substr(0, known)) return 0;
  if (rest.size() < kFrameHeadBytes) {
    incomplete = true;
    return 0;
  }
  const std::size_t length = big_endian(rest.substr(4));
  if (length > kEventBytesMax * 16) return 0;  // Nobody frames that much: it is output after all.
  if (rest.size() < kFrameHeadBytes + length) {
    incomplete = true;
    return 0;
  }
  std::string text(rest.substr(kFrameHeadBytes, length));
  if (!text.ends_with('\n')) text += '\n';
  emit(text, events);
  return kFrameHeadBytes + length;
}

void LogSplitter::feed(std::string_view bytes, std::vector<std::string>& events) {
  pending_.append(bytes);
  std::string_view rest = pending_;
  while (!rest.empty()) {
    bool incomplete = false;
    if (const std::size_t taken = take_frame(rest, events, incomplete); taken > 0) {
      rest.remove_prefix(taken);
      continue;
    }
    if (incomplete) break;
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) {
      if (rest.size() < kEventBytesMax) break;
      emit(rest.substr(0, kEventBytesMax), events);
      rest.remove_prefix(kEventBytesMax);
      continue;
    }
    emit(rest.substr(0, end + 1), events);
    rest.remove_prefix(end + 1);
  }
  pending_.erase(0, pending_.size() - rest.size());
}

void LogSplitter::flush(std::vector<std::string>& events) {
  if (pending_.empty()) return;
  if (!pending_.ends_with('\n')) pending_ += '\n';
  emit(pending_, events);
  pending_.clear();
}

void LogTail::append(std::string_view text) {
  tail_.append(text);
  if (tail_.size() > 4 * kTailBytes) tail_.erase(0, tail_.size() - kTailBytes);
}

std::string LogTail::take() {
  if (tail_.size() > kTailBytes) tail_.erase(0, tail_.size() - kTailBytes);
  return std::move(tail_);
}

std::string start_line(std::string_view request_id, std::string_view version) {
  return fmt::format("START RequestId: {} Version: {}\n", request_id, version);
}

std::string end_line(std::string_view request_id) {
  return fmt::format("END RequestId: {}\n", request_id);
}

std::string report_line(std::string_view request_id, const ReportNumbers& numbers) {
  const auto billed = (numbers.duration.count() + 999) / 1000;
  std::string line = fmt::format(
      "REPORT RequestId: {}\tDuration: {:.2f} ms\tBilled Duration: {} ms\tMemory Size: {} MB\t"
      "Max Memory Used: {} MB\t",
      request_id, millis(numbers.duration), billed, numbers.memory_mb,
      (numbers.memory_used_bytes + (1 << 20) - 1) >> 20);
  if (numbers.init_duration) {
    line += fmt::format("Init Duration: {:.2f} ms\t", millis(*numbers.init_duration));
  }
  if (!numbers.status.empty()) line += fmt::format("Status: {}\t", numbers.status);
  if (!numbers.error_type.empty()) line += fmt::format("Error Type: {}\t", numbers.error_type);
  line += '\n';
  return line;
}

std::string timeout_line(Timestamp now, std::string_view request_id, std::uint32_t seconds) {
  return fmt::format("{} {} Task timed out after {}.00 seconds\n", format_iso8601_millis(now),
                     request_id, seconds);
}

std::string log_stream_name(Timestamp now, std::string_view version, std::string_view hex32) {
  const CivilTime civil = civil_from(now);
  return fmt::format("{:04}/{:02}/{:02}/[{}]{}", civil.year, civil.month, civil.day, version,
                     hex32);
}

}  // namespace penstock::lambda
