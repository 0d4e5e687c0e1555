// All that CloudWatch Logs answers. What the model has beyond this table is refused by name.
#include "services/logs/operations.h"

#include <array>

#include "gen/logs/model.h"
#include "services/logs/logs.h"

namespace penstock::logs {
namespace {

using protocol::operation;

constexpr auto kOperations = std::to_array<protocol::Operation>({
    operation<op::CreateLogGroup, create_log_group>(),
    operation<op::CreateLogStream, create_log_stream>(),
    operation<op::DeleteLogGroup, delete_log_group>(),
    operation<op::DeleteLogStream, delete_log_stream>(),
    operation<op::DeleteRetentionPolicy, delete_retention_policy>(),
    operation<op::DescribeLogGroups, describe_log_groups>(),
    operation<op::DescribeLogStreams, describe_log_streams>(),
    operation<op::FilterLogEvents, filter_log_events>(),
    operation<op::GetLogEvents, get_log_events>(),
    operation<op::ListTagsForResource, list_tags_for_resource>(),
    operation<op::PutLogEvents, put_log_events>(),
    operation<op::PutRetentionPolicy, put_retention_policy>(),
    operation<op::TagResource, tag_resource>(),
    operation<op::UntagResource, untag_resource>(),
});

}  // namespace

protocol::ServiceBinding binding(Service& service) {
  return {&kServiceInfo, &service, kOperations};
}

}  // namespace penstock::logs
