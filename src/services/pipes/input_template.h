// Input templates: JSON or text with placeholders <$.path> and <aws.pipes.…>, rendered per event.
//
// A bare placeholder in a JSON template is rendered as JSON (a member whose value is missing is
// left out); inside a string the text is inserted as it is, objects and arrays without their
// quotes. A template that is not JSON is rendered as text. Immutable after parse().
//
// What a source carries in an encoded field (Kinesis data, an SQS body) is seen decoded. Alone as
// the whole template such a field is text, as AWS documents: {"key":"value"} becomes {key: value}.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace simdjson::dom {
class element;
}

namespace penstock::pipes {

// What the placeholders stand for, beside the event.
struct TemplateFacts {
  std::string pipe_arn;
  std::string pipe_name;
  std::string source_arn;
  std::string target_arn;
  Timestamp ingestion_time;
  std::string enrichment_arn = {};  // Empty: there is none.
  // <aws.pipes.event> as JSON where it differs from what paths see: with its fields still encoded.
  std::string_view encoded_event = {};
  bool payload_is_json = true;                   // Else <aws.pipes.event.json> has no value.
  std::vector<std::string> encoded_fields = {};  // Of the event: "data", "body".
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
