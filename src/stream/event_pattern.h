// Event patterns: the filter language of EventBridge, as far as Pipes accept it.
//
// Fields of one object are all required, alternatives of a leaf are not; arrays in the event are
// transparent, and fields below one array must come from the same element. A name with dots says
// the same as nested names, in the pattern and in the event. Immutable after parse(), so it may be
// shared between threads.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace simdjson::dom {
class element;
}

namespace penstock::stream {

class EventPattern {
 public:
  // The error's message is the reason that AWS appends to "Invalid Event Pattern. Reason: ", with
  // the place in the pattern, on a line of its own, where AWS has it.
  static Result<EventPattern> parse(std::string_view json);
  // Members of the event that are named in `hidden` count as absent.
  bool matches(const simdjson::dom::element& event,
               std::span<const std::string_view> hidden = {}) const;
  // Whether the field at this path, with dots, is matched as a value rather than as an object.
  bool takes_value_of(std::string_view path) const;

  struct Program;

 private:
  std::shared_ptr<const Program> program_;
};

}  // namespace penstock::stream
