// Failures in the words of the engine they come from, and the routing of catalog statements.
#include "services/athena/answer.h"

#include <fmt/core.h>

#include "services/athena/athena.h"
#include "services/athena/ddl.h"
#include "services/athena/result_file.h"

namespace penstock::athena {

Failure::Failure(protocol::ApiError error)
    : reason(fmt::format("FAILED: Execution Error, return code 1 from "
                         "org.apache.hadoop.hive.ql.exec.DDLTask. {}(message:{})",
                         error.code, error.message)),
      error_message(error.message),
      category(error.status >= 500 ? 1 : 2),
      type(1006),
      is_hive(true) {}

Failure::Failure(sql::SqlError error)
    : reason(std::move(error.message)),
      category(static_cast<int>(error.category)),
      type(error.type),
      is_canceled(error.name == "CANCELED") {
  if (is_canceled) reason = "Query cancelled by user";
}

Failure hive_failure(std::string reason, int type, std::string error_message) {
  Failure failure;
  failure.reason = std::move(reason);
  failure.error_message = std::move(error_message);
  failure.type = type;
  failure.is_hive = true;
  return failure;
}

api::ColumnInfo text_column(std::string name) {
  return column_info(std::move(name), "string", 0, 0, false);
}

Answer text_answer(std::vector<std::string> lines, std::vector<api::ColumnInfo> columns) {
  Answer answer;
  answer.columns = std::move(columns);
  answer.rows = lines.size();
  for (const std::string& line : lines) {
    if (!answer.body.empty()) answer.body += '\n';
    answer.body += line;
  }
  answer.update_count = 0;
  answer.has_metadata = !answer.columns.empty();
  return answer;
}

Attempt<Answer> run_catalog_statement(Service& service, protocol::Context context,
                                      const sql::Statement& statement, std::string database) {
  Ddl ddl{service,
          std::move(context),
          statement,
          statement.name.database.empty() ? std::move(database) : statement.name.database,
          glue::Client(service.deps.glue),
          s3::Client(service.deps.s3)};
  using enum sql::StatementKind;
  switch (statement.kind) {
    case kCreateDatabase: co_return co_await create_database(ddl);
    case kDropDatabase: co_return co_await drop_database(ddl);
    case kCreateTable: co_return co_await create_table(ddl);
    case kDropTable: co_return co_await drop_table(ddl);
    case kCreateView: co_return co_await create_view(ddl);
    case kDropView: co_return co_await drop_view(ddl);
    case kShowDatabases: co_return co_await show_databases(ddl);
    case kShowTables:
    case kShowViews: co_return co_await show_tables(ddl);
    case kShowColumns: co_return co_await show_columns(ddl);
    case kShowPartitions: co_return co_await show_partitions(ddl);
    case kShowTableProperties: co_return co_await show_table_properties(ddl);
    case kShowCreateTable:
    case kShowCreateView: co_return co_await show_create(ddl);
    case kShowFunctions: co_return co_await show_functions(ddl);
    case kDescribe: co_return co_await describe_table(ddl);
    case kMsckRepair: co_return co_await repair_table(ddl);
    case kAddPartition: co_return co_await add_partitions(ddl);
    case kDropPartition: co_return co_await drop_partitions(ddl);
    case kAddColumns:
    case kReplaceColumns:
    case kSetTableProperties:
    case kSetLocation: co_return co_await alter_table(ddl);
    case kQuery:
    case kExplain:
    case kExecute:
    case kPrepare:
    case kDeallocate: break;
  }
  co_return std::unexpected(hive_failure("Query type not supported by DDL engine."));
}

}  // namespace penstock::athena
