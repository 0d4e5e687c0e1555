// Partition values and literals by type: reading and ordering them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace penstock::glue {

enum class PartitionType : std::uint8_t { kString, kNumber, kInteger, kDate, kTimestamp };

// nullopt for a type that cannot be filtered by (structs and the like).
std::optional<PartitionType> partition_type(std::string_view hive_type);

// The form in which values of a type are compared; nullopt when `text` is no value of the type.
std::optional<std::string> canonical_value(PartitionType type, std::string_view text);

// <0, 0, >0. Both are canonical values of `type`.
int compare_values(PartitionType type, std::string_view a, std::string_view b);

// SQL LIKE: % any text, _ one character.
bool like(std::string_view text, std::string_view pattern);

}  // namespace penstock::glue
