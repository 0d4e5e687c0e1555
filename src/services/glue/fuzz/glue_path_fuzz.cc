// Classifier paths and cron expressions: no text aborts them.
#include <cstdint>
#include <string_view>

#include "services/glue/cron.h"
#include "services/glue/json_path.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock::glue;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto selector = parse_json_paths(text)) {
    JsonReader reader(R"({"a":[{"b":1},{"b":[2,3]}],"c":{"d":null}})");
    JsonValue document;
    std::vector<JsonValue> scratch;
    if (reader.next(document) == JsonStatus::kValue) {
      static_cast<void>(select_rows(*selector, document, scratch));
    }
  }
  if (const auto cron = penstock::glue::Cron::parse(text)) {
    static_cast<void>(
        cron->next_after(penstock::Timestamp::from_seconds(std::int64_t{1'700'000'000})));
  }
  return 0;
}
