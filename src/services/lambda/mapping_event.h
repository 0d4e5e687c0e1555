// Records and messages as a function sees them: one element of "Records" each. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "gen/kinesis/shapes.h"
#include "gen/sqs/shapes.h"
#include "services/lambda/mapping.h"
#include "stream/event_pattern.h"

namespace penstock::lambda {

struct EventSource {
  std::string arn;
  std::string region;
  std::string role_arn;
};

std::string kinesis_event(const EventSource& source, const kinesis::api::Record& record,
                          std::string_view event_id);
std::string queue_event(const EventSource& source, const sqs::api::Message& message);

// {"Records":[...]}
std::string records_payload(const std::vector<std::string_view>& events);

// The filters of a mapping: what passes none of them is gone for good. Patterns see the data of a
// Kinesis record and the body of a message as the JSON that is in them.
class MappingFilters {
 public:
  // Requires patterns that mapping_check.h accepted; those that are not are errors.
  static Result<MappingFilters> make(const Mapping& mapping);
  bool pass(const EventSource& source, const kinesis::api::Record& record,
            std::string_view event_id) const;
  bool pass_stream(std::string_view event) const;  // Of DynamoDB, as the function sees it.
  bool pass(const EventSource& source, const sqs::api::Message& message) const;

 private:
  // What a pattern wants of the data or the body.
  enum class Wants : std::uint8_t { kNothing, kJson, kText };
  struct Filter {
    stream::EventPattern pattern;
    Wants wants = Wants::kNothing;
  };
  bool match(const std::string& document, Wants body) const;

  std::vector<Filter> filters_;
};

}  // namespace penstock::lambda
