// A catalog and objects in memory, and a way to ask one question. For tests only.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sql/engine.h"
#include "sql/plan.h"
#include "sql/statement.h"

namespace penstock::sql::testing {

class MemoryObjects final : public ObjectReader {
 public:
  std::map<std::string, std::string> objects;  // bucket/key → bytes
  std::vector<std::string> listed;

  Result<std::vector<ObjectInfo>> list(const std::string& bucket,
                                       const std::string& prefix) override {
    listed.push_back(bucket + "/" + prefix);
    std::vector<ObjectInfo> out;
    const std::string start = bucket + "/" + prefix;
    for (auto at = objects.lower_bound(start); at != objects.end(); ++at) {
      if (!at->first.starts_with(start)) break;
      out.push_back({at->first.substr(bucket.size() + 1), at->second.size(), {}});
    }
    return out;
  }
  Result<std::string> read(const std::string& bucket, const std::string& key, std::uint64_t offset,
                           std::uint64_t length) override {
    const auto found = objects.find(bucket + "/" + key);
    if (found == objects.end()) return fail(ErrorKind::kNotFound, "no such key");
    if (offset >= found->second.size()) return std::string();
    return found->second.substr(offset, length);
  }
};

inline Engine& engine() {
  static std::unique_ptr<Engine> shared = Engine::open({.threads = 2}).value();
  return *shared;
}

inline Column column(std::string name, std::string type) {
  return {name, parse_hive_type(type).value(), type, ""};
}

struct World {
  Catalog catalog;
  MemoryObjects objects;
  RunStats stats;
  std::vector<OutputColumn> columns;

  World() { catalog.databases = {"db", "other"}; }

  Table& json_table(std::string name, std::vector<Column> columns, std::string text = {}) {
    auto table = std::make_shared<Table>();
    table->database = "db";
    table->name = name;
    table->columns = std::move(columns);
    table->serde = "org.openx.data.jsonserde.JsonSerDe";
    table->location = "s3://lake/" + name + "/";
    Table& out = *table;
    catalog.tables[{"db", name}] = std::move(table);
    if (!text.empty()) objects.objects["lake/" + name + "/part-0"] = std::move(text);
    return out;
  }

  // Rows as "a|b|c", NULL as ∅, joined with newlines; or the error's message.
  std::string ask(const std::string& sql, std::vector<std::string> parameters = {}) {
    auto statement = parse_statement(sql);
    if (!statement) return statement.error().message;
    if (!statement->query) return "not a query";
    if (auto bound = bind_parameters(*statement->query, statement->parameter_count, parameters);
        !bound) {
      return bound.error().message;
    }
    Session session{"db", Timestamp::from_seconds(std::int64_t{1'767'225'600})};  // 2026-01-01
    auto plan = analyze(*statement->query, catalog, session);
    if (!plan) return plan.error().message;
    columns = plan->columns;
    std::string out;
    const auto sink = [&](Row row) {
      if (!out.empty()) out += '\n';
      std::string line;
      for (std::size_t i = 0; i < row.size(); ++i) {
        if (i > 0) line += '|';
        line += row[i] ? *row[i] : "∅";
      }
      out += line;
      return true;
    };
    stats = {};
    auto done = engine().run(*plan, objects, {}, sink, stats);
    if (!done) return done.error().message;
    return out;
  }
};

struct Case {
  const char* sql;
  const char* expected;
};

}  // namespace penstock::sql::testing
