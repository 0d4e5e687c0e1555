// The catalog as one statement sees it: fetched before planning, constant while it runs.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sql/type.h"

namespace penstock::sql {

struct Column {
  std::string name;  // lower case
  Type type;
  std::string declared;  // the type as the catalog spells it
  std::string comment;
};

struct Partition {
  std::vector<std::string> values;  // one per partition key
  std::string location;             // s3://bucket/prefix/
};

struct Table {
  std::string database, name;
  std::vector<Column> columns, partition_keys;
  std::vector<Partition> partitions;  // unused by a table without partition keys
  std::map<std::string, std::string> parameters;
  std::string serde, input_format;
  std::map<std::string, std::string> serde_parameters;
  std::string location;
  std::string view_text;  // the SELECT of a view; empty for a table
  // A table that the engine cannot read (a column's type, a format): why.
  std::string refusal;
};

struct Catalog {
  std::set<std::string> databases;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<const Table>> tables;

  const std::shared_ptr<const Table>* find(const std::string& database,
                                           const std::string& table) const {
    const auto found = tables.find({database, table});
    return found == tables.end() ? nullptr : &found->second;
  }
};

}  // namespace penstock::sql
