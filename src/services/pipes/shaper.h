// From an event to what a stage of the pipe gets for it: the rendered template, and the values of
// the dynamic parameters. Pure; one Shaper belongs to one lane.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "services/pipes/pipe.h"

namespace simdjson::dom {
class element;
}

namespace penstock::pipes {

struct Outgoing {
  std::string data;
  // What the target's own parameters are for this event; empty where there is none.
  std::string key;     // PartitionKey, MessageGroupId or LogStreamName.
  std::string detail;  // MessageDeduplicationId or Timestamp.
};

enum class Stage : std::uint8_t { kEnrichment, kTarget };

class Shaper {
 public:
  // Requires a configuration that validate.h accepted, for kEnrichment one with an enrichment.
  Shaper(const PipeConfig& config, Stage stage);
  ~Shaper();
  Shaper(Shaper&&) noexcept;

  // Whether shape() looks into the event; otherwise its text is all that is needed.
  bool looks() const;
  bool has_template() const;
  // `text`: the event as it is handed on without a template. `event` may be null if !looks().
  // `payload_is_json`: that of an event of the source. An error: the event cannot be sent as the
  // pipe is configured.
  Result<Outgoing> shape(const simdjson::dom::element* event, std::string text, Timestamp now,
                         bool payload_is_json = true);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::pipes
