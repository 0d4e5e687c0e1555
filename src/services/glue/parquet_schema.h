// The schema in the footer of a Parquet file.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "services/glue/schema.h"

namespace penstock::glue {

inline constexpr std::size_t kParquetTailBytes = 8;  // Footer length and "PAR1".

// The footer length from the last kParquetTailBytes bytes; nullopt when they are no Parquet tail.
std::optional<std::uint32_t> parquet_footer_length(std::string_view tail);

// `footer`: the bytes of FileMetaData, in Thrift's compact protocol.
Result<FileSchema> parquet_schema(std::string_view footer);

}  // namespace penstock::glue
