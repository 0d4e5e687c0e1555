// The JSON classifier: is this JSON, and what are its columns?
#pragma once

#include <optional>

#include "services/glue/json_path.h"
#include "services/glue/schema.h"

namespace penstock::glue {

// The type of one value: 1 is int, 3000000000 bigint, 1.0 double; text is always string, never a
// date.
HiveType type_of(const JsonValue& value);

// nullopt when the sample does not begin with a JSON object or array, or when the selector finds no
// row. `path_text` is the custom classifier's JsonPath as written, or empty for the built-in one.
std::optional<FileSchema> infer_json(const Sample& sample, const JsonRowSelector& selector,
                                     const std::string& path_text);

}  // namespace penstock::glue
