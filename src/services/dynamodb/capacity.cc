// Consumed capacity, after the developer guide's rules.
#include "services/dynamodb/capacity.h"

#include <algorithm>

#include "services/dynamodb/item.h"
#include "services/dynamodb/keys.h"

namespace penstock::dynamodb {
namespace {

double round_up(std::size_t bytes, std::size_t unit) {
  return static_cast<double>(std::max<std::size_t>(1, (bytes + unit - 1) / unit));
}

api::Capacity capacity_of(double units) {
  api::Capacity capacity;
  capacity.capacity_units = units;
  return capacity;
}

// Each entry that is written or deleted counts; a changed key is a delete and a put.
double index_units(const Index& index, const KeySchema& keys, const AttributeMap* before,
                   const AttributeMap* after) {
  const auto old_entry = before != nullptr ? index_entry(index, keys, *before) : std::nullopt;
  const auto new_entry = after != nullptr ? index_entry(index, keys, *after) : std::nullopt;
  if (old_entry == new_entry) return 0;
  if (old_entry && new_entry &&
      index_entry_key(index, keys, *old_entry) == index_entry_key(index, keys, *new_entry)) {
    return write_units(std::max(item_size(*old_entry), item_size(*new_entry)));
  }
  double units = 0;
  if (old_entry) units += write_units(item_size(*old_entry));
  if (new_entry) units += write_units(item_size(*new_entry));
  return units;
}

}  // namespace

double read_units(std::size_t bytes, bool consistent) {
  return round_up(bytes, 4096) * (consistent ? 1 : 0.5);
}

double write_units(std::size_t bytes) { return round_up(bytes, 1024); }

Consumption write_consumption(const Table& table, const AttributeMap* before,
                              const AttributeMap* after) {
  const std::size_t old_size = before != nullptr ? item_size(*before) : 0;
  const std::size_t new_size = after != nullptr ? item_size(*after) : 0;
  Consumption out;
  out.table = write_units(std::max(old_size, new_size));
  for (const Index& index : table.indexes) {
    const double units = index_units(index, table.keys, before, after);
    if (units > 0) out.indexes[index.name] += units;
  }
  return out;
}

Consumption refused_consumption(const std::optional<std::string>& stored) {
  std::size_t size = 0;
  if (stored) {
    if (const auto item = decode_item(*stored)) size = item_size(*item);
  }
  return {.table = write_units(size), .indexes = {}};
}

bool wants_capacity(const std::optional<std::string>& asked) { return asked && *asked != "NONE"; }

std::optional<api::ConsumedCapacity> consumed(const std::optional<std::string>& asked,
                                              const std::string& name, const Table& table,
                                              const Consumption& consumption) {
  if (!wants_capacity(asked)) return std::nullopt;
  api::ConsumedCapacity out;
  out.table_name = name;
  double total = consumption.table;
  std::map<std::string, api::Capacity> global, local;
  for (const auto& [index_name, units] : consumption.indexes) {
    total += units;
    const Index* index = table.find_index(index_name);
    if (index == nullptr) continue;
    (index->global ? global : local)[index_name] = capacity_of(units);
  }
  out.capacity_units = total;
  if (*asked != "INDEXES") return out;
  out.table = capacity_of(consumption.table);
  if (!global.empty()) out.global_secondary_indexes = std::move(global);
  if (!local.empty()) out.local_secondary_indexes = std::move(local);
  return out;
}

void name_units(api::ConsumedCapacity& consumed, UnitKind kind) {
  const auto name = [kind](auto& units) {
    (kind == UnitKind::kRead ? units.read_capacity_units : units.write_capacity_units) =
        units.capacity_units;
  };
  name(consumed);
  if (consumed.table) name(*consumed.table);
  for (auto* indexes : {&consumed.global_secondary_indexes, &consumed.local_secondary_indexes}) {
    if (!*indexes) continue;
    for (auto& [index, units] : **indexes) name(units);
  }
}

std::optional<api::ItemCollectionMetrics> collection_metrics(
    const Table& table, const std::optional<std::string>& asked, const AttributeMap& item) {
  if (asked != "SIZE" || !table.has_local_index()) return std::nullopt;
  api::ItemCollectionMetrics metrics;
  metrics.item_collection_key.emplace().set(table.keys.hash.name, *item.find(table.keys.hash.name));
  metrics.size_estimate_range_gb = {0.0, 1.0};
  return metrics;
}

}  // namespace penstock::dynamodb
