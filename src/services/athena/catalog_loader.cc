// Glue's tables as the engine wants them.
#include "services/athena/catalog_loader.h"

#include <deque>

#include "base/bytes.h"
#include "base/limits.h"
#include "protocol/json_codec.h"
#include "services/athena/errors.h"

namespace penstock::athena {
namespace {

using protocol::Reply;

constexpr std::size_t kTablesMax = 200;  // Of one statement, through all its views.

sql::Column column_of(const glue::api::Column& column, std::string& refusal) {
  sql::Column out;
  out.name = to_lower(column.name);
  out.declared = column.type.value_or("string");
  out.comment = column.comment.value_or("");
  auto type = sql::parse_hive_type(out.declared);
  if (type) {
    out.type = std::move(*type);
  } else {
    refusal = "Unsupported Hive type: " + out.declared + " of column " + out.name;
  }
  return out;
}

sql::Table table_of(const glue::api::Table& table, const std::string& database) {
  sql::Table out;
  out.database = database;
  out.name = to_lower(table.name);
  out.parameters = table.parameters.value_or(std::map<std::string, std::string>{});
  if (table.storage_descriptor) {
    const glue::api::StorageDescriptor& storage = *table.storage_descriptor;
    out.location = storage.location.value_or("");
    out.input_format = storage.input_format.value_or("");
    if (storage.serde_info) {
      out.serde = storage.serde_info->serialization_library.value_or("");
      out.serde_parameters =
          storage.serde_info->parameters.value_or(std::map<std::string, std::string>{});
    }
    for (const glue::api::Column& column :
         storage.columns.value_or(std::vector<glue::api::Column>{})) {
      out.columns.push_back(column_of(column, out.refusal));
    }
  }
  for (const glue::api::Column& key :
       table.partition_keys.value_or(std::vector<glue::api::Column>{})) {
    out.partition_keys.push_back(column_of(key, out.refusal));
  }
  const auto projected = out.parameters.find("projection.enabled");
  if (projected != out.parameters.end() && equals_ignore_case(projected->second, "true")) {
    out.refusal = "Table " + database + "." + out.name +
                  " is configured for partition projection, which this server does not support";
  }
  const auto table_type = out.parameters.find("table_type");
  if (table_type != out.parameters.end() && equals_ignore_case(table_type->second, "iceberg")) {
    out.refusal = "Iceberg tables are not supported by this server";
  }
  return out;
}

Reply<void> load_partitions(glue::Client glue, protocol::Context context, sql::Table& table) {
  std::optional<std::string> token;
  do {
    glue::api::GetPartitionsRequest request;
    request.database_name = table.database;
    request.table_name = table.name;
    request.next_token = token;
    CO_TRY(glue::api::GetPartitionsResponse page,
           co_await glue.get_partitions(context, std::move(request)));
    for (glue::api::Partition& partition :
         page.partitions ? *page.partitions : (page.partitions.emplace())) {
      sql::Partition out;
      out.values = std::move(partition.values).value_or(std::vector<std::string>{});
      if (out.values.size() != table.partition_keys.size()) continue;
      if (partition.storage_descriptor) {
        out.location = partition.storage_descriptor->location.value_or("");
      }
      table.partitions.push_back(std::move(out));
    }
    token = std::move(page.next_token);
  } while (token && !token->empty());
  co_return protocol::ApiResult<void>();
}

struct Wanted {
  std::string database, table;
};

void enqueue(const sql::Query& query, const std::string& database, std::deque<Wanted>& wanted) {
  for (const sql::TableName& name : sql::referenced_tables(query)) {
    wanted.push_back({name.database.empty() ? database : name.database, name.table});
  }
}

}  // namespace

std::string view_text(const glue::api::Table& table) {
  const std::string text = table.view_original_text.value_or("");
  constexpr std::string_view kStart = "/* Presto View: ", kEnd = " */";
  if (!text.starts_with(kStart) || !text.ends_with(kEnd)) return {};
  const auto json = base64_decode(
      std::string_view(text).substr(kStart.size(), text.size() - kStart.size() - kEnd.size()));
  if (!json) return {};
  return protocol::json_string_member(*json, "originalSql").value_or("");
}

Reply<sql::Catalog> load_catalog(glue::Client glue, protocol::Context context,
                                 const sql::Query& query, std::string database) {
  sql::Catalog catalog;
  std::deque<Wanted> wanted;
  std::set<std::string> asked;
  std::set<std::pair<std::string, std::string>> seen;
  enqueue(query, database, wanted);
  while (!wanted.empty() && catalog.tables.size() < kTablesMax) {
    const Wanted next = std::move(wanted.front());
    wanted.pop_front();
    if (next.database.empty() || !seen.emplace(next.database, next.table).second) continue;
    if (asked.insert(next.database).second) {
      glue::api::GetDatabaseRequest request;
      request.name = next.database;
      auto found = co_await glue.get_database(context, std::move(request));
      if (!found && !is_entity_not_found(found.error()))
        co_return std::unexpected(std::move(found).error());
      if (found) catalog.databases.insert(next.database);
    }
    if (!catalog.databases.contains(next.database)) continue;
    glue::api::GetTableRequest request;
    request.database_name = next.database;
    request.name = next.table;
    auto found = co_await glue.get_table(context, std::move(request));
    if (!found && is_entity_not_found(found.error())) continue;
    if (!found) co_return std::unexpected(std::move(found).error());
    if (!found->table) continue;
    auto table = std::make_shared<sql::Table>(table_of(*found->table, next.database));
    table->view_text = view_text(*found->table);
    if (!table->view_text.empty()) {
      table->refusal.clear();
      auto statement = sql::parse_statement(table->view_text);
      if (statement && statement->query) enqueue(*statement->query, next.database, wanted);
    } else if (!table->partition_keys.empty() && table->refusal.empty()) {
      CO_TRY_VOID(co_await load_partitions(glue, context, *table));
    }
    catalog.tables[{next.database, next.table}] = std::move(table);
  }
  co_return catalog;
}

}  // namespace penstock::athena
