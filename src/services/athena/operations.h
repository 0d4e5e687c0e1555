// One declaration per operation.
#pragma once

#include "gen/athena/shapes.h"
#include "protocol/api_error.h"
#include "protocol/context.h"

namespace penstock::athena {

struct Service;

#define PENSTOCK_ATHENA(name, Op) \
  protocol::Reply<api::Op##Output> name(Service&, const protocol::Context&, api::Op##Input)

PENSTOCK_ATHENA(start_query_execution, StartQueryExecution);
PENSTOCK_ATHENA(get_query_execution, GetQueryExecution);
PENSTOCK_ATHENA(batch_get_query_execution, BatchGetQueryExecution);
PENSTOCK_ATHENA(get_query_results, GetQueryResults);
PENSTOCK_ATHENA(stop_query_execution, StopQueryExecution);
PENSTOCK_ATHENA(list_query_executions, ListQueryExecutions);
PENSTOCK_ATHENA(get_query_runtime_statistics, GetQueryRuntimeStatistics);
PENSTOCK_ATHENA(create_work_group, CreateWorkGroup);
PENSTOCK_ATHENA(get_work_group, GetWorkGroup);
PENSTOCK_ATHENA(list_work_groups, ListWorkGroups);
PENSTOCK_ATHENA(update_work_group, UpdateWorkGroup);
PENSTOCK_ATHENA(delete_work_group, DeleteWorkGroup);
PENSTOCK_ATHENA(create_named_query, CreateNamedQuery);
PENSTOCK_ATHENA(get_named_query, GetNamedQuery);
PENSTOCK_ATHENA(batch_get_named_query, BatchGetNamedQuery);
PENSTOCK_ATHENA(list_named_queries, ListNamedQueries);
PENSTOCK_ATHENA(update_named_query, UpdateNamedQuery);
PENSTOCK_ATHENA(delete_named_query, DeleteNamedQuery);
PENSTOCK_ATHENA(create_prepared_statement, CreatePreparedStatement);
PENSTOCK_ATHENA(get_prepared_statement, GetPreparedStatement);
PENSTOCK_ATHENA(list_prepared_statements, ListPreparedStatements);
PENSTOCK_ATHENA(update_prepared_statement, UpdatePreparedStatement);
PENSTOCK_ATHENA(delete_prepared_statement, DeletePreparedStatement);
PENSTOCK_ATHENA(list_data_catalogs, ListDataCatalogs);
PENSTOCK_ATHENA(get_data_catalog, GetDataCatalog);
PENSTOCK_ATHENA(list_databases, ListDatabases);
PENSTOCK_ATHENA(get_database, GetDatabase);
PENSTOCK_ATHENA(list_table_metadata, ListTableMetadata);
PENSTOCK_ATHENA(get_table_metadata, GetTableMetadata);
PENSTOCK_ATHENA(list_engine_versions, ListEngineVersions);
PENSTOCK_ATHENA(tag_resource, TagResource);
PENSTOCK_ATHENA(untag_resource, UntagResource);
PENSTOCK_ATHENA(list_tags_for_resource, ListTagsForResource);

#undef PENSTOCK_ATHENA

}  // namespace penstock::athena
