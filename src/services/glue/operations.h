// One declaration per operation of Glue.
#pragma once

#include "gen/glue/shapes.h"
#include "protocol/api_error.h"
#include "protocol/context.h"
#include "services/glue/glue.h"

namespace penstock::glue {

protocol::Reply<api::BatchCreatePartitionResponse> batch_create_partition(
    Service& service, const protocol::Context& context, api::BatchCreatePartitionRequest input);
protocol::Reply<api::BatchDeletePartitionResponse> batch_delete_partition(
    Service& service, const protocol::Context& context, api::BatchDeletePartitionRequest input);
protocol::Reply<api::BatchDeleteTableResponse> batch_delete_table(
    Service& service, const protocol::Context& context, api::BatchDeleteTableRequest input);
protocol::Reply<api::BatchGetCrawlersResponse> batch_get_crawlers(
    Service& service, const protocol::Context& context, api::BatchGetCrawlersRequest input);
protocol::Reply<api::BatchGetPartitionResponse> batch_get_partition(
    Service& service, const protocol::Context& context, api::BatchGetPartitionRequest input);
protocol::Reply<api::CreateClassifierResponse> create_classifier(
    Service& service, const protocol::Context& context, api::CreateClassifierRequest input);
protocol::Reply<api::CreateCrawlerResponse> create_crawler(Service& service,
                                                           const protocol::Context& context,
                                                           api::CreateCrawlerRequest input);
protocol::Reply<api::CreateDatabaseResponse> create_database(Service& service,
                                                             const protocol::Context& context,
                                                             api::CreateDatabaseRequest input);
protocol::Reply<api::CreatePartitionResponse> create_partition(Service& service,
                                                               const protocol::Context& context,
                                                               api::CreatePartitionRequest input);
protocol::Reply<api::CreateTableResponse> create_table(Service& service,
                                                       const protocol::Context& context,
                                                       api::CreateTableRequest input);
protocol::Reply<api::DeleteClassifierResponse> delete_classifier(
    Service& service, const protocol::Context& context, api::DeleteClassifierRequest input);
protocol::Reply<api::DeleteCrawlerResponse> delete_crawler(Service& service,
                                                           const protocol::Context& context,
                                                           api::DeleteCrawlerRequest input);
protocol::Reply<api::DeleteDatabaseResponse> delete_database(Service& service,
                                                             const protocol::Context& context,
                                                             api::DeleteDatabaseRequest input);
protocol::Reply<api::DeletePartitionResponse> delete_partition(Service& service,
                                                               const protocol::Context& context,
                                                               api::DeletePartitionRequest input);
protocol::Reply<api::DeleteTableResponse> delete_table(Service& service,
                                                       const protocol::Context& context,
                                                       api::DeleteTableRequest input);
protocol::Reply<api::GetClassifierResponse> get_classifier(Service& service,
                                                           const protocol::Context& context,
                                                           api::GetClassifierRequest input);
protocol::Reply<api::GetClassifiersResponse> get_classifiers(Service& service,
                                                             const protocol::Context& context,
                                                             api::GetClassifiersRequest input);
protocol::Reply<api::GetCrawlerResponse> get_crawler(Service& service,
                                                     const protocol::Context& context,
                                                     api::GetCrawlerRequest input);
protocol::Reply<api::GetCrawlerMetricsResponse> get_crawler_metrics(
    Service& service, const protocol::Context& context, api::GetCrawlerMetricsRequest input);
protocol::Reply<api::GetCrawlersResponse> get_crawlers(Service& service,
                                                       const protocol::Context& context,
                                                       api::GetCrawlersRequest input);
protocol::Reply<api::GetDatabaseResponse> get_database(Service& service,
                                                       const protocol::Context& context,
                                                       api::GetDatabaseRequest input);
protocol::Reply<api::GetDatabasesResponse> get_databases(Service& service,
                                                         const protocol::Context& context,
                                                         api::GetDatabasesRequest input);
protocol::Reply<api::GetPartitionResponse> get_partition(Service& service,
                                                         const protocol::Context& context,
                                                         api::GetPartitionRequest input);
protocol::Reply<api::GetPartitionsResponse> get_partitions(Service& service,
                                                           const protocol::Context& context,
                                                           api::GetPartitionsRequest input);
protocol::Reply<api::GetTableResponse> get_table(Service& service, const protocol::Context& context,
                                                 api::GetTableRequest input);
protocol::Reply<api::GetTableVersionResponse> get_table_version(Service& service,
                                                                const protocol::Context& context,
                                                                api::GetTableVersionRequest input);
protocol::Reply<api::GetTableVersionsResponse> get_table_versions(
    Service& service, const protocol::Context& context, api::GetTableVersionsRequest input);
protocol::Reply<api::GetTablesResponse> get_tables(Service& service,
                                                   const protocol::Context& context,
                                                   api::GetTablesRequest input);
protocol::Reply<api::GetTagsResponse> get_tags(Service& service, const protocol::Context& context,
                                               api::GetTagsRequest input);
protocol::Reply<api::ListCrawlersResponse> list_crawlers(Service& service,
                                                         const protocol::Context& context,
                                                         api::ListCrawlersRequest input);
protocol::Reply<api::ListCrawlsResponse> list_crawls(Service& service,
                                                     const protocol::Context& context,
                                                     api::ListCrawlsRequest input);
protocol::Reply<api::StartCrawlerResponse> start_crawler(Service& service,
                                                         const protocol::Context& context,
                                                         api::StartCrawlerRequest input);
protocol::Reply<api::StopCrawlerResponse> stop_crawler(Service& service,
                                                       const protocol::Context& context,
                                                       api::StopCrawlerRequest input);
protocol::Reply<api::TagResourceResponse> tag_resource(Service& service,
                                                       const protocol::Context& context,
                                                       api::TagResourceRequest input);
protocol::Reply<api::UntagResourceResponse> untag_resource(Service& service,
                                                           const protocol::Context& context,
                                                           api::UntagResourceRequest input);
protocol::Reply<api::UpdateClassifierResponse> update_classifier(
    Service& service, const protocol::Context& context, api::UpdateClassifierRequest input);
protocol::Reply<api::UpdateCrawlerResponse> update_crawler(Service& service,
                                                           const protocol::Context& context,
                                                           api::UpdateCrawlerRequest input);
protocol::Reply<api::UpdateDatabaseResponse> update_database(Service& service,
                                                             const protocol::Context& context,
                                                             api::UpdateDatabaseRequest input);
protocol::Reply<api::UpdatePartitionResponse> update_partition(Service& service,
                                                               const protocol::Context& context,
                                                               api::UpdatePartitionRequest input);
protocol::Reply<api::UpdateTableResponse> update_table(Service& service,
                                                       const protocol::Context& context,
                                                       api::UpdateTableRequest input);

}  // namespace penstock::glue
