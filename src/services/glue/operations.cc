// All that Glue answers. What the model has beyond this table is refused by name.
#include "services/glue/operations.h"

#include <array>

#include "gen/glue/model.h"
#include "services/glue/glue.h"

namespace penstock::glue {
namespace {

using protocol::operation;

constexpr auto kOperations = std::to_array<protocol::Operation>({
    operation<op::BatchCreatePartition, batch_create_partition>(),
    operation<op::BatchDeletePartition, batch_delete_partition>(),
    operation<op::BatchDeleteTable, batch_delete_table>(),
    operation<op::BatchGetCrawlers, batch_get_crawlers>(),
    operation<op::BatchGetPartition, batch_get_partition>(),
    operation<op::CreateClassifier, create_classifier>(),
    operation<op::CreateCrawler, create_crawler>(),
    operation<op::CreateDatabase, create_database>(),
    operation<op::CreatePartition, create_partition>(),
    operation<op::CreateTable, create_table>(),
    operation<op::DeleteClassifier, delete_classifier>(),
    operation<op::DeleteCrawler, delete_crawler>(),
    operation<op::DeleteDatabase, delete_database>(),
    operation<op::DeletePartition, delete_partition>(),
    operation<op::DeleteTable, delete_table>(),
    operation<op::GetClassifier, get_classifier>(),
    operation<op::GetClassifiers, get_classifiers>(),
    operation<op::GetCrawler, get_crawler>(),
    operation<op::GetCrawlerMetrics, get_crawler_metrics>(),
    operation<op::GetCrawlers, get_crawlers>(),
    operation<op::GetDatabase, get_database>(),
    operation<op::GetDatabases, get_databases>(),
    operation<op::GetPartition, get_partition>(),
    operation<op::GetPartitions, get_partitions>(),
    operation<op::GetTable, get_table>(),
    operation<op::GetTableVersion, get_table_version>(),
    operation<op::GetTableVersions, get_table_versions>(),
    operation<op::GetTables, get_tables>(),
    operation<op::GetTags, get_tags>(),
    operation<op::ListCrawlers, list_crawlers>(),
    operation<op::ListCrawls, list_crawls>(),
    operation<op::StartCrawler, start_crawler>(),
    operation<op::StopCrawler, stop_crawler>(),
    operation<op::TagResource, tag_resource>(),
    operation<op::UntagResource, untag_resource>(),
    operation<op::UpdateClassifier, update_classifier>(),
    operation<op::UpdateCrawler, update_crawler>(),
    operation<op::UpdateDatabase, update_database>(),
    operation<op::UpdatePartition, update_partition>(),
    operation<op::UpdateTable, update_table>(),
});

}  // namespace

std::span<const protocol::Operation> operations() { return kOperations; }

protocol::ServiceBinding binding(Service& service) {
  return {&kServiceInfo, &service, kOperations};
}

}  // namespace penstock::glue
