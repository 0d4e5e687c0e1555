// ALTER TABLE ADD and DROP PARTITION, and MSCK REPAIR TABLE.
#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "services/athena/athena.h"
#include "services/athena/ddl.h"
#include "services/athena/errors.h"
#include "sql/object_reader.h"

namespace penstock::athena {
namespace {

constexpr std::size_t kBatchMax = 100;  // Of BatchCreatePartition.

std::vector<glue::api::Column> keys_of(const glue::api::Table& table) {
  return table.partition_keys.value_or(std::vector<glue::api::Column>{});
}

std::string location_of(const glue::api::Table& table) {
  std::string location =
      table.storage_descriptor ? table.storage_descriptor->location.value_or("") : "";
  if (!location.empty() && !location.ends_with('/')) location += '/';
  return location;
}

glue::api::PartitionInput partition_input(const glue::api::Table& table,
                                          std::vector<std::string> values, std::string location) {
  glue::api::PartitionInput input;
  if (location.empty()) location = location_of(table) + partition_name(table, values) + '/';
  input.values = std::move(values);
  input.storage_descriptor = table.storage_descriptor;
  if (!input.storage_descriptor) input.storage_descriptor.emplace();
  input.storage_descriptor->location = std::move(location);
  return input;
}

// Adds them in batches; the values of those that exist already go to `existing`.
Attempt<std::vector<std::vector<std::string>>> create_partitions(
    Ddl& ddl, std::vector<glue::api::PartitionInput> inputs) {
  std::vector<std::vector<std::string>> existing;
  for (std::size_t at = 0; at < inputs.size(); at += kBatchMax) {
    glue::api::BatchCreatePartitionRequest request;
    request.database_name = ddl.database;
    request.table_name = ddl.table();
    for (std::size_t i = at; i < std::min(inputs.size(), at + kBatchMax); ++i) {
      request.partition_input_list.push_back(std::move(inputs[i]));
    }
    CO_TRY(auto reply, co_await ddl.glue.batch_create_partition(ddl.context, std::move(request)));
    if (!reply.errors) continue;
    for (glue::api::PartitionError& error : *reply.errors) {
      const bool is_there =
          error.error_detail && error.error_detail->error_code == "AlreadyExistsException";
      if (is_there) {
        existing.push_back(error.partition_values.value_or(std::vector<std::string>{}));
      } else {
        co_return std::unexpected(hive_failure(
            fmt::format("FAILED: Execution Error, return code 1 from "
                        "org.apache.hadoop.hive.ql.exec.DDLTask. {}",
                        error.error_detail ? error.error_detail->error_message.value_or("") : "")));
      }
    }
  }
  co_return existing;
}

bool holds(const sql::PartitionSpec::Condition& condition, const std::string& value, bool numeric) {
  int order = value.compare(condition.value);
  if (numeric) {
    const double a = std::strtod(value.c_str(), nullptr);
    const double b = std::strtod(condition.value.c_str(), nullptr);
    order = a < b ? -1 : a > b ? 1 : 0;
  }
  if (condition.comparison == "<") return order < 0;
  if (condition.comparison == "<=") return order <= 0;
  if (condition.comparison == ">") return order > 0;
  if (condition.comparison == ">=") return order >= 0;
  if (condition.comparison == "<>" || condition.comparison == "!=") return order != 0;
  return order == 0;
}

bool is_number(const glue::api::Column& key) {
  const std::string type = key.type.value_or("string");
  return type.ends_with("int") || type == "double" || type == "float" ||
         type.starts_with("decimal");
}

}  // namespace

std::string partition_name(const glue::api::Table& table, const std::vector<std::string>& values) {
  std::string name;
  const auto keys = keys_of(table);
  for (std::size_t i = 0; i < keys.size() && i < values.size(); ++i) {
    name += (i == 0 ? "" : "/") + keys[i].name + '=' + percent_encode(values[i]);
  }
  return name;
}

Attempt<std::vector<glue::api::Partition>> find_partitions(Ddl& ddl) {
  std::vector<glue::api::Partition> all;
  std::optional<std::string> token;
  do {
    glue::api::GetPartitionsRequest request;
    request.database_name = ddl.database;
    request.table_name = ddl.table();
    request.next_token = token;
    CO_TRY(auto page, co_await ddl.glue.get_partitions(ddl.context, std::move(request)));
    if (page.partitions) {
      for (glue::api::Partition& partition : *page.partitions) all.push_back(std::move(partition));
    }
    token = std::move(page.next_token);
  } while (token && !token->empty());
  co_return all;
}

Attempt<Answer> add_partitions(Ddl& ddl) {
  CO_TRY(const glue::api::Table table, co_await find_table(ddl));
  const auto keys = keys_of(table);
  std::vector<glue::api::PartitionInput> inputs;
  for (const sql::PartitionSpec& spec : ddl.statement.partitions) {
    std::vector<std::string> values(keys.size());
    std::size_t given = 0;
    for (const auto& condition : spec.conditions) {
      const auto key = std::ranges::find(keys, condition.key, &glue::api::Column::name);
      if (key == keys.end() || condition.comparison != "=") continue;
      values[static_cast<std::size_t>(key - keys.begin())] = condition.value;
      ++given;
    }
    if (given != keys.size() || spec.conditions.size() != keys.size()) {
      co_return std::unexpected(hive_failure(
          "FAILED: SemanticException partition spec does not match the partition columns of the "
          "table"));
    }
    std::string location = spec.location;
    if (!location.empty() && !location.ends_with('/')) location += '/';
    inputs.push_back(partition_input(table, std::move(values), std::move(location)));
  }
  CO_TRY(const auto existing, co_await create_partitions(ddl, std::move(inputs)));
  if (!existing.empty() && !ddl.statement.if_not_exists) {
    co_return std::unexpected(hive_failure(fmt::format(
        "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. "
        "AlreadyExistsException(message:Partition already exists: {})",
        partition_name(table, existing[0]))));
  }
  co_return Answer();
}

Attempt<Answer> drop_partitions(Ddl& ddl) {
  CO_TRY(const glue::api::Table table, co_await find_table(ddl));
  CO_TRY(const auto partitions, co_await find_partitions(ddl));
  const auto keys = keys_of(table);
  for (const sql::PartitionSpec& spec : ddl.statement.partitions) {
    bool any = false;
    for (const glue::api::Partition& partition : partitions) {
      const auto values = partition.values.value_or(std::vector<std::string>{});
      bool meets = true;
      for (const auto& condition : spec.conditions) {
        const auto key = std::ranges::find(keys, condition.key, &glue::api::Column::name);
        if (key == keys.end()) {
          co_return std::unexpected(hive_failure(
              fmt::format("FAILED: SemanticException [Error 10096]: partition column {} not found",
                          condition.key)));
        }
        const auto index = static_cast<std::size_t>(key - keys.begin());
        meets = meets && index < values.size() && holds(condition, values[index], is_number(*key));
      }
      if (!meets) continue;
      any = true;
      glue::api::DeletePartitionRequest request;
      request.database_name = ddl.database;
      request.table_name = ddl.table();
      request.partition_values = values;
      auto gone = co_await ddl.glue.delete_partition(ddl.context, std::move(request));
      if (!gone && !is_entity_not_found(gone.error())) {
        co_return std::unexpected(Failure(std::move(gone).error()));
      }
    }
    if (!any && !ddl.statement.if_exists) {
      co_return std::unexpected(
          hive_failure("FAILED: SemanticException [Error 10006]: Partition not found", 1301));
    }
  }
  co_return Answer();
}

// Folders named key=value below the table's location become partitions; none is removed.
Attempt<Answer> repair_table(Ddl& ddl) {
  CO_TRY(const glue::api::Table table, co_await find_table(ddl));
  const auto keys = keys_of(table);
  std::string bucket, prefix;
  if (!sql::split_location(location_of(table), bucket, prefix)) {
    co_return std::unexpected(hive_failure("FAILED: the table has no S3 location"));
  }
  std::set<std::vector<std::string>> known;
  CO_TRY(const auto partitions, co_await find_partitions(ddl));
  for (const auto& partition : partitions) {
    known.insert(partition.values.value_or(std::vector<std::string>{}));
  }
  std::vector<glue::api::PartitionInput> inputs;
  std::vector<std::string> names;
  bool any_object = false;
  std::optional<std::string> token;
  do {
    s3::api::ListObjectsV2Request request;
    request.bucket = bucket;
    request.prefix = prefix;
    request.continuation_token = token;
    auto page = co_await ddl.s3.list_objects_v2(ddl.context, std::move(request));
    if (!page) co_return std::unexpected(Failure(std::move(page).error()));
    token.reset();
    if (page->is_truncated.value_or(false)) token = page->next_continuation_token;
    if (!page->contents) continue;
    for (const s3::api::Object& object : *page->contents) {
      any_object = true;
      std::string_view rest = std::string_view(*object.key).substr(prefix.size());
      std::vector<std::string> values;
      std::string folder;
      for (const glue::api::Column& key : keys) {
        const std::size_t slash = rest.find('/');
        if (slash == std::string_view::npos || !rest.starts_with(key.name + "=")) break;
        values.push_back(
            percent_decode(rest.substr(key.name.size() + 1, slash - key.name.size() - 1)));
        folder += rest.substr(0, slash + 1);
        rest.remove_prefix(slash + 1);
      }
      if (values.size() != keys.size() || keys.empty() || !known.insert(values).second) continue;
      folder.pop_back();
      names.push_back(fmt::format("{}:{}", table.name, folder));
      inputs.push_back(
          partition_input(table, std::move(values), location_of(table) + folder + '/'));
    }
  } while (token);
  CO_TRY_VOID(co_await create_partitions(ddl, std::move(inputs)));
  if (!any_object) {
    co_return text_answer({fmt::format("Tables missing on filesystem:\t{}", table.name)}, {});
  }
  if (names.empty()) co_return Answer();
  std::vector<std::string> lines = {"Partitions not in metastore:"};
  for (const std::string& name : names) lines[0] += '\t' + name;
  for (const std::string& name : names) {
    lines.push_back("Repair: Added partition to metastore " + name);
  }
  co_return text_answer(std::move(lines), {});
}

}  // namespace penstock::athena
