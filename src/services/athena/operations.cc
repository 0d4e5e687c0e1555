// All that Athena answers. What the model has beyond this table is refused by name.
#include "services/athena/operations.h"

#include <array>

#include "gen/athena/model.h"
#include "services/athena/athena.h"

namespace penstock::athena {
namespace {

using protocol::operation;

constexpr auto kOperations = std::to_array<protocol::Operation>({
    operation<op::BatchGetNamedQuery, batch_get_named_query>(),
    operation<op::BatchGetQueryExecution, batch_get_query_execution>(),
    operation<op::CreateNamedQuery, create_named_query>(),
    operation<op::CreatePreparedStatement, create_prepared_statement>(),
    operation<op::CreateWorkGroup, create_work_group>(),
    operation<op::DeleteNamedQuery, delete_named_query>(),
    operation<op::DeletePreparedStatement, delete_prepared_statement>(),
    operation<op::DeleteWorkGroup, delete_work_group>(),
    operation<op::GetDataCatalog, get_data_catalog>(),
    operation<op::GetDatabase, get_database>(),
    operation<op::GetNamedQuery, get_named_query>(),
    operation<op::GetPreparedStatement, get_prepared_statement>(),
    operation<op::GetQueryExecution, get_query_execution>(),
    operation<op::GetQueryResults, get_query_results>(),
    operation<op::GetQueryRuntimeStatistics, get_query_runtime_statistics>(),
    operation<op::GetTableMetadata, get_table_metadata>(),
    operation<op::GetWorkGroup, get_work_group>(),
    operation<op::ListDataCatalogs, list_data_catalogs>(),
    operation<op::ListDatabases, list_databases>(),
    operation<op::ListEngineVersions, list_engine_versions>(),
    operation<op::ListNamedQueries, list_named_queries>(),
    operation<op::ListPreparedStatements, list_prepared_statements>(),
    operation<op::ListQueryExecutions, list_query_executions>(),
    operation<op::ListTableMetadata, list_table_metadata>(),
    operation<op::ListTagsForResource, list_tags_for_resource>(),
    operation<op::ListWorkGroups, list_work_groups>(),
    operation<op::StartQueryExecution, start_query_execution>(),
    operation<op::StopQueryExecution, stop_query_execution>(),
    operation<op::TagResource, tag_resource>(),
    operation<op::UntagResource, untag_resource>(),
    operation<op::UpdateNamedQuery, update_named_query>(),
    operation<op::UpdatePreparedStatement, update_prepared_statement>(),
    operation<op::UpdateWorkGroup, update_work_group>(),
});

}  // namespace

std::span<const protocol::Operation> operations() { return kOperations; }

protocol::ServiceBinding binding(Service& service) {
  return {&kServiceInfo, &service, kOperations};
}

}  // namespace penstock::athena
