// What a function says of the batch that it was given: {"batchItemFailures":[{"itemIdentifier":…}]}
// names the records that are to come again. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::stream {

struct BatchResponse {
  enum class Kind : std::uint8_t {
    kDelivered,    // Nothing failed: no list, an empty one, or null.
    kItemsFailed,  // Those at `failed`.
    kMalformed,    // All failed: an identifier is absent, empty, null or not of this batch.
  };
  Kind kind = Kind::kDelivered;
  std::vector<std::size_t> failed;  // Ascending, each once.
  std::string problem;              // kMalformed: in words.
};

// Who did not ask for such responses still gets them from functions that send them: whatever else
// the function returns is then no statement about the batch. Who asked for them (an event source
// mapping with ReportBatchItemFailures) takes what is not a JSON object for a failure.
enum class Expected : std::uint8_t { kPerhaps, kYes };

// `identifiers`: those of the records of the batch, in its order.
BatchResponse read_batch_response(std::string_view payload,
                                  std::span<const std::string> identifiers, Expected expected);

}  // namespace penstock::stream
