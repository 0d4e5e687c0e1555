// UpdateContributorInsights, DescribeContributorInsights, ListContributorInsights. There is no
// CloudWatch that would hold the rules, so insights stay disabled: enabling them is refused by
// name, and the rest answers truthfully.
#include <fmt/format.h>

#include "services/dynamodb/dynamodb.h"
#include "services/dynamodb/names.h"
#include "services/dynamodb/operations.h"

namespace penstock::dynamodb {
namespace {

// The table, and the global index when one is named.
ApiResult<TablePtr> look_up_insights(Service& service, const Context& context,
                                     const std::string& table,
                                     const std::optional<std::string>& index) {
  TRY(TablePtr live, look_up_table_by_name(service, context, table));
  if (!index) return live;
  const Index* found = live->table.find_index(*index);
  if (found != nullptr && found->global) return live;
  return protocol::refuse("ResourceNotFoundException",
                          fmt::format("Requested resource not found: Index: {} not found", *index));
}

}  // namespace

Reply<api::UpdateContributorInsightsOutput> update_contributor_insights(
    Service& service, const Context& context, api::UpdateContributorInsightsInput input) {
  CO_TRY(const TablePtr live,
         look_up_insights(service, context, input.table_name, input.index_name));
  if (input.contributor_insights_action == "ENABLE")
    co_return not_supported("ContributorInsightsAction ENABLE");
  api::UpdateContributorInsightsOutput output;
  output.table_name = live->table.name;
  output.index_name = input.index_name;
  output.contributor_insights_status = "DISABLED";
  co_return output;
}

Reply<api::DescribeContributorInsightsOutput> describe_contributor_insights(
    Service& service, const Context& context, api::DescribeContributorInsightsInput input) {
  CO_TRY(const TablePtr live,
         look_up_insights(service, context, input.table_name, input.index_name));
  api::DescribeContributorInsightsOutput output;
  output.table_name = live->table.name;
  output.index_name = input.index_name;
  output.contributor_insights_status = "DISABLED";
  co_return output;
}

Reply<api::ListContributorInsightsOutput> list_contributor_insights(
    Service& service, const Context& context, api::ListContributorInsightsInput input) {
  if (input.table_name) CO_TRY_VOID(look_up_table_by_name(service, context, *input.table_name));
  // What is disabled is not listed.
  api::ListContributorInsightsOutput output;
  output.contributor_insights_summaries.emplace();
  co_return output;
}

}  // namespace penstock::dynamodb
