// JSON paths as Pipes have them: $, dot names, [n] and [*]. No filters, slices or bracketed names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace simdjson::dom {
class element;
}

namespace penstock::pipes {

struct JsonPath {
  struct Step {
    enum class Kind : std::uint8_t { kName, kIndex, kAll };
    Kind kind = Kind::kName;
    std::string name;
    std::size_t index = 0;
    friend bool operator==(const Step&, const Step&) = default;
  };
  std::vector<Step> steps;
  friend bool operator==(const JsonPath&, const JsonPath&) = default;
};

// The model's grammar: \$(\.[\w/_-]+(\[(\d+|\*)\])*)*
std::optional<JsonPath> parse_json_path(std::string_view text);
std::string to_string(const JsonPath& path);

// The value as JSON text; with a [*] in the path an array of all that is there. nullopt when
// absent.
std::optional<std::string> evaluate_to_json(const JsonPath& path,
                                            const simdjson::dom::element& root);
// The value as plain text: a string without quotes, anything else as JSON.
std::optional<std::string> evaluate_to_text(const JsonPath& path,
                                            const simdjson::dom::element& root);

}  // namespace penstock::pipes
