// Cutting batches by size and age.
#include "services/firehose/buffer.h"

#include <algorithm>

namespace penstock::firehose {

using std::chrono::microseconds;

void Buffer::add(SourceRecord record) {
  bytes_ += record.data.size();
  records_.push_back(std::move(record));
}

std::int64_t Buffer::oldest_millis() const {
  return records_.empty() ? 0 : records_.front().arrival_millis;
}

bool Buffer::full(const CutRule& rule) const {
  return !records_.empty() && (bytes_ >= rule.bytes || records_.size() >= rule.records);
}

std::optional<microseconds> Buffer::due_in(const CutRule& rule, Timestamp now,
                                           bool transform_idle) const {
  if (records_.empty()) return std::nullopt;
  if (full(rule)) return microseconds(0);
  if (rule.immediate && !transform_idle) return std::nullopt;
  const microseconds age = now - records_.front().buffered;
  return std::max(rule.interval - age, microseconds(0));
}

std::vector<SourceRecord> Buffer::cut(const CutRule& rule) {
  std::vector<SourceRecord> batch;
  std::uint64_t bytes = 0;
  while (!records_.empty() && bytes < rule.bytes && batch.size() < rule.records) {
    SourceRecord& record = records_.front();
    bytes += record.data.size();
    record.index = static_cast<std::uint32_t>(batch.size());
    batch.push_back(std::move(record));
    records_.pop_front();
  }
  bytes_ -= bytes;
  return batch;
}

}  // namespace penstock::firehose
