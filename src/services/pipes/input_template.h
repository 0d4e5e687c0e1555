// Input templates: JSON or text with placeholders <$.path> and <aws.pipes.…>, rendered per event.
//
// A bare placeholder in a JSON template is rendered as JSON (a member whose value is missing is
// left out); inside a string the text is inserted as it is, objects and arrays without their
// quotes. A template that is not JSON is rendered as text. Immutable after parse().
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace simdjson::dom {
class element;
}

namespace penstock::pipes {

// What the reserved placeholders stand for.
struct TemplateFacts {
  std::string pipe_arn;
  std::string pipe_name;
  std::string source_arn;
  std::string target_arn;
  Timestamp ingestion_time;
};

class InputTemplate {
 public:
  static Result<InputTemplate> parse(std::string_view text);
  std::string render(const simdjson::dom::element& event, const TemplateFacts& facts) const;

  struct Node;

 private:
  std::shared_ptr<const Node> root_;
};

}  // namespace penstock::pipes
