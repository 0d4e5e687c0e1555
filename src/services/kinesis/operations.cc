// All that Kinesis answers. What the model has beyond this table is refused by name.
#include "services/kinesis/operations.h"

#include <array>

#include "gen/kinesis/model.h"
#include "services/kinesis/kinesis.h"

namespace penstock::kinesis {
namespace {

using protocol::operation;

constexpr auto kOperations = std::to_array<protocol::Operation>({
    operation<op::AddTagsToStream, add_tags_to_stream>(),
    operation<op::CreateStream, create_stream>(),
    operation<op::DecreaseStreamRetentionPeriod, decrease_stream_retention_period>(),
    operation<op::DeleteResourcePolicy, delete_resource_policy>(),
    operation<op::DeleteStream, delete_stream>(),
    operation<op::DeregisterStreamConsumer, deregister_stream_consumer>(),
    operation<op::DescribeAccountSettings, describe_account_settings>(),
    operation<op::DescribeLimits, describe_limits>(),
    operation<op::DescribeStream, describe_stream>(),
    operation<op::DescribeStreamConsumer, describe_stream_consumer>(),
    operation<op::DescribeStreamSummary, describe_stream_summary>(),
    operation<op::DisableEnhancedMonitoring, disable_enhanced_monitoring>(),
    operation<op::EnableEnhancedMonitoring, enable_enhanced_monitoring>(),
    operation<op::GetRecords, get_records>(),
    operation<op::GetResourcePolicy, get_resource_policy>(),
    operation<op::GetShardIterator, get_shard_iterator>(),
    operation<op::IncreaseStreamRetentionPeriod, increase_stream_retention_period>(),
    operation<op::ListShards, list_shards>(),
    operation<op::ListStreamConsumers, list_stream_consumers>(),
    operation<op::ListStreams, list_streams>(),
    operation<op::ListTagsForResource, list_tags_for_resource>(),
    operation<op::ListTagsForStream, list_tags_for_stream>(),
    operation<op::MergeShards, merge_shards>(),
    operation<op::PutRecord, put_record>(),
    operation<op::PutRecords, put_records>(),
    operation<op::PutResourcePolicy, put_resource_policy>(),
    operation<op::RegisterStreamConsumer, register_stream_consumer>(),
    operation<op::RemoveTagsFromStream, remove_tags_from_stream>(),
    operation<op::SplitShard, split_shard>(),
    operation<op::StartStreamEncryption, start_stream_encryption>(),
    operation<op::StopStreamEncryption, stop_stream_encryption>(),
    operation<op::SubscribeToShard, subscribe_to_shard>(),
    operation<op::TagResource, tag_resource>(),
    operation<op::UntagResource, untag_resource>(),
    operation<op::UpdateAccountSettings, update_account_settings>(),
    operation<op::UpdateMaxRecordSize, update_max_record_size>(),
    operation<op::UpdateShardCount, update_shard_count>(),
    operation<op::UpdateStreamMode, update_stream_mode>(),
    operation<op::UpdateStreamWarmThroughput, update_stream_warm_throughput>(),
});

}  // namespace

protocol::ServiceBinding binding(Service& service) {
  return {&kServiceInfo, &service, kOperations};
}

}  // namespace penstock::kinesis
