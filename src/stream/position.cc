// Arithmetic on positions.
#include "stream/position.h"

namespace penstock::stream {

Counters& Counters::operator+=(const Counters& other) {
  read += other.read;
  delivered += other.delivered;
  filtered += other.filtered;
  failed += other.failed;
  return *this;
}

bool sequence_less(std::string_view a, std::string_view b) {
  while (a.size() > b.size() && a.front() == '0') a.remove_prefix(1);
  while (b.size() > a.size() && b.front() == '0') b.remove_prefix(1);
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

}  // namespace penstock::stream
