// ProcessingConfiguration: which processors a stream has, checked and with AWS's defaults. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "gen/firehose/shapes.h"
#include "protocol/api_error.h"

namespace penstock::firehose {

// The function name that selects the built-in transform of DynamoDB stream records to plain JSON.
inline constexpr std::string_view kUnmarshalFunction = "penstock-unmarshal";

struct LambdaProcessor {
  std::string arn;
  int retries = 3;
  std::string role_arn;  // Empty: the destination's role.
  std::uint64_t buffer_bytes = 1 << 20;
  bool built_in = false;  // Names kUnmarshalFunction: runs in this process.
};

struct Processing {
  std::optional<LambdaProcessor> lambda;
  std::optional<std::string> delimiter;  // Appended to each delivered record.
};

// Fills in the defaults that Describe shows and puts the parameters into its order, or refuses.
protocol::ApiResult<api::ProcessingConfiguration> complete_processing(
    api::ProcessingConfiguration configuration);

// What is to be done. Nothing unless enabled. Requires a completed configuration.
Processing processing_of(const api::ProcessingConfiguration& configuration);

}  // namespace penstock::firehose
