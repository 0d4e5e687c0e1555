// What is the same for every table: DescribeLimits, DescribeEndpoints.
#include "services/dynamodb/dynamodb.h"
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

}  // namespace penstock::dynamodb
