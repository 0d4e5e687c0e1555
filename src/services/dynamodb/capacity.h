// Consumed capacity. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "gen/dynamodb/shapes.h"
#include "services/dynamodb/meter.h"
#include "services/dynamodb/table.h"

namespace penstock::dynamodb {

// Units for reading `bytes` at once: 4 KB each, half without consistency, at least one unit's
// worth.
double read_units(std::size_t bytes, bool consistent);
// Units for a write that leaves or leaves behind `bytes`: 1 KB each, at least one.
double write_units(std::size_t bytes);

// Of writing an item whose old and new forms are given (nullptr: absent).
Consumption write_consumption(const Table& table, const AttributeMap* before,
                              const AttributeMap* after);

// Of a write that was refused by its condition, decided on what was stored: as much as a write that
// leaves it as it is.
Consumption refused_consumption(const std::optional<std::string>& stored);

bool wants_capacity(const std::optional<std::string>& return_consumed_capacity);
// Nothing unless it was asked for. `name` is echoed as the caller gave it.
std::optional<api::ConsumedCapacity> consumed(
    const std::optional<std::string>& return_consumed_capacity, const std::string& name,
    const Table& table, const Consumption& consumption);

// A transaction says which units they are, too: measured, where other operations do not.
enum class UnitKind : std::uint8_t { kRead, kWrite };
void name_units(api::ConsumedCapacity& consumed, UnitKind kind);

// ItemCollectionMetrics of a write to a table with local indexes, when asked for. The size is an
// estimate on AWS too; penstock always gives the lowest range.
std::optional<api::ItemCollectionMetrics> collection_metrics(
    const Table& table, const std::optional<std::string>& asked, const AttributeMap& item);

}  // namespace penstock::dynamodb
