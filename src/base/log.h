// Structured log: one line per event, either text or JSON, to standard error.
//
//   log::info("pipe", "started", {{"name", pipe.name}, {"records", fmt::to_string(n)}});
//
// Thread-safe; values are data and are quoted, so a client cannot forge a line.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace penstock::log {

enum class Level { kDebug, kInfo, kWarning, kError, kOff };
enum class Format { kText, kJson };

using Field = std::pair<std::string_view, std::string>;
using Fields = std::initializer_list<Field>;

// Call once before threads start.
void configure(Level level, Format format);
bool enabled(Level level);
void write(Level level, std::string_view area, std::string_view event, Fields fields);

inline void debug(std::string_view area, std::string_view event, Fields fields = {}) {
  if (enabled(Level::kDebug)) write(Level::kDebug, area, event, fields);
}
inline void info(std::string_view area, std::string_view event, Fields fields = {}) {
  write(Level::kInfo, area, event, fields);
}
inline void warning(std::string_view area, std::string_view event, Fields fields = {}) {
  write(Level::kWarning, area, event, fields);
}
inline void error(std::string_view area, std::string_view event, Fields fields = {}) {
  write(Level::kError, area, event, fields);
}

}  // namespace penstock::log
