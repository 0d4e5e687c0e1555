// Counting, and keeping the last error.
#include "stream/stats.h"

namespace penstock::stream {

void ReaderStats::add(const Counters& counters) {
  read += counters.read;
  delivered += counters.delivered;
  filtered += counters.filtered;
  failed += counters.failed;
}

std::string ReaderStats::last_error() const {
  const std::scoped_lock lock(mutex_);
  return last_error_;
}

void ReaderStats::set_error(std::string message) {
  if (message.empty() && !has_error_.load()) return;  // All is well most of the time.
  const std::scoped_lock lock(mutex_);
  has_error_ = !message.empty();
  last_error_ = std::move(message);
}

}  // namespace penstock::stream
