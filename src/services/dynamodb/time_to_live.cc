// UpdateTimeToLive, DescribeTimeToLive. Both settings take effect at once; AWS, too, was not seen
// in ENABLING or DISABLING.
#include <fmt/format.h>

#include "services/dynamodb/dynamodb.h"
#include "services/dynamodb/expiry.h"
#include "services/dynamodb/keys.h"
#include "services/dynamodb/limits.h"
#include "services/dynamodb/names.h"
#include "services/dynamodb/operations.h"
#include "services/dynamodb/tables.h"

namespace penstock::dynamodb {
namespace {

ApiResult<void> check_time_to_live(const Table& table, const api::TimeToLiveSpecification& wanted,
                                   Timestamp now) {
  const auto& current = table.time_to_live;
  if (table.tracks_expiry()) {
    if (current->attribute != wanted.attribute_name) {
      return invalid(fmt::format(
          "TimeToLive is active on a different AttributeName: current AttributeName is {}",
          current->attribute));
    }
    if (wanted.enabled) return invalid("TimeToLive is already enabled");
  } else if (!wanted.enabled) {
    return invalid("TimeToLive is already disabled");
  }
  if (current && now < current->changed + kTimeToLiveCoolDown) {
    return invalid("Time to live has been modified multiple times within a fixed interval");
  }
  return {};
}

}  // namespace

Reply<api::DescribeTimeToLiveOutput> describe_time_to_live(Service& service, const Context& context,
                                                           api::DescribeTimeToLiveInput input) {
  CO_TRY(const TablePtr live, look_up_table_by_name(service, context, input.table_name));
  if (live->table.is_filling()) {
    co_return invalid(
        "Cannot describe time to live while table is in CREATING state: Current table state is "
        "CREATING");
  }
  api::DescribeTimeToLiveOutput output;
  auto& description = output.time_to_live_description.emplace();
  description.time_to_live_status = live->table.tracks_expiry() ? "ENABLED" : "DISABLED";
  if (live->table.tracks_expiry()) {
    description.attribute_name = live->table.time_to_live->attribute;
  }
  co_return output;
}

Reply<api::UpdateTimeToLiveOutput> update_time_to_live(Service& service, const Context& context,
                                                       api::UpdateTimeToLiveInput input) {
  CO_TRY(const std::string name, resolve_table_name(context, input.table_name));
  const auto turn =
      co_await service.control_turns.enter(hash_bytes(table_key(context.place(), name)));
  CO_TRY(const TablePtr live, look_up_table_by_name(service, context, name));
  if (live->table.is_filling()) {
    co_return resource_in_use(fmt::format("Table {} is being created", name));
  }
  const api::TimeToLiveSpecification& wanted = input.time_to_live_specification;
  const Timestamp now = service.deps.clock.now();
  CO_TRY_VOID(check_time_to_live(live->table, wanted, now));
  Table next = live->table;
  next.time_to_live =
      TimeToLive{.attribute = wanted.attribute_name, .enabled = wanted.enabled, .changed = now};
  storage::Batch batch;
  if (!wanted.enabled) erase_expiries(batch, next.number);
  CO_TRY_VOID(co_await change_table(service, live, std::move(next), std::move(batch), nullptr));
  if (wanted.enabled) start_expiry_backfill(service, context.place(), name);
  api::UpdateTimeToLiveOutput output;
  output.time_to_live_specification = wanted;
  co_return output;
}

}  // namespace penstock::dynamodb
