// The low watermark over fates.
#include "stream/progress.h"

#include "base/check.h"

namespace penstock::stream {

std::uint64_t Progress::add(std::string sequence, Fate fate) {
  entries_.push_back({std::move(sequence), fate});
  return first_ + entries_.size() - 1;
}

void Progress::settle(std::uint64_t index, Fate fate) {
  CHECK(index >= first_ && index - first_ < entries_.size());
  entries_[index - first_].fate = fate;
}

Counters Progress::advance(Position& position) {
  Counters counted;
  while (!entries_.empty() && entries_.front().fate != Fate::kPending) {
    Entry& entry = entries_.front();
    ++counted.read;
    if (entry.fate == Fate::kDelivered) ++counted.delivered;
    if (entry.fate == Fate::kFiltered) ++counted.filtered;
    if (entry.fate == Fate::kFailed) ++counted.failed;
    position.sequence = std::move(entry.sequence);
    entries_.pop_front();
    ++first_;
  }
  position.counters += counted;
  return counted;
}

}  // namespace penstock::stream
