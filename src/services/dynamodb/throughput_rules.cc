// Rules for throughput. Texts as measured on AWS in 2026, the decrease rule as documented and
// measured: four decreases a UTC day, then one an hour after the last.
#include "services/dynamodb/throughput_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "services/dynamodb/limits.h"

namespace penstock::dynamodb {
namespace {

constexpr std::int64_t kUnitsMax = 1'000'000'000'000;
constexpr std::int64_t kFreeDecreases = 4;
constexpr std::chrono::seconds kDecreaseInterval{3'600};

constexpr const char* kReferToGuide =
    "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher "
    "limits.";

std::string subject(const std::string& index) { return index.empty() ? "table" : "index " + index; }

// The same where the maxima are meant, which AWS spells in its own way.
std::string maximum_subject(const std::string& index) {
  return index.empty() ? "table" : "index : " + index;
}

std::unexpected<ApiError> out_of_range(const char* member, const std::string& index) {
  return invalid_parameter(
      fmt::format("Requested {} for OnDemandThroughput for {} is outside of valid range", member,
                  maximum_subject(index)));
}

std::optional<OnDemandMaximum> unless_unlimited(const OnDemandMaximum& maximum) {
  if (maximum.read < 0 && maximum.write < 0) return std::nullopt;
  return maximum;
}

// Friday, October 9, 2026 at 12:21:34 AM Coordinated Universal Time
std::string spoken_time(Timestamp time) {
  static constexpr std::array<const char*, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                       "Thursday", "Friday", "Saturday"};
  static constexpr std::array<const char*, 12> kMonths = {
      "January", "February", "March",     "April",   "May",      "June",
      "July",    "August",   "September", "October", "November", "December"};
  const CivilTime civil = civil_from(time);
  const int hour = civil.hour % 12 == 0 ? 12 : civil.hour % 12;
  return fmt::format("{}, {} {}, {} at {}:{:02}:{:02} {} Coordinated Universal Time",
                     kDays.at(static_cast<std::size_t>(civil.day_of_week)),
                     kMonths.at(static_cast<std::size_t>(civil.month - 1)), civil.day, civil.year,
                     hour, civil.minute, civil.second, civil.hour < 12 ? "AM" : "PM");
}

ApiResult<void> check_decrease(const ThroughputHistory& history, Timestamp now) {
  const std::int64_t today = history.decreases_on_day_of(now);
  if (today < kFreeDecreases) return {};
  const Timestamp next = *history.decreased + kDecreaseInterval;
  if (now >= next) return {};
  return limit_exceeded(fmt::format(
      "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC "
      "day. After the first 4 decreases, each subsequent decrease in the same UTC day can be "
      "performed at most once every 3600 seconds. Number of decreases today: {}. Last decrease at "
      "{}. Next decrease can be made at {}",
      today, spoken_time(*history.decreased), spoken_time(next)));
}

ApiResult<void> check_per_table(const char* member, std::int64_t units, const Table& table,
                                const std::string& index) {
  if (units <= kTableUnitsMax) return {};
  const std::string region = table.place.region;
  if (index.empty()) {
    return limit_exceeded(
        fmt::format("The requested {}, {}, is above the per table maximum for the account in {}. "
                    "Per table maximum: {}. {}",
                    member, units, region, kTableUnitsMax, kReferToGuide));
  }
  return limit_exceeded(
      fmt::format("The requested {} for index {}, {}, is above the per index maximum for the "
                  "account in {}. Per index maximum: {}. {}",
                  member, index, units, region, kTableUnitsMax, kReferToGuide));
}

ApiResult<void> check_named(const std::string& what, std::int64_t units, const char* quota,
                            const Table& table) {
  if (units <= kTableUnitsMax) return {};
  return limit_exceeded(
      fmt::format("Subscriber limit exceeded: Requested {} exceeds {} of the account in region {}",
                  what, quota, table.place.region));
}

// Of the table or of one index.
ApiResult<void> check_one(const Table& table, const std::string& index,
                          const Throughput& provisioned,
                          const std::optional<OnDemandMaximum>& maximum, const Throughput& warm) {
  TRY_VOID(check_per_table("ReadCapacityUnits", provisioned.read, table, index));
  TRY_VOID(check_per_table("WriteCapacityUnits", provisioned.write, table, index));
  if (maximum) {
    const std::string whose = " for OnDemandThroughput for " + maximum_subject(index);
    TRY_VOID(check_named("MaxReadRequestUnits" + whose, maximum->read, "TableMaxReadCapacityUnits",
                         table));
    TRY_VOID(check_named("MaxWriteRequestUnits" + whose, maximum->write,
                         "TableMaxWriteCapacityUnits", table));
  }
  const std::string whose = " for WarmThroughput for " + subject(index);
  TRY_VOID(
      check_named("ReadUnitsPerSecond" + whose, warm.read, "TableMaxReadCapacityUnits", table));
  return check_named("WriteUnitsPerSecond" + whose, warm.write, "TableMaxWriteCapacityUnits",
                     table);
}

ApiResult<void> check_account(const char* member, std::int64_t wanted, std::int64_t others,
                              const Table& table) {
  if (wanted + others <= kAccountUnitsMax) return {};
  return limit_exceeded(
      fmt::format("This request would have caused the {0} limit to be exceeded for the account in "
                  "{1}. Current {0} reserved by the account: {2}. Limit: {3}. Requested: {4}. {5}",
                  member, table.place.region, others, kAccountUnitsMax, wanted, kReferToGuide));
}

ApiResult<void> check_first_warm(const char* member, const char* capacity, std::int64_t wanted,
                                 bool on_demand, std::int64_t least, const std::string& index) {
  if (wanted >= least) return {};
  const std::string what =
      fmt::format("Requested {} for WarmThroughput for {} is lower than ", member, subject(index));
  if (!on_demand) return invalid_parameter(what + capacity + " of ProvisionedThroughput");
  return invalid_parameter(what +
                           "initial throughput for OnDemand. See: "
                           "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/"
                           "on-demand-capacity-mode.html#on-demand-capacity-mode-initial");
}

ApiResult<void> check_raised_warm(const char* member, std::int64_t wanted, std::int64_t current,
                                  const std::string& index) {
  if (wanted >= current) return {};
  return invalid_parameter(
      fmt::format("Requested {} for WarmThroughput for {} is lower than current WarmThroughput, "
                  "decreasing WarmThroughput is not supported",
                  member, subject(index)));
}

}  // namespace

ApiResult<void> check_throughput(const api::ProvisionedThroughput& throughput) {
  if (throughput.read_capacity_units > kUnitsMax) {
    return invalid(fmt::format("Given value {} for ReadCapacityUnits is out of bounds",
                               throughput.read_capacity_units));
  }
  if (throughput.write_capacity_units > kUnitsMax) {
    return invalid(fmt::format("Given value {} for WriteCapacityUnits is out of bounds",
                               throughput.write_capacity_units));
  }
  return {};
}

Throughput throughput_of(const api::ProvisionedThroughput& throughput) {
  return {throughput.read_capacity_units, throughput.write_capacity_units};
}

ApiResult<std::optional<OnDemandMaximum>> first_maximum(
    const std::optional<api::OnDemandThroughput>& wanted, bool on_demand,
    const std::string& index) {
  if (!wanted) return std::nullopt;
  const auto refused = [&index](const char* member) {
    const std::string whose = index.empty() ? "" : " for index: " + index;
    return invalid_parameter(
        fmt::format("{} for OnDemandThroughput{} cannot be specified when table BillingMode is "
                    "PROVISIONED.",
                    member, whose));
  };
  if (!on_demand && wanted->max_read_request_units) return refused("MaxReadRequestUnits");
  if (!on_demand && wanted->max_write_request_units) return refused("MaxWriteRequestUnits");
  if (wanted->max_read_request_units.value_or(1) < 1)
    return out_of_range("MaxReadRequestUnits", index);
  if (wanted->max_write_request_units.value_or(1) < 1)
    return out_of_range("MaxWriteRequestUnits", index);
  return unless_unlimited(
      {wanted->max_read_request_units.value_or(-1), wanted->max_write_request_units.value_or(-1)});
}

ApiResult<void> change_maximum(const api::OnDemandThroughput& wanted, bool on_demand,
                               const std::string& index, std::optional<OnDemandMaximum>& maximum) {
  const auto refused = [&index](const char* member) {
    const std::string whose = index.empty() ? "" : " for index : " + index;
    return invalid_parameter(
        fmt::format("{} for OnDemandThroughput{} cannot be specified when the table BillingMode is "
                    "PROVISIONED",
                    member, whose));
  };
  if (!on_demand) {
    return refused(wanted.max_read_request_units ? "MaxReadRequestUnits" : "MaxWriteRequestUnits");
  }
  OnDemandMaximum next = maximum.value_or(OnDemandMaximum{});
  next.read = wanted.max_read_request_units.value_or(next.read);
  next.write = wanted.max_write_request_units.value_or(next.write);
  if (next.read < 1 && next.read != -1) return out_of_range("MaxReadRequestUnits", index);
  if (next.write < 1 && next.write != -1) return out_of_range("MaxWriteRequestUnits", index);
  maximum = unless_unlimited(next);
  return {};
}

ApiResult<Throughput> first_warm(const std::optional<api::WarmThroughput>& wanted, bool on_demand,
                                 const Throughput& provisioned, const std::string& index) {
  const Throughput least = on_demand ? kOnDemandWarm : provisioned;
  if (!wanted) return least;
  const Throughput warm{wanted->read_units_per_second.value_or(least.read),
                        wanted->write_units_per_second.value_or(least.write)};
  TRY_VOID(check_first_warm("ReadUnitsPerSecond", "ReadCapacityUnits", warm.read, on_demand,
                            least.read, index));
  TRY_VOID(check_first_warm("WriteUnitsPerSecond", "WriteCapacityUnits", warm.write, on_demand,
                            least.write, index));
  return warm;
}

ApiResult<void> raise_warm(const api::WarmThroughput& wanted, const std::string& index,
                           Throughput& warm) {
  if (!wanted.read_units_per_second && !wanted.write_units_per_second) {
    // For a table AWS answers InternalFailure here; the text is that for an index.
    return invalid_parameter(
        fmt::format("WarmThroughput must have at least one of ReadUnitsPerSecond or "
                    "WriteUnitsPerSecond specified for {}",
                    index.empty() ? "table" : "index: " + index));
  }
  const Throughput next{wanted.read_units_per_second.value_or(warm.read),
                        wanted.write_units_per_second.value_or(warm.write)};
  TRY_VOID(check_raised_warm("ReadUnitsPerSecond", next.read, warm.read, index));
  TRY_VOID(check_raised_warm("WriteUnitsPerSecond", next.write, warm.write, index));
  warm = next;
  return {};
}

ApiResult<void> change_provisioned(const Throughput& next, Timestamp now, Throughput& current,
                                   ThroughputHistory& history) {
  if (next.read < current.read || next.write < current.write) {
    TRY_VOID(check_decrease(history, now));
    history.decreases = history.decreases_on_day_of(now) + 1;
    history.decreased = now;
  }
  if (next.read > current.read || next.write > current.write) history.increased = now;
  current = next;
  return {};
}

ApiResult<void> check_quotas(const Table& table, const Throughput& others) {
  TRY_VOID(check_one(table, {}, table.throughput, table.on_demand_maximum, table.warm));
  for (const Index& index : table.indexes) {
    if (!index.global) continue;
    TRY_VOID(check_one(table, index.name, index.throughput, index.on_demand_maximum, index.warm));
  }
  const Throughput total = provisioned_total(table);
  TRY_VOID(check_account("ReadCapacityUnits", total.read, others.read, table));
  return check_account("WriteCapacityUnits", total.write, others.write, table);
}

Throughput provisioned_total(const Table& table) {
  Throughput total = table.throughput;
  for (const Index& index : table.indexes) {
    total.read += index.throughput.read;
    total.write += index.throughput.write;
  }
  return total;
}

}  // namespace penstock::dynamodb
