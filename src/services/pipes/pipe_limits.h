// The limits of what runs for a pipe. Those of batches are in base/limits.h.
#pragma once

#include <cstddef>

namespace penstock::limits {

inline constexpr std::size_t kPipeQueueBatchBytes = 1 << 20;     // One SendMessageBatch.
inline constexpr std::size_t kPipeQueueExecutions = 16;          // At once, of a queue's pipe.
inline constexpr std::size_t kPipeKafkaQueuedKbytes = 16 << 10;  // Fetched ahead, per partition.
inline constexpr std::size_t kPipeLogRecordBytes = 256 << 10;    // One record of a pipe's log.
inline constexpr std::size_t kPipeLogQueueBytes = 16 << 20;      // Not written; beyond: dropped.

}  // namespace penstock::limits
