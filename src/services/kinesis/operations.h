// Every operation of Kinesis Data Streams that is served. The table is in operations.cc.
#pragma once

#include "gen/kinesis/shapes.h"
#include "protocol/api_error.h"
#include "protocol/context.h"

namespace penstock::kinesis {

struct Service;
using protocol::Context;
using protocol::Reply;

// streams.cc
Reply<api::CreateStreamOutput> create_stream(Service&, const Context&, api::CreateStreamInput);
Reply<api::DeleteStreamOutput> delete_stream(Service&, const Context&, api::DeleteStreamInput);
Reply<api::IncreaseStreamRetentionPeriodOutput> increase_stream_retention_period(
    Service&, const Context&, api::IncreaseStreamRetentionPeriodInput);
Reply<api::DecreaseStreamRetentionPeriodOutput> decrease_stream_retention_period(
    Service&, const Context&, api::DecreaseStreamRetentionPeriodInput);
// settings.cc
Reply<api::UpdateStreamModeOutput> update_stream_mode(Service&, const Context&,
                                                      api::UpdateStreamModeInput);
Reply<api::UpdateMaxRecordSizeOutput> update_max_record_size(Service&, const Context&,
                                                             api::UpdateMaxRecordSizeInput);
Reply<api::UpdateStreamWarmThroughputOutput> update_stream_warm_throughput(
    Service&, const Context&, api::UpdateStreamWarmThroughputInput);
Reply<api::DescribeAccountSettingsOutput> describe_account_settings(
    Service&, const Context&, api::DescribeAccountSettingsInput);
Reply<api::UpdateAccountSettingsOutput> update_account_settings(Service&, const Context&,
                                                                api::UpdateAccountSettingsInput);
// encryption.cc
Reply<api::StartStreamEncryptionOutput> start_stream_encryption(Service&, const Context&,
                                                                api::StartStreamEncryptionInput);
Reply<api::StopStreamEncryptionOutput> stop_stream_encryption(Service&, const Context&,
                                                              api::StopStreamEncryptionInput);
// monitoring.cc
Reply<api::EnhancedMonitoringOutput> enable_enhanced_monitoring(Service&, const Context&,
                                                                api::EnableEnhancedMonitoringInput);
Reply<api::EnhancedMonitoringOutput> disable_enhanced_monitoring(
    Service&, const Context&, api::DisableEnhancedMonitoringInput);
// resource_policies.cc
Reply<api::PutResourcePolicyOutput> put_resource_policy(Service&, const Context&,
                                                        api::PutResourcePolicyInput);
Reply<api::GetResourcePolicyOutput> get_resource_policy(Service&, const Context&,
                                                        api::GetResourcePolicyInput);
Reply<api::DeleteResourcePolicyOutput> delete_resource_policy(Service&, const Context&,
                                                              api::DeleteResourcePolicyInput);
// resharding.cc
Reply<api::SplitShardOutput> split_shard(Service&, const Context&, api::SplitShardInput);
Reply<api::MergeShardsOutput> merge_shards(Service&, const Context&, api::MergeShardsInput);
Reply<api::UpdateShardCountOutput> update_shard_count(Service&, const Context&,
                                                      api::UpdateShardCountInput);
// describe.cc
Reply<api::DescribeStreamOutput> describe_stream(Service&, const Context&,
                                                 api::DescribeStreamInput);
Reply<api::DescribeStreamSummaryOutput> describe_stream_summary(Service&, const Context&,
                                                                api::DescribeStreamSummaryInput);
Reply<api::ListStreamsOutput> list_streams(Service&, const Context&, api::ListStreamsInput);
Reply<api::ListShardsOutput> list_shards(Service&, const Context&, api::ListShardsInput);
Reply<api::DescribeLimitsOutput> describe_limits(Service&, const Context&,
                                                 api::DescribeLimitsInput);
// put_records.cc
Reply<api::PutRecordOutput> put_record(Service&, const Context&, api::PutRecordInput);
Reply<api::PutRecordsOutput> put_records(Service&, const Context&, api::PutRecordsInput);
// get_shard_iterator.cc, get_records.cc
Reply<api::GetShardIteratorOutput> get_shard_iterator(Service&, const Context&,
                                                      api::GetShardIteratorInput);
Reply<api::GetRecordsOutput> get_records(Service&, const Context&, api::GetRecordsInput);
// tags.cc
Reply<api::AddTagsToStreamOutput> add_tags_to_stream(Service&, const Context&,
                                                     api::AddTagsToStreamInput);
Reply<api::RemoveTagsFromStreamOutput> remove_tags_from_stream(Service&, const Context&,
                                                               api::RemoveTagsFromStreamInput);
Reply<api::ListTagsForStreamOutput> list_tags_for_stream(Service&, const Context&,
                                                         api::ListTagsForStreamInput);
Reply<api::TagResourceOutput> tag_resource(Service&, const Context&, api::TagResourceInput);
Reply<api::UntagResourceOutput> untag_resource(Service&, const Context&, api::UntagResourceInput);
Reply<api::ListTagsForResourceOutput> list_tags_for_resource(Service&, const Context&,
                                                             api::ListTagsForResourceInput);

// consumers.cc, subscribe_to_shard.cc
Reply<api::RegisterStreamConsumerOutput> register_stream_consumer(Service&, const Context&,
                                                                  api::RegisterStreamConsumerInput);
Reply<api::DescribeStreamConsumerOutput> describe_stream_consumer(Service&, const Context&,
                                                                  api::DescribeStreamConsumerInput);
Reply<api::ListStreamConsumersOutput> list_stream_consumers(Service&, const Context&,
                                                            api::ListStreamConsumersInput);
Reply<api::DeregisterStreamConsumerOutput> deregister_stream_consumer(
    Service&, const Context&, api::DeregisterStreamConsumerInput);
Reply<api::SubscribeToShardOutput> subscribe_to_shard(Service&, const Context&,
                                                      api::SubscribeToShardInput);

}  // namespace penstock::kinesis
