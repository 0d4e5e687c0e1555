// Throttling. Codes, reasons and texts as documented.
#include "services/dynamodb/throttle.h"

#include <fmt/format.h>

#include "protocol/json_writer.h"
#include "services/dynamodb/dynamodb.h"

namespace penstock::dynamodb {
namespace {

constexpr const char* kTableExceeded =
    "The level of configured provisioned throughput for the table was exceeded. Consider "
    "increasing your provisioning level with the UpdateTable API.";
constexpr const char* kIndexExceeded =
    "The level of configured provisioned throughput for one or more global secondary indexes of "
    "the table was exceeded. Consider increasing your provisioning level for the "
    "under-provisioned global secondary indexes with the UpdateTable API.";
constexpr const char* kMaximumExceeded =
    "Throughput exceeds the maximum OnDemandThroughput configured on table or index";

}  // namespace

ThrottleReason throttle_reason(const Exhausted& exhausted) {
  if (exhausted.on_demand) return {"ThrottlingError", kMaximumExceeded};
  return {"ProvisionedThroughputExceeded", exhausted.index ? kIndexExceeded : kTableExceeded};
}

std::unexpected<ApiError> throttled(const Exhausted& exhausted) {
  const std::string reason = fmt::format(
      "{}{}{}", exhausted.index ? "Index" : "Table",
      exhausted.access == Access::kRead ? "Read" : "Write",
      exhausted.on_demand ? "MaxOnDemandThroughputExceeded" : "ProvisionedThroughputExceeded");
  std::string json;
  protocol::JsonWriter writer(json);
  writer.begin_array().begin_object().key("reason").string(reason);
  writer.key("resource").string(exhausted.resource).end_object().end_array();
  ApiError error(
      exhausted.on_demand ? "ThrottlingException" : "ProvisionedThroughputExceededException",
      throttle_reason(exhausted).message);
  // The two shapes spell the member differently.
  error.members.push_back(
      {exhausted.on_demand ? "throttlingReasons" : "ThrottlingReasons", std::move(json)});
  return std::unexpected(std::move(error));
}

bool Charges::is_on() const { return service_.options.throttle; }

std::optional<Exhausted> Charges::take(const TablePtr& live, const Consumption& consumption) {
  if (!is_on()) return std::nullopt;
  auto exhausted =
      live->sequencer->meter.take(live->table, consumption, access_, service_.deps.clock.now());
  if (!exhausted) taken_.push_back({live, consumption});
  return exhausted;
}

void Charges::give_back() {
  for (const Taken& taken : taken_)
    taken.live->sequencer->meter.give_back(taken.live->table, taken.consumption, access_);
  taken_.clear();
}

ApiResult<void> charge(Service& service, const TablePtr& live, const Consumption& consumption,
                       Access access) {
  if (const auto exhausted = Charges(service, access).take(live, consumption))
    return throttled(*exhausted);
  return {};
}

}  // namespace penstock::dynamodb
