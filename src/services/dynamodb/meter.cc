// Token buckets. Rates may change at any time; a bucket that did not exist before is full.
#include "services/dynamodb/meter.h"

#include <algorithm>
#include <vector>

#include "services/dynamodb/limits.h"

namespace penstock::dynamodb {
namespace {

// A part of a consumption that one bucket pays.
struct Charge {
  const Index* index = nullptr;  // nullptr: the table.
  double units = 0;
  std::int64_t rate = 0;
};

std::optional<std::int64_t> rate_of(const Table& table, const Index* index, Access access) {
  const auto pick = [access](const auto& both) {
    return access == Access::kRead ? both.read : both.write;
  };
  if (!table.on_demand) return pick(index != nullptr ? index->throughput : table.throughput);
  const auto& maximum = index != nullptr ? index->on_demand_maximum : table.on_demand_maximum;
  if (!maximum || pick(*maximum) < 0) return std::nullopt;
  return pick(*maximum);
}

std::vector<Charge> charges_of(const Table& table, const Consumption& consumption, Access access) {
  double of_table = consumption.table;
  std::vector<Charge> charges;
  for (const auto& [name, units] : consumption.indexes) {
    const Index* index = table.find_index(name);
    if (index == nullptr) continue;
    if (!index->global) {
      of_table += units;
    } else if (const auto rate = rate_of(table, index, access); rate && units > 0) {
      charges.push_back({index, units, *rate});
    }
  }
  if (const auto rate = rate_of(table, nullptr, access); rate && of_table > 0)
    charges.push_back({nullptr, of_table, *rate});
  return charges;
}

double capacity_of(std::int64_t rate) {
  return static_cast<double>(rate) * static_cast<double>(kBurst.count());
}

std::uint32_t number_of(const Table& table, const Charge& charge) {
  return charge.index != nullptr ? charge.index->number : table.number;
}

}  // namespace

void Consumption::add(const Consumption& other) {
  table += other.table;
  for (const auto& [name, units] : other.indexes) indexes[name] += units;
}

void Consumption::multiply(double factor) {
  table *= factor;
  for (auto& [name, units] : indexes) units *= factor;
}

Meter::Bucket& Meter::bucket(Key key, std::int64_t rate, Timestamp now) {
  const auto [found, added] = buckets_.try_emplace(key, Bucket{capacity_of(rate), rate, now});
  Bucket& bucket = found->second;
  if (now > bucket.at) {
    const double seconds = static_cast<double>((now - bucket.at).count()) / 1e6;
    bucket.units += seconds * static_cast<double>(bucket.rate);
    bucket.at = now;
  }
  bucket.rate = rate;
  bucket.units = std::min(bucket.units, capacity_of(rate));
  return bucket;
}

std::optional<Exhausted> Meter::take(const Table& table, const Consumption& consumption,
                                     Access access, Timestamp now) {
  const std::vector<Charge> charges = charges_of(table, consumption, access);
  const std::lock_guard lock(mutex_);
  for (const Charge& charge : charges) {
    const Bucket& from = bucket({number_of(table, charge), access}, charge.rate, now);
    if (from.units >= std::min(charge.units, capacity_of(charge.rate))) continue;
    return Exhausted{
        .access = access,
        .index = charge.index != nullptr,
        .on_demand = table.on_demand,
        .resource = charge.index != nullptr ? table.index_arn(*charge.index) : table.arn()};
  }
  for (const Charge& charge : charges)
    buckets_[{number_of(table, charge), access}].units -= charge.units;
  return std::nullopt;
}

void Meter::follow(const Table& next, Timestamp now) {
  const std::lock_guard lock(mutex_);
  const auto set_rate = [this, &next, now](const Index* index, Access access) {
    const Key key{index != nullptr ? index->number : next.number, access};
    if (!buckets_.contains(key)) return;
    const auto rate = rate_of(next, index, access);
    if (rate) {
      bucket(key, *rate, now);
    } else {
      buckets_.erase(key);
    }
  };
  for (const Access access : {Access::kRead, Access::kWrite}) {
    set_rate(nullptr, access);
    for (const Index& index : next.indexes) set_rate(&index, access);
  }
}

void Meter::give_back(const Table& table, const Consumption& consumption, Access access) {
  const std::lock_guard lock(mutex_);
  for (const Charge& charge : charges_of(table, consumption, access)) {
    const auto found = buckets_.find({number_of(table, charge), access});
    if (found != buckets_.end()) found->second.units += charge.units;
  }
}

}  // namespace penstock::dynamodb
