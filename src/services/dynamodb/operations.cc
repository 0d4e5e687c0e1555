// All that DynamoDB and DynamoDB Streams answer. What the models have beyond these tables is
// refused by name.
#include "services/dynamodb/operations.h"

#include <array>

#include "gen/dynamodb/model.h"
#include "gen/dynamodbstreams/model.h"
#include "services/dynamodb/dynamodb.h"

namespace penstock::dynamodb {
namespace {

using protocol::operation;

constexpr auto kOperations = std::to_array<protocol::Operation>({
    operation<op::BatchExecuteStatement, batch_execute_statement>(),
    operation<op::BatchGetItem, batch_get_item>(),
    operation<op::BatchWriteItem, batch_write_item>(),
    operation<op::CreateBackup, create_backup>(),
    operation<op::CreateTable, create_table>(),
    operation<op::DeleteBackup, delete_backup>(),
    operation<op::DeleteItem, delete_item>(),
    operation<op::DeleteResourcePolicy, delete_resource_policy>(),
    operation<op::DeleteTable, delete_table>(),
    operation<op::DescribeBackup, describe_backup>(),
    operation<op::DescribeContinuousBackups, describe_continuous_backups>(),
    operation<op::DescribeContributorInsights, describe_contributor_insights>(),
    operation<op::DescribeEndpoints, describe_endpoints>(),
    operation<op::DescribeExport, describe_export>(),
    operation<op::DescribeImport, describe_import>(),
    operation<op::DescribeKinesisStreamingDestination, describe_kinesis_streaming_destination>(),
    operation<op::DescribeLimits, describe_limits>(),
    operation<op::DescribeTable, describe_table>(),
    operation<op::DescribeTimeToLive, describe_time_to_live>(),
    operation<op::DisableKinesisStreamingDestination, disable_kinesis_streaming_destination>(),
    operation<op::EnableKinesisStreamingDestination, enable_kinesis_streaming_destination>(),
    operation<op::ExecuteStatement, execute_statement>(),
    operation<op::ExecuteTransaction, execute_transaction>(),
    operation<op::ExportTableToPointInTime, export_table_to_point_in_time>(),
    operation<op::GetItem, get_item>(),
    operation<op::GetResourcePolicy, get_resource_policy>(),
    operation<op::ImportTable, import_table>(),
    operation<op::ListBackups, list_backups>(),
    operation<op::ListContributorInsights, list_contributor_insights>(),
    operation<op::ListExports, list_exports>(),
    operation<op::ListImports, list_imports>(),
    operation<op::ListTables, list_tables>(),
    operation<op::ListTagsOfResource, list_tags_of_resource>(),
    operation<op::PutItem, put_item>(),
    operation<op::PutResourcePolicy, put_resource_policy>(),
    operation<op::Query, query>(),
    operation<op::RestoreTableFromBackup, restore_table_from_backup>(),
    operation<op::RestoreTableToPointInTime, restore_table_to_point_in_time>(),
    operation<op::Scan, scan>(),
    operation<op::TagResource, tag_resource>(),
    operation<op::TransactGetItems, transact_get_items>(),
    operation<op::TransactWriteItems, transact_write_items>(),
    operation<op::UntagResource, untag_resource>(),
    operation<op::UpdateContinuousBackups, update_continuous_backups>(),
    operation<op::UpdateContributorInsights, update_contributor_insights>(),
    operation<op::UpdateItem, update_item>(),
    operation<op::UpdateKinesisStreamingDestination, update_kinesis_streaming_destination>(),
    operation<op::UpdateTable, update_table>(),
    operation<op::UpdateTimeToLive, update_time_to_live>(),
});

namespace streams_op = dynamodbstreams::op;

constexpr auto kStreamsOperations = std::to_array<protocol::Operation>({
    operation<streams_op::DescribeStream, describe_stream>(),
    operation<streams_op::GetRecords, get_records>(),
    operation<streams_op::GetShardIterator, get_shard_iterator>(),
    operation<streams_op::ListStreams, list_streams>(),
});

}  // namespace

protocol::ServiceBinding binding(Service& service) {
  return {&kServiceInfo, &service, kOperations};
}

protocol::ServiceBinding streams_binding(Service& service) {
  return {&dynamodbstreams::kServiceInfo, &service, kStreamsOperations};
}

}  // namespace penstock::dynamodb
