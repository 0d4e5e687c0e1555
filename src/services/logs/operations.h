// Every operation of CloudWatch Logs that is served. The table is in operations.cc.
#pragma once

#include "gen/logs/shapes.h"
#include "protocol/api_error.h"
#include "protocol/context.h"

namespace penstock::logs {

struct Service;
using protocol::Context;
using protocol::Reply;

// groups.cc
Reply<api::CreateLogGroupOutput> create_log_group(Service&, const Context&,
                                                  api::CreateLogGroupRequest);
Reply<api::DeleteLogGroupOutput> delete_log_group(Service&, const Context&,
                                                  api::DeleteLogGroupRequest);
Reply<api::DescribeLogGroupsResponse> describe_log_groups(Service&, const Context&,
                                                          api::DescribeLogGroupsRequest);
Reply<api::PutRetentionPolicyOutput> put_retention_policy(Service&, const Context&,
                                                          api::PutRetentionPolicyRequest);
Reply<api::DeleteRetentionPolicyOutput> delete_retention_policy(Service&, const Context&,
                                                                api::DeleteRetentionPolicyRequest);
// streams.cc
Reply<api::CreateLogStreamOutput> create_log_stream(Service&, const Context&,
                                                    api::CreateLogStreamRequest);
Reply<api::DeleteLogStreamOutput> delete_log_stream(Service&, const Context&,
                                                    api::DeleteLogStreamRequest);
Reply<api::DescribeLogStreamsResponse> describe_log_streams(Service&, const Context&,
                                                            api::DescribeLogStreamsRequest);
// put_log_events.cc, get_log_events.cc, filter_log_events.cc
Reply<api::PutLogEventsResponse> put_log_events(Service&, const Context&, api::PutLogEventsRequest);
Reply<api::GetLogEventsResponse> get_log_events(Service&, const Context&, api::GetLogEventsRequest);
Reply<api::FilterLogEventsResponse> filter_log_events(Service&, const Context&,
                                                      api::FilterLogEventsRequest);
// tags.cc
Reply<api::TagResourceOutput> tag_resource(Service&, const Context&, api::TagResourceRequest);
Reply<api::UntagResourceOutput> untag_resource(Service&, const Context&, api::UntagResourceRequest);
Reply<api::ListTagsForResourceResponse> list_tags_for_resource(Service&, const Context&,
                                                               api::ListTagsForResourceRequest);

}  // namespace penstock::logs
