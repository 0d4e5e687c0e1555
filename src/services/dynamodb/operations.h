// What DynamoDB and DynamoDB Streams answer: one function per operation.
#pragma once

#include "gen/dynamodb/shapes.h"
#include "gen/dynamodbstreams/shapes.h"
#include "protocol/api_error.h"
#include "protocol/context.h"

namespace penstock::dynamodb {

struct Service;
using protocol::Context;
using protocol::Reply;
namespace streams_api = dynamodbstreams::api;

Reply<api::BatchExecuteStatementOutput> batch_execute_statement(Service&, const Context&,
                                                                api::BatchExecuteStatementInput);
Reply<api::BatchGetItemOutput> batch_get_item(Service&, const Context&, api::BatchGetItemInput);
Reply<api::BatchWriteItemOutput> batch_write_item(Service&, const Context&,
                                                  api::BatchWriteItemInput);
Reply<api::CreateBackupOutput> create_backup(Service&, const Context&, api::CreateBackupInput);
Reply<api::CreateTableOutput> create_table(Service&, const Context&, api::CreateTableInput);
Reply<api::DeleteBackupOutput> delete_backup(Service&, const Context&, api::DeleteBackupInput);
Reply<api::DeleteItemOutput> delete_item(Service&, const Context&, api::DeleteItemInput);
Reply<api::DeleteResourcePolicyOutput> delete_resource_policy(Service&, const Context&,
                                                              api::DeleteResourcePolicyInput);
Reply<api::DeleteTableOutput> delete_table(Service&, const Context&, api::DeleteTableInput);
Reply<api::DescribeBackupOutput> describe_backup(Service&, const Context&,
                                                 api::DescribeBackupInput);
Reply<api::DescribeContinuousBackupsOutput> describe_continuous_backups(
    Service&, const Context&, api::DescribeContinuousBackupsInput);
Reply<api::DescribeContributorInsightsOutput> describe_contributor_insights(
    Service&, const Context&, api::DescribeContributorInsightsInput);
Reply<api::DescribeEndpointsResponse> describe_endpoints(Service&, const Context&,
                                                         api::DescribeEndpointsRequest);
Reply<api::DescribeExportOutput> describe_export(Service&, const Context&,
                                                 api::DescribeExportInput);
Reply<api::DescribeImportOutput> describe_import(Service&, const Context&,
                                                 api::DescribeImportInput);
Reply<api::DescribeKinesisStreamingDestinationOutput> describe_kinesis_streaming_destination(
    Service&, const Context&, api::DescribeKinesisStreamingDestinationInput);
Reply<api::DescribeLimitsOutput> describe_limits(Service&, const Context&,
                                                 api::DescribeLimitsInput);
Reply<api::DescribeTableOutput> describe_table(Service&, const Context&, api::DescribeTableInput);
Reply<api::DescribeTimeToLiveOutput> describe_time_to_live(Service&, const Context&,
                                                           api::DescribeTimeToLiveInput);
Reply<api::KinesisStreamingDestinationOutput> disable_kinesis_streaming_destination(
    Service&, const Context&, api::KinesisStreamingDestinationInput);
Reply<api::KinesisStreamingDestinationOutput> enable_kinesis_streaming_destination(
    Service&, const Context&, api::KinesisStreamingDestinationInput);
Reply<api::ExecuteStatementOutput> execute_statement(Service&, const Context&,
                                                     api::ExecuteStatementInput);
Reply<api::ExecuteTransactionOutput> execute_transaction(Service&, const Context&,
                                                         api::ExecuteTransactionInput);
Reply<api::ExportTableToPointInTimeOutput> export_table_to_point_in_time(
    Service&, const Context&, api::ExportTableToPointInTimeInput);
Reply<api::GetItemOutput> get_item(Service&, const Context&, api::GetItemInput);
Reply<api::GetResourcePolicyOutput> get_resource_policy(Service&, const Context&,
                                                        api::GetResourcePolicyInput);
Reply<api::ImportTableOutput> import_table(Service&, const Context&, api::ImportTableInput);
Reply<api::ListBackupsOutput> list_backups(Service&, const Context&, api::ListBackupsInput);
Reply<api::ListContributorInsightsOutput> list_contributor_insights(
    Service&, const Context&, api::ListContributorInsightsInput);
Reply<api::ListExportsOutput> list_exports(Service&, const Context&, api::ListExportsInput);
Reply<api::ListImportsOutput> list_imports(Service&, const Context&, api::ListImportsInput);
Reply<api::ListTablesOutput> list_tables(Service&, const Context&, api::ListTablesInput);
Reply<api::ListTagsOfResourceOutput> list_tags_of_resource(Service&, const Context&,
                                                           api::ListTagsOfResourceInput);
Reply<api::PutItemOutput> put_item(Service&, const Context&, api::PutItemInput);
Reply<api::PutResourcePolicyOutput> put_resource_policy(Service&, const Context&,
                                                        api::PutResourcePolicyInput);
Reply<api::QueryOutput> query(Service&, const Context&, api::QueryInput);
Reply<api::RestoreTableFromBackupOutput> restore_table_from_backup(
    Service&, const Context&, api::RestoreTableFromBackupInput);
Reply<api::RestoreTableToPointInTimeOutput> restore_table_to_point_in_time(
    Service&, const Context&, api::RestoreTableToPointInTimeInput);
Reply<api::ScanOutput> scan(Service&, const Context&, api::ScanInput);
Reply<api::TagResourceOutput> tag_resource(Service&, const Context&, api::TagResourceInput);
Reply<api::TransactGetItemsOutput> transact_get_items(Service&, const Context&,
                                                      api::TransactGetItemsInput);
Reply<api::TransactWriteItemsOutput> transact_write_items(Service&, const Context&,
                                                          api::TransactWriteItemsInput);
Reply<api::UntagResourceOutput> untag_resource(Service&, const Context&, api::UntagResourceInput);
Reply<api::UpdateContinuousBackupsOutput> update_continuous_backups(
    Service&, const Context&, api::UpdateContinuousBackupsInput);
Reply<api::UpdateContributorInsightsOutput> update_contributor_insights(
    Service&, const Context&, api::UpdateContributorInsightsInput);
Reply<api::UpdateItemOutput> update_item(Service&, const Context&, api::UpdateItemInput);
Reply<api::UpdateKinesisStreamingDestinationOutput> update_kinesis_streaming_destination(
    Service&, const Context&, api::UpdateKinesisStreamingDestinationInput);
Reply<api::UpdateTableOutput> update_table(Service&, const Context&, api::UpdateTableInput);
Reply<api::UpdateTimeToLiveOutput> update_time_to_live(Service&, const Context&,
                                                       api::UpdateTimeToLiveInput);

Reply<streams_api::DescribeStreamOutput> describe_stream(Service&, const Context&,
                                                         streams_api::DescribeStreamInput);
Reply<streams_api::GetRecordsOutput> get_records(Service&, const Context&,
                                                 streams_api::GetRecordsInput);
Reply<streams_api::GetShardIteratorOutput> get_shard_iterator(Service&, const Context&,
                                                              streams_api::GetShardIteratorInput);
Reply<streams_api::ListStreamsOutput> list_streams(Service&, const Context&,
                                                   streams_api::ListStreamsInput);

}  // namespace penstock::dynamodb
