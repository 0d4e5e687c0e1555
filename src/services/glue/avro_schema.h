// The schema in the header of an Avro object container file.
#pragma once

#include <string_view>

#include "base/result.h"
#include "services/glue/schema.h"

namespace penstock::glue {

// `head`: the first bytes of the file, long enough for its header.
Result<FileSchema> avro_schema(std::string_view head);

}  // namespace penstock::glue
