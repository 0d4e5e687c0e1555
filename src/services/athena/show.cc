// SHOW and DESCRIBE, laid out as Hive lays them out.
#include <fmt/core.h>

#include <algorithm>

#include "base/bytes.h"
#include "services/athena/athena.h"
#include "services/athena/catalog_loader.h"
#include "services/athena/ddl.h"
#include "services/athena/errors.h"
#include "services/athena/result_file.h"
#include "sql/functions.h"

namespace penstock::athena {
namespace {

using Columns = std::vector<glue::api::Column>;

std::string padded(const std::string& text) { return fmt::format("{:<20}", text); }

// Hive's patterns: * any text, | between alternatives; nothing else is special. Java's .* works
// too.
bool matches_one(std::string_view text, std::string_view pattern) {
  if (pattern.empty()) return text.empty();
  if (pattern.starts_with(".*")) return matches_one(text, pattern.substr(1));
  if (pattern[0] == '*') {
    for (std::size_t i = 0; i <= text.size(); ++i) {
      if (matches_one(text.substr(i), pattern.substr(1))) return true;
    }
    return false;
  }
  return !text.empty() && (pattern[0] == '.' || text[0] == pattern[0]) &&
         matches_one(text.substr(1), pattern.substr(1));
}

bool matches(const std::string& text, const std::string& pattern) {
  // A pattern with many stars would be slow and says no more than fewer.
  if (pattern.empty() || std::ranges::count(pattern, '*') > 8) return true;
  std::size_t at = 0;
  while (at <= pattern.size()) {
    const std::size_t end = std::min(pattern.find('|', at), pattern.size());
    if (matches_one(text, std::string_view(pattern).substr(at, end - at))) return true;
    at = end + 1;
  }
  return false;
}

Columns columns_of(const glue::api::Table& table) {
  return table.storage_descriptor ? table.storage_descriptor->columns.value_or(Columns{})
                                  : Columns{};
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') out += '\\';
    out += c;
  }
  return out;
}

std::string property_lines(const std::map<std::string, std::string>& properties) {
  std::string out;
  for (const auto& [name, value] : properties) {
    out += fmt::format("{}  '{}'='{}'", out.empty() ? "" : ", \n", escaped(name), escaped(value));
  }
  return out;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t at = 0;
  while (true) {
    const std::size_t end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    if (end == std::string::npos) return lines;
    at = end + 1;
  }
}

std::string create_statement(const glue::api::Table& table, const std::string& database) {
  std::string out = fmt::format("CREATE EXTERNAL TABLE `{}.{}`(\n", database, table.name);
  const glue::api::StorageDescriptor storage =
      table.storage_descriptor.value_or(glue::api::StorageDescriptor{});
  const glue::api::SerDeInfo serde = storage.serde_info.value_or(glue::api::SerDeInfo{});
  const std::string library = serde.serialization_library.value_or("");
  const bool from_deserializer = to_lower(library).find("jsonserde") != std::string::npos ||
                                 to_lower(library).find("opencsvserde") != std::string::npos;
  const Columns columns = columns_of(table);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    std::string comment = columns[i].comment.value_or("");
    if (comment.empty() && from_deserializer) comment = "from deserializer";
    out += fmt::format("  `{}` {}{}{}", columns[i].name, columns[i].type.value_or("string"),
                       comment.empty() ? "" : fmt::format(" COMMENT '{}'", escaped(comment)),
                       i + 1 < columns.size() ? ", \n" : ")\n");
  }
  const Columns keys = table.partition_keys.value_or(Columns{});
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::string comment = keys[i].comment.value_or("");
    out += fmt::format("{}  `{}` {}{}{}", i == 0 ? "PARTITIONED BY ( \n" : "", keys[i].name,
                       keys[i].type.value_or("string"),
                       comment.empty() ? "" : fmt::format(" COMMENT '{}'", escaped(comment)),
                       i + 1 < keys.size() ? ", \n" : ")\n");
  }
  out += fmt::format("ROW FORMAT SERDE \n  '{}' \n", library);
  const auto properties = serde.parameters.value_or(std::map<std::string, std::string>{});
  if (!properties.empty())
    out += fmt::format("WITH SERDEPROPERTIES ( \n{}) \n", property_lines(properties));
  out += fmt::format("STORED AS INPUTFORMAT \n  '{}' \nOUTPUTFORMAT \n  '{}'\nLOCATION\n  '{}'",
                     storage.input_format.value_or(""), storage.output_format.value_or(""),
                     storage.location.value_or(""));
  auto parameters = table.parameters.value_or(std::map<std::string, std::string>{});
  parameters.erase("EXTERNAL");
  if (!parameters.empty()) out += fmt::format("\nTBLPROPERTIES (\n{})", property_lines(parameters));
  return out;
}

}  // namespace

Attempt<Answer> show_databases(Ddl& ddl) {
  std::vector<std::string> names;
  std::optional<std::string> token;
  do {
    glue::api::GetDatabasesRequest request;
    request.next_token = token;
    CO_TRY(auto page, co_await ddl.glue.get_databases(ddl.context, std::move(request)));
    for (const glue::api::Database& database : page.database_list) {
      if (matches(database.name, ddl.statement.pattern)) names.push_back(database.name);
    }
    token = std::move(page.next_token);
  } while (token && !token->empty());
  std::ranges::sort(names);
  co_return text_answer(std::move(names), {text_column("database_name")});
}

Attempt<Answer> show_tables(Ddl& ddl) {
  const bool views = ddl.statement.kind == sql::StatementKind::kShowViews;
  std::vector<std::string> names;
  std::optional<std::string> token;
  do {
    glue::api::GetTablesRequest request;
    request.database_name = ddl.database;
    request.next_token = token;
    auto page = co_await ddl.glue.get_tables(ddl.context, std::move(request));
    if (!page && is_entity_not_found(page.error())) {
      co_return std::unexpected(hive_failure(
          fmt::format("FAILED: SemanticException [Error 10072]: Database does not exist: {}",
                      ddl.database),
          1301));
    }
    if (!page) co_return std::unexpected(Failure(std::move(page).error()));
    if (page->table_list) {
      for (const glue::api::Table& table : *page->table_list) {
        if (views && !is_view(table)) continue;
        if (matches(table.name, ddl.statement.pattern)) names.push_back(table.name);
      }
    }
    token = std::move(page->next_token);
  } while (token && !token->empty());
  std::ranges::sort(names);
  api::ColumnInfo column = text_column(views ? "views" : "tab_name");
  if (views) column.type = "varchar";
  co_return text_answer(std::move(names), {std::move(column)});
}

Attempt<Answer> show_columns(Ddl& ddl) {
  CO_TRY(const glue::api::Table table, co_await find_table(ddl));
  std::vector<std::string> lines;
  for (const auto& column : columns_of(table)) lines.push_back(padded(column.name));
  for (const auto& key : table.partition_keys.value_or(Columns{}))
    lines.push_back(padded(key.name));
  co_return text_answer(std::move(lines), {text_column("field")});
}

Attempt<Answer> show_partitions(Ddl& ddl) {
  CO_TRY(const glue::api::Table table, co_await find_table(ddl));
  if (table.partition_keys.value_or(Columns{}).empty()) {
    co_return std::unexpected(hive_failure(fmt::format(
        "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. "
        "Table {} is not a partitioned table",
        ddl.table())));
  }
  CO_TRY(const auto partitions, co_await find_partitions(ddl));
  std::vector<std::string> lines;
  for (const auto& partition : partitions) {
    lines.push_back(partition_name(table, partition.values.value_or(std::vector<std::string>{})));
  }
  std::ranges::sort(lines);
  co_return text_answer(std::move(lines), {text_column("partition")});
}

Attempt<Answer> show_table_properties(Ddl& ddl) {
  CO_TRY(const glue::api::Table table, co_await find_table(ddl));
  std::vector<std::string> lines;
  for (const auto& [name, value] :
       table.parameters.value_or(std::map<std::string, std::string>{})) {
    if (ddl.statement.pattern.empty()) {
      lines.push_back(name + '\t' + value);
    } else if (ddl.statement.pattern == name) {
      lines.push_back(value);
    }
  }
  if (lines.empty() && !ddl.statement.pattern.empty()) {
    lines.push_back(fmt::format("Table {}.{} does not have property: {}", ddl.database, ddl.table(),
                                ddl.statement.pattern));
  }
  co_return text_answer(std::move(lines), {text_column("prpt_name"), text_column("prpt_value")});
}

Attempt<Answer> show_create(Ddl& ddl) {
  CO_TRY(const glue::api::Table table, co_await find_table(ddl));
  const bool wants_view = ddl.statement.kind == sql::StatementKind::kShowCreateView;
  if (wants_view != is_view(table)) {
    co_return std::unexpected(Failure(
        sql::semantic_error("NOT_SUPPORTED", {1, 1},
                            fmt::format("Relation '{}.{}' is {}", ddl.database, ddl.table(),
                                        wants_view ? "not a view" : "a view, not a table"))));
  }
  if (!wants_view) {
    Answer answer = text_answer(lines_of(create_statement(table, ddl.database)),
                                {text_column("createtab_stmt")});
    answer.update_count.reset();
    co_return answer;
  }
  api::ColumnInfo column = text_column("create view");
  column.type = "varchar";
  co_return text_answer(
      lines_of(fmt::format("CREATE VIEW \"{}\" AS \n{}", table.name, view_text(table))),
      {std::move(column)});
}

Attempt<Answer> show_functions(Ddl& ddl) {
  Answer answer;
  answer.columns = {column_info("Function", "varchar", 0, 0, false)};
  answer.has_header = true;
  answer.has_metadata = true;
  answer.body = "Function";
  for (const std::string& name : sql::function_names()) {
    if (!matches(name, ddl.statement.pattern)) continue;
    answer.body += '\n' + name;
    ++answer.rows;
  }
  answer.update_count = 0;
  co_return answer;
}

Attempt<Answer> describe_table(Ddl& ddl) {
  CO_TRY(const glue::api::Table table, co_await find_table(ddl));
  const bool view = is_view(table);
  std::vector<std::string> lines;
  const auto line = [&](const glue::api::Column& column) {
    if (view) return column.name + '\t' + column.type.value_or("");
    return padded(column.name) + '\t' + padded(column.type.value_or("string")) + '\t' +
           padded(column.comment.value_or(""));
  };
  for (const auto& column : columns_of(table)) lines.push_back(line(column));
  const Columns keys = table.partition_keys.value_or(Columns{});
  for (const auto& key : keys) lines.push_back(line(key));
  if (!keys.empty()) {
    lines.push_back("\t \t ");
    lines.push_back("# Partition Information\t \t ");
    lines.push_back(padded("# col_name") + '\t' + padded("data_type") + '\t' + padded("comment"));
    lines.push_back("\t \t ");
    for (const auto& key : keys) lines.push_back(line(key));
  }
  Answer answer = text_answer(std::move(lines), {text_column("col_name"), text_column("data_type"),
                                                 text_column("comment")});
  if (!view) answer.update_count.reset();
  co_return answer;
}

}  // namespace penstock::athena
