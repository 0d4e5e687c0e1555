// Whole-file compression: recognising it, and inflating the beginning of a gzip file.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.h"
#include "services/glue/schema.h"

namespace penstock::glue {

// "none", "gzip", "bzip2", "zstd", "snappy" or "lz4", by the first bytes.
std::string_view compression_of(std::string_view bytes);

// Inflates up to `bytes_max` of what `bytes` (the first part of a gzip file, or all of it) holds;
// members that follow each other are one text. Fails with kCorrupt when the bytes are not gzip.
Result<Sample> inflate_gzip(std::string_view bytes, bool whole, std::size_t bytes_max);

}  // namespace penstock::glue
