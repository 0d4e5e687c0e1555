// CREATE, DROP and ALTER of databases, tables and views, through the catalog's own API.
#include <fmt/core.h>

#include "base/bytes.h"
#include "protocol/json_writer.h"
#include "services/athena/athena.h"
#include "services/athena/catalog_loader.h"
#include "services/athena/ddl.h"
#include "services/athena/errors.h"
#include "sql/plan.h"

namespace penstock::athena {
namespace {

using glue::api::TableInput;
using Parameters = std::map<std::string, std::string>;

constexpr std::string_view kTask =
    "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. ";

struct Format {
  std::string_view stored_as, input, output, serde;
};
constexpr Format kFormats[] = {
    {"TEXTFILE", "org.apache.hadoop.mapred.TextInputFormat",
     "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
     "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"},
    {"PARQUET", "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
     "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
     "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
    {"ORC", "org.apache.hadoop.hive.ql.io.orc.OrcInputFormat",
     "org.apache.hadoop.hive.ql.io.orc.OrcOutputFormat",
     "org.apache.hadoop.hive.ql.io.orc.OrcSerde"},
    {"AVRO", "org.apache.hadoop.hive.ql.io.avro.AvroContainerInputFormat",
     "org.apache.hadoop.hive.ql.io.avro.AvroContainerOutputFormat",
     "org.apache.hadoop.hive.serde2.avro.AvroSerDe"},
    {"SEQUENCEFILE", "org.apache.hadoop.mapred.SequenceFileInputFormat",
     "org.apache.hadoop.hive.ql.io.HiveSequenceFileOutputFormat",
     "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"},
    {"RCFILE", "org.apache.hadoop.hive.ql.io.RCFileInputFormat",
     "org.apache.hadoop.hive.ql.io.RCFileOutputFormat",
     "org.apache.hadoop.hive.serde2.columnar.LazyBinaryColumnarSerDe"},
};

std::vector<glue::api::Column> columns_of(const std::vector<sql::ColumnDefinition>& columns) {
  std::vector<glue::api::Column> out;
  for (const sql::ColumnDefinition& column : columns) {
    glue::api::Column& made = out.emplace_back();
    made.name = column.name;
    made.type = column.type;
    if (!column.comment.empty()) made.comment = column.comment;
  }
  return out;
}

Parameters map_of(const sql::Properties& properties) {
  return Parameters(properties.begin(), properties.end());
}

std::string with_slash(std::string location) {
  if (!location.ends_with('/')) location += '/';
  return location;
}

Failure table_not_found(const std::string& name) {
  return hive_failure(
      fmt::format("FAILED: SemanticException [Error 10001]: Table not found {}", name), 1301);
}

Failure database_missing(const std::string& name) {
  return hive_failure(
      fmt::format("FAILED: SemanticException [Error 10072]: Database does not exist: {}", name),
      1301);
}

TableInput table_input(const sql::Statement& statement, Timestamp now) {
  TableInput input;
  input.name = statement.name.table;
  if (!statement.comment.empty()) input.description = statement.comment;
  input.owner = "hadoop";
  input.table_type = "EXTERNAL_TABLE";
  input.partition_keys = columns_of(statement.partition_keys);
  Parameters parameters = map_of(statement.properties);
  parameters["EXTERNAL"] = "TRUE";
  parameters["transient_lastDdlTime"] = std::to_string(now.seconds());
  if (!statement.comment.empty()) parameters["comment"] = statement.comment;
  input.parameters = std::move(parameters);
  glue::api::StorageDescriptor& storage = input.storage_descriptor.emplace();
  storage.columns = columns_of(statement.columns);
  storage.location = with_slash(statement.location);
  const Format* format = &kFormats[0];
  for (const Format& known : kFormats) {
    if (known.stored_as == statement.stored_as) format = &known;
  }
  storage.input_format =
      statement.input_format.empty() ? std::string(format->input) : statement.input_format;
  storage.output_format =
      statement.output_format.empty() ? std::string(format->output) : statement.output_format;
  storage.compressed = false;
  storage.number_of_buckets = -1;
  glue::api::SerDeInfo& serde = storage.serde_info.emplace();
  serde.serialization_library =
      statement.serde.empty() ? std::string(format->serde) : statement.serde;
  serde.parameters = map_of(statement.serde_properties);
  if (!serde.parameters->contains("serialization.format")) {
    (*serde.parameters)["serialization.format"] = "1";
  }
  return input;
}

}  // namespace

bool is_view(const glue::api::Table& table) { return table.table_type == "VIRTUAL_VIEW"; }

TableInput to_input(const glue::api::Table& table) {
  TableInput input;
  input.name = table.name;
  input.description = table.description;
  input.owner = table.owner;
  input.last_access_time = table.last_access_time;
  input.retention = table.retention;
  input.storage_descriptor = table.storage_descriptor;
  input.partition_keys = table.partition_keys;
  input.view_original_text = table.view_original_text;
  input.view_expanded_text = table.view_expanded_text;
  input.table_type = table.table_type;
  input.parameters = table.parameters;
  return input;
}

Attempt<glue::api::Table> find_table(Ddl& ddl) {
  glue::api::GetTableRequest request;
  request.database_name = ddl.database;
  request.name = ddl.table();
  auto found = co_await ddl.glue.get_table(ddl.context, std::move(request));
  if (!found && is_entity_not_found(found.error())) {
    co_return std::unexpected(table_not_found(ddl.table()));
  }
  if (!found) co_return std::unexpected(Failure(std::move(found).error()));
  if (!found->table) co_return std::unexpected(table_not_found(ddl.table()));
  co_return std::move(*found->table);
}

Attempt<Answer> create_database(Ddl& ddl) {
  glue::api::CreateDatabaseRequest request;
  request.database_input.name = ddl.database;
  if (!ddl.statement.comment.empty()) request.database_input.description = ddl.statement.comment;
  if (!ddl.statement.location.empty()) request.database_input.location_uri = ddl.statement.location;
  if (!ddl.statement.properties.empty()) {
    request.database_input.parameters = map_of(ddl.statement.properties);
  }
  auto made = co_await ddl.glue.create_database(ddl.context, std::move(request));
  if (!made && made.error().code == "AlreadyExistsException") {
    if (ddl.statement.if_not_exists) co_return Answer();
    co_return std::unexpected(
        hive_failure(fmt::format("{}AlreadyExistsException(message:Database {} already exists)",
                                 kTask, ddl.database),
                     1006, fmt::format("Database {} already exists", ddl.database)));
  }
  if (!made) co_return std::unexpected(Failure(std::move(made).error()));
  co_return Answer();
}

Attempt<Answer> drop_database(Ddl& ddl) {
  glue::api::GetTablesRequest tables;
  tables.database_name = ddl.database;
  auto found = co_await ddl.glue.get_tables(ddl.context, std::move(tables));
  if (!found && is_entity_not_found(found.error())) {
    if (ddl.statement.if_exists) co_return Answer();
    co_return std::unexpected(database_missing(ddl.database));
  }
  if (!found) co_return std::unexpected(Failure(std::move(found).error()));
  if (found->table_list && !found->table_list->empty() && !ddl.statement.cascade) {
    co_return std::unexpected(hive_failure(fmt::format(
        "{}InvalidOperationException(message:Database {} is not empty. One or more tables "
        "exist.)",
        kTask, ddl.database)));
  }
  glue::api::DeleteDatabaseRequest request;
  request.name = ddl.database;
  CO_TRY_VOID(co_await ddl.glue.delete_database(ddl.context, std::move(request)));
  co_return Answer();
}

Attempt<Answer> create_table(Ddl& ddl) {
  if (!ddl.statement.external) {
    const auto kind = map_of(ddl.statement.properties);
    const auto type = kind.find("table_type");
    co_return std::unexpected(
        hive_failure(type != kind.end() && equals_ignore_case(type->second, "iceberg")
                         ? "NOT_SUPPORTED: Iceberg tables are not supported by this server"
                         : "FAILED: ParseException line 1:7 missing EXTERNAL at 'TABLE'",
                     1200));
  }
  glue::api::CreateTableRequest request;
  request.database_name = ddl.database;
  request.table_input = table_input(ddl.statement, ddl.service.deps.clock.now());
  auto made = co_await ddl.glue.create_table(ddl.context, std::move(request));
  if (made) co_return Answer();
  if (made.error().code == "AlreadyExistsException") {
    if (ddl.statement.if_not_exists) co_return Answer();
    co_return std::unexpected(hive_failure(
        fmt::format("{}AlreadyExistsException(message:Table {} already exist)", kTask, ddl.table()),
        1006, fmt::format("Table {} already exists.", ddl.table())));
  }
  if (is_entity_not_found(made.error())) co_return std::unexpected(database_missing(ddl.database));
  co_return std::unexpected(Failure(std::move(made).error()));
}

Attempt<Answer> drop_table(Ddl& ddl) {
  glue::api::DeleteTableRequest request;
  request.database_name = ddl.database;
  request.name = ddl.table();
  auto gone = co_await ddl.glue.delete_table(ddl.context, std::move(request));
  if (gone || (is_entity_not_found(gone.error()) && ddl.statement.if_exists)) co_return Answer();
  if (is_entity_not_found(gone.error())) co_return std::unexpected(table_not_found(ddl.table()));
  co_return std::unexpected(Failure(std::move(gone).error()));
}

Attempt<Answer> drop_view(Ddl& ddl) {
  auto table = co_await find_table(ddl);
  if (!table || !is_view(*table)) {
    if (!table && !table.error().is_hive) co_return std::unexpected(std::move(table).error());
    if (!table && ddl.statement.if_exists) co_return Answer();
    co_return std::unexpected(Failure(sql::semantic_error(
        "TABLE_NOT_FOUND", {1, 1},
        fmt::format("View 'awsdatacatalog.{}.{}' does not exist", ddl.database, ddl.table()))));
  }
  co_return co_await drop_table(ddl);
}

Attempt<Answer> create_view(Ddl& ddl) {
  CO_TRY(const sql::Catalog catalog,
         co_await load_catalog(ddl.glue, ddl.context, *ddl.statement.query, ddl.database));
  // The tree is marked as it is analyzed, so the text is read once more.
  auto statement = sql::parse_statement(ddl.statement.body);
  if (!statement) co_return std::unexpected(Failure(std::move(statement).error()));
  auto plan = sql::analyze(*statement->query, catalog,
                           sql::Session{ddl.database, ddl.service.deps.clock.now()});
  if (!plan) co_return std::unexpected(Failure(std::move(plan).error()));

  TableInput input;
  input.name = ddl.table();
  input.table_type = "VIRTUAL_VIEW";
  input.parameters = Parameters{{"presto_view", "true"}, {"comment", "Presto View"}};
  glue::api::StorageDescriptor& storage = input.storage_descriptor.emplace();
  storage.location = "";
  storage.serde_info.emplace();
  std::vector<glue::api::Column>& columns = storage.columns.emplace();
  std::string json;
  protocol::JsonWriter writer(json);
  writer.begin_object();
  writer.key("originalSql").string(ddl.statement.body);
  writer.key("catalog").string("awsdatacatalog");
  writer.key("schema").string(ddl.database);
  writer.key("columns").begin_array();
  std::set<std::string> labels;
  for (const sql::OutputColumn& column : plan->columns) {
    if (!labels.insert(column.label).second) {
      co_return std::unexpected(Failure(sql::semantic_error(
          "DUPLICATE_COLUMN_NAME", {1, 1},
          fmt::format("Column name '{}' specified more than once", column.label))));
    }
    glue::api::Column& made = columns.emplace_back();
    made.name = column.label;
    made.type = sql::hive_name(column.type);
    writer.begin_object();
    writer.key("name").string(column.label);
    writer.key("type").string(sql::trino_name(column.type));
    writer.end_object();
  }
  writer.end_array();
  writer.end_object();
  input.view_original_text = "/* Presto View: " + base64_encode(json) + " */";
  input.view_expanded_text = "/* Presto View */";

  glue::api::CreateTableRequest request;
  request.database_name = ddl.database;
  request.table_input = input;
  auto made = co_await ddl.glue.create_table(ddl.context, std::move(request));
  if (made) co_return Answer();
  if (made.error().code == "AlreadyExistsException" && ddl.statement.or_replace) {
    CO_TRY(const glue::api::Table existing, co_await find_table(ddl));
    if (is_view(existing)) {
      glue::api::UpdateTableRequest update;
      update.database_name = ddl.database;
      update.table_input = std::move(input);
      CO_TRY_VOID(co_await ddl.glue.update_table(ddl.context, std::move(update)));
      co_return Answer();
    }
  }
  if (made.error().code == "AlreadyExistsException") {
    co_return std::unexpected(Failure(sql::semantic_error(
        "TABLE_ALREADY_EXISTS", {1, 1},
        fmt::format("View already exists: '{}.{}'", ddl.database, ddl.table()))));
  }
  co_return std::unexpected(Failure(std::move(made).error()));
}

Attempt<Answer> alter_table(Ddl& ddl) {
  CO_TRY(const glue::api::Table table, co_await find_table(ddl));
  TableInput input = to_input(table);
  if (!input.storage_descriptor) input.storage_descriptor.emplace();
  if (!input.storage_descriptor->columns) input.storage_descriptor->columns.emplace();
  auto& columns = *input.storage_descriptor->columns;
  const std::vector<glue::api::Column> given = columns_of(ddl.statement.columns);
  switch (ddl.statement.kind) {
    case sql::StatementKind::kAddColumns:
      for (const glue::api::Column& column : given) {
        for (const glue::api::Column& existing : columns) {
          if (existing.name == column.name) {
            co_return std::unexpected(
                hive_failure(fmt::format("{}Duplicate column name: {}", kTask, column.name)));
          }
        }
        columns.push_back(column);
      }
      break;
    case sql::StatementKind::kReplaceColumns: columns = given; break;
    case sql::StatementKind::kSetLocation:
      input.storage_descriptor->location = with_slash(ddl.statement.location);
      break;
    default:
      if (!input.parameters) input.parameters.emplace();
      for (const auto& [name, value] : ddl.statement.properties) (*input.parameters)[name] = value;
  }
  glue::api::UpdateTableRequest request;
  request.database_name = ddl.database;
  request.table_input = std::move(input);
  CO_TRY_VOID(co_await ddl.glue.update_table(ddl.context, std::move(request)));
  co_return Answer();
}

}  // namespace penstock::athena
