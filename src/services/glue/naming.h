// How a crawler names the tables it makes.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace penstock::glue {

// TablePrefix and the last element of the root ("sales/2024-data/" or "sales/data.json"; the bucket
// when the root is empty), in lower case, with everything but letters, digits and underscores as
// underscores.
std::string table_name(std::string_view prefix, std::string_view bucket, std::string_view root);

// `name`, or when it is taken `name` with a hash of the location behind it, as AWS resolves
// conflicts.
std::string free_table_name(const std::string& name, std::string_view location,
                            const std::function<bool(const std::string&)>& is_taken);

}  // namespace penstock::glue
