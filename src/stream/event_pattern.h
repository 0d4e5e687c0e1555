// Event patterns: the filter language of EventBridge, as far as Pipes accept it.
//
// Fields of one object are all required, alternatives of a leaf are not; arrays in the event are
// transparent, and fields of one nested pattern must come from the same element. Immutable after
// parse(), so it may be shared between threads.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace simdjson::dom {
class element;
}

namespace penstock::stream {

class EventPattern {
 public:
  // The error's message is the reason that AWS appends to "Invalid Event Pattern. Reason: ".
  static Result<EventPattern> parse(std::string_view json);
  bool matches(const simdjson::dom::element& event) const;

  struct Node;

 private:
  std::shared_ptr<const Node> root_;
};

}  // namespace penstock::stream
