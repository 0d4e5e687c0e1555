// What is the same for every table: DescribeLimits, DescribeEndpoints, and the features that are
// off.
#include "services/dynamodb/dynamodb.h"
#include "services/dynamodb/names.h"
#include "services/dynamodb/operations.h"

namespace penstock::dynamodb {

Reply<api::DescribeLimitsOutput> describe_limits(Service&, const Context&,
                                                 api::DescribeLimitsInput) {
  api::DescribeLimitsOutput output;
  output.account_max_read_capacity_units = 80'000;
  output.account_max_write_capacity_units = 80'000;
  output.table_max_read_capacity_units = 40'000;
  output.table_max_write_capacity_units = 40'000;
  co_return output;
}

Reply<api::DescribeEndpointsResponse> describe_endpoints(Service&, const Context& context,
                                                         api::DescribeEndpointsRequest) {
  // host[:port], as clients put it behind their own scheme.
  api::DescribeEndpointsResponse output;
  output.endpoints.push_back({context.host.empty() ? "localhost" : context.host, 1'440});
  co_return output;
}

Reply<api::DescribeContinuousBackupsOutput> describe_continuous_backups(
    Service& service, const Context& context, api::DescribeContinuousBackupsInput input) {
  CO_TRY(const std::string name, resolve_table_name(context, input.table_name));
  if (service.registry.find_table(context.account, context.region, name) == nullptr) {
    // This family of operations has its own code for a missing table.
    co_return protocol::refuse("TableNotFoundException", "Table not found: " + name);
  }
  api::DescribeContinuousBackupsOutput output;
  auto& description = output.continuous_backups_description.emplace();
  description.continuous_backups_status = "ENABLED";
  description.point_in_time_recovery_description.emplace();
  description.point_in_time_recovery_description->point_in_time_recovery_status = "DISABLED";
  co_return output;
}

}  // namespace penstock::dynamodb
