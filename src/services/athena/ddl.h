// The statements of the catalog, one function each.
#pragma once

#include "gen/glue/client.h"
#include "gen/s3/client.h"
#include "services/athena/answer.h"

namespace penstock::athena {

// What a catalog statement works with. Lives in the coroutine that runs it.
struct Ddl {
  Service& service;
  protocol::Context context;
  const sql::Statement& statement;
  std::string database;  // of the statement's name, or the session's
  glue::Client glue;
  s3::Client s3;

  const std::string& table() const { return statement.name.table; }
};

Attempt<Answer> create_database(Ddl& ddl);
Attempt<Answer> drop_database(Ddl& ddl);
Attempt<Answer> create_table(Ddl& ddl);
Attempt<Answer> drop_table(Ddl& ddl);
Attempt<Answer> create_view(Ddl& ddl);
Attempt<Answer> drop_view(Ddl& ddl);
Attempt<Answer> alter_table(Ddl& ddl);
Attempt<Answer> add_partitions(Ddl& ddl);
Attempt<Answer> drop_partitions(Ddl& ddl);
Attempt<Answer> repair_table(Ddl& ddl);
Attempt<Answer> show_databases(Ddl& ddl);
Attempt<Answer> show_tables(Ddl& ddl);
Attempt<Answer> show_columns(Ddl& ddl);
Attempt<Answer> show_partitions(Ddl& ddl);
Attempt<Answer> show_table_properties(Ddl& ddl);
Attempt<Answer> show_create(Ddl& ddl);
Attempt<Answer> show_functions(Ddl& ddl);
Attempt<Answer> describe_table(Ddl& ddl);

// The table of the statement, or Hive's complaint.
Attempt<glue::api::Table> find_table(Ddl& ddl);
Attempt<std::vector<glue::api::Partition>> find_partitions(Ddl& ddl);
glue::api::TableInput to_input(const glue::api::Table& table);
bool is_view(const glue::api::Table& table);
// "year=2020/month=01"
std::string partition_name(const glue::api::Table& table, const std::vector<std::string>& values);

}  // namespace penstock::athena
