// Any bytes as a statement: lexer, parser and analyzer either refuse or succeed, in bounded time
// and depth.

#include <string_view>

#include "sql/plan.h"
#include "sql/statement.h"

using namespace penstock;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  auto statement = sql::parse_statement({reinterpret_cast<const char*>(data), size});
  if (!statement || !statement->query) return 0;
  static const sql::Catalog catalog = [] {
    sql::Catalog made;
    made.databases = {"db"};
    auto table = std::make_shared<sql::Table>();
    table->database = "db";
    table->name = "t";
    for (const char* column :
         {"a string", "n int", "m map<string,int>", "r struct<x:int,y:array<double>>"}) {
      const std::string_view text = column;
      const std::size_t blank = text.find(' ');
      table->columns.push_back({std::string(text.substr(0, blank)),
                                sql::parse_hive_type(text.substr(blank + 1)).value(), "", ""});
    }
    made.tables[{"db", "t"}] = std::move(table);
    return made;
  }();
  auto plan = sql::analyze(*statement->query, catalog, {"db", {}});
  (void)plan;
  return 0;
}
