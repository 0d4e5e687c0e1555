// The log lines themselves; spdlog does the writing.
#include "base/log.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>

#include "base/clock.h"

namespace penstock::log {
namespace {

std::atomic<Level> current_level{Level::kInfo};
std::atomic<Format> current_format{Format::kText};

spdlog::logger& sink() {
  static const auto logger = [] {
    auto made = spdlog::stderr_logger_mt("penstock");
    made->set_pattern("%v");
    made->set_level(spdlog::level::trace);
    return made;
  }();
  return *logger;
}

void append_quoted(std::string& out, std::string_view value) {
  out += '"';
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<int>(c));
    } else {
      out += c;
    }
  }
  out += '"';
}

constexpr std::string_view kNames[] = {"debug", "info", "warning", "error", "off"};

}  // namespace

void configure(Level level, Format format) {
  current_level = level;
  current_format = format;
}

bool enabled(Level level) { return level >= current_level.load(std::memory_order_relaxed); }

void write(Level level, std::string_view area, std::string_view event, Fields fields) {
  if (!enabled(level)) return;
  const bool json = current_format == Format::kJson;
  const std::string time = format_iso8601_millis(SystemClock().now());
  const std::string_view name = kNames[static_cast<int>(level)];
  std::string line;
  if (json) {
    line = fmt::format(R"({{"time":"{}","level":"{}","area":"{}","event":)", time, name, area);
    append_quoted(line, event);
  } else {
    line = fmt::format("{} {:<7} {}: {}", time, name, area, event);
  }
  for (const auto& [key, value] : fields) {
    line += json ? "," : " ";
    if (json) {
      append_quoted(line, key);
    } else {
      line += key;
    }
    line += json ? ":" : "=";
    append_quoted(line, value);
  }
  if (json) line += '}';
  sink().info(line);
}

}  // namespace penstock::log
