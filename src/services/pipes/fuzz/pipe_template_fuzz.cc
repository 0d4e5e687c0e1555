// Templates and JSON paths from clients: no input aborts; a path reads back as it was written.
#include <simdjson.h>

#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "services/pipes/input_template.h"
#include "services/pipes/json_path.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock::pipes;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static const simdjson::padded_string kEvent(
      std::string_view(R"({"a":{"b":[1,"x",{"c":null}]},"d":"e"})"));
  simdjson::dom::parser parser;
  simdjson::dom::element event;
  CHECK(parser.parse(kEvent).get(event) == simdjson::SUCCESS);
  if (const auto path = parse_json_path(text)) {
    CHECK(parse_json_path(to_string(*path)) == path);
    (void)evaluate_to_text(*path, event);
  }
  if (const auto parsed = InputTemplate::parse(text)) (void)parsed->render(event, {});
  return 0;
}
