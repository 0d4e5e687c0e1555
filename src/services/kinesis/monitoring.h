// The shard-level metrics of enhanced monitoring, as one bit each. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace penstock::kinesis {

// "ALL" stands for every one of them. Unknown names are not there: the decoder refuses them.
std::uint32_t metric_bits(const std::vector<std::string>& names);
std::vector<std::string> metric_names(std::uint32_t bits);

}  // namespace penstock::kinesis
