// Grouping into tables and partitions. "documented": the developer guide ("How does a crawler
// determine when to create partitions?", "Create a single schema for each S3 include path").
#include "services/glue/folders.h"

#include <gtest/gtest.h>

#include "services/glue/naming.h"

namespace penstock::glue {
namespace {

// "a:int b" makes columns a int, b string; "csv a b" another format.
FileSchema schema_of(std::string_view text) {
  FileSchema schema;
  schema.classification = "json";
  while (!text.empty()) {
    const std::size_t blank = text.find(' ');
    std::string_view word = text.substr(0, blank);
    text = blank == std::string_view::npos ? "" : text.substr(blank + 1);
    if (word == "csv" || word == "UNKNOWN") {
      schema.classification = word;
    } else if (word == "gz") {
      schema.compression = "gzip";
    } else {
      const bool is_int = word.ends_with(":int");
      if (is_int) word.remove_suffix(4);
      schema.columns.push_back(
          {std::string(word), hive(is_int ? HiveType::Kind::kInt : HiveType::Kind::kString)});
    }
  }
  return schema;
}

struct Object {
  std::string_view key;
  std::string_view schema;
};

std::string describe(std::string_view include, const std::vector<Object>& objects,
                     const GroupingOptions& options = {}) {
  std::vector<FoundObject> found;
  for (const Object& object : objects) {
    found.push_back({std::string(object.key), 10, schema_of(object.schema), 1});
  }
  std::string out;
  for (const FoundTable& table : group_into_tables(include, std::move(found), options)) {
    if (!out.empty()) out += " | ";
    out += table.root;
    for (const std::string& key : table.partition_keys) out += " " + key;
    for (const FoundPartition& partition : table.partitions) {
      out += " [";
      for (const std::string& value : partition.values) {
        if (!out.ends_with('[')) out += ',';
        out += value;
      }
      out += ']';
    }
  }
  return out;
}

struct FolderCase {
  std::string_view name;
  std::string_view include;
  std::vector<Object> objects;
  std::string_view expected;
};

TEST(Folders, GroupIntoTablesAndPartitions) {
  const FolderCase cases[] = {
      {"one folder (documented)",
       "sales/",
       {{"sales/a.json", "a b"}, {"sales/b.json", "a b"}},
       "sales/"},
      {"Firehose's folders (seen)",
       "sales/",
       {{"sales/2024/01/01/00/x", "a"},
        {"sales/2024/01/01/01/x", "a"},
        {"sales/2024/02/01/00/x", "a"}},
       "sales/ partition_0 partition_1 partition_2 partition_3 "
       "[2024,01,01,00] [2024,01,01,01] [2024,02,01,00]"},
      {"one object is enough",
       "sales/",
       {{"sales/2024/01/x", "a"}},
       "sales/ partition_0 partition_1 [2024,01]"},
      {"key=value folders (documented)",
       "t/",
       {{"t/Year=2023/month=01/x", "a"}, {"t/Year=2024/month=02/x", "a"}},
       "t/ year month [2023,01] [2024,02]"},
      {"folder1/table1 and table2 alike are one table (documented)",
       "folder1/",
       {{"folder1/table1/p1/x", "a b"},
        {"folder1/table1/p2/x", "a b"},
        {"folder1/table2/p4/x", "a b"}},
       "folder1/ partition_0 partition_1 [table1,p1] [table1,p2] [table2,p4]"},
      {"tables that differ (documented)",
       "folder1/",
       {{"folder1/table1/p1/x", "a b"},
        {"folder1/table1/p2/x", "a b"},
        {"folder1/table2/p4/x", "c d"}},
       "folder1/table1/ partition_0 [p1] [p2] | folder1/table2/ partition_0 [p4]"},
      {"years with other columns (documented)",
       "d/",
       {{"d/year=2017/data1.json", "a b"}, {"d/year=2018/data2.json", "c d"}},
       "d/year=2017/ | d/year=2018/"},
      {"other formats never mix", "d/", {{"d/a/x", "a"}, {"d/b/x", "csv a"}}, "d/a/ | d/b/"},
      {"nor other compressions", "d/", {{"d/a/x", "a"}, {"d/b/x", "gz a"}}, "d/a/ | d/b/"},
      {"depths never mix", "d/", {{"d/a/x", "a"}, {"d/b/c/x", "a"}}, "d/a/ | d/b/ partition_0 [c]"},
      {"hive and plain folders never mix",
       "d/",
       {{"d/k=1/x", "a"}, {"d/b/x", "a"}},
       "d/b/ | d/k=1/"},
      {"other keys never mix", "d/", {{"d/k=1/x", "a"}, {"d/l=1/x", "a"}}, "d/k=1/ | d/l=1/"},
      {"unlike objects of one folder are tables of their own",
       "d/",
       {{"d/x.json", "a b"}, {"d/y.json", "c d"}},
       "d/x.json | d/y.json"},
      {"objects beside folders are tables of their own",
       "d/",
       {{"d/x.json", "a"}, {"d/k/y.json", "a"}},
       "d/x.json | d/k/"},
      {"one more column in four is alike",
       "d/",
       {{"d/a/x", "a b c"}, {"d/b/x", "a b c d"}},
       "d/ partition_0 [a] [b]"},
      {"one more in three is not", "d/", {{"d/a/x", "a b"}, {"d/b/x", "a b c"}}, "d/a/ | d/b/"},
      {"types count: text and struct differ, int widens",
       "d/",
       {{"d/a/x", "a:int"}, {"d/b/x", "a:int"}},
       "d/ partition_0 [a] [b]"},
      {"types that conflict are not alike",
       "d/",
       {{"d/a/x", "a:int"}, {"d/b/x", "a"}},
       "d/a/ | d/b/"},
      {"an empty value has Hive's name",
       "d/",
       {{"d/k=/x", "a"}},
       "d/ k [__HIVE_DEFAULT_PARTITION__]"},
      {"the whole bucket", "", {{"sales/x", "a"}, {"logs/x", "c"}}, "logs/ | sales/"},
      {"objects at the root of the bucket", "", {{"x", "a"}}, ""},
      {"what nobody recognises", "d/", {{"d/x", "UNKNOWN"}}, "d/"},
      {"nothing", "d/", {}, ""},
  };
  for (const FolderCase& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(describe(c.include, c.objects), c.expected);
  }
}

TEST(Folders, AFewOddPartitionsDoNotSplitATable) {
  std::vector<Object> objects;
  const std::vector<std::string> keys = {"d/1/x", "d/2/x", "d/3/x", "d/4/x", "d/5/x"};
  for (const std::string& key : keys) objects.push_back({key, key == "d/5/x" ? "z" : "a b"});
  EXPECT_EQ(describe("d/", objects), "d/ partition_0 [1] [2] [3] [4] [5]");
}

TEST(Folders, CombineCompatibleSchemas) {
  GroupingOptions combine;
  combine.combine_compatible = true;
  EXPECT_EQ(describe("d/", {{"d/year=2017/data1.json", "a b"}, {"d/year=2018/data2.json", "c d"}},
                     combine),
            "d/ year [2017] [2018]");
  EXPECT_EQ(describe("d/", {{"d/a/x", "a"}, {"d/b/x", "csv a"}}, combine), "d/a/ | d/b/");
}

// Documented: with level 3, mydataset/year/month/day/hour gives tables at mydataset/year/month.
TEST(Folders, TableLevel) {
  GroupingOptions level;
  level.table_level = 3;
  EXPECT_EQ(describe("", {{"y1/m1/d1/x", "a"}, {"y1/m1/d2/x", "b"}, {"y1/m2/d1/x", "a"}}, level),
            "y1/m1/ partition_0 [d1] [d2] | y1/m2/ partition_0 [d1]");
}

TEST(Folders, CollectForATableThatExists) {
  std::vector<FoundObject> objects;
  for (const std::string key : {"t/a/x", "t/a/y", "t/b/x", "t/z", "t/c/d/x"}) {
    objects.push_back({key, 10, schema_of("a"), 2});
  }
  const FoundTable table = collect_for_table("t/", {"k"}, std::move(objects));
  ASSERT_EQ(table.partitions.size(), 2U);
  EXPECT_EQ(table.partitions[0].prefix, "t/a/");
  EXPECT_EQ(table.totals.objects, 3U);
  EXPECT_EQ(table.totals.records, 6U);
}

TEST(Folders, WhatIsNoData) {
  EXPECT_TRUE(is_data_object("a/b.json", 1));
  EXPECT_FALSE(is_data_object("a/b.json", 0));
  EXPECT_FALSE(is_data_object("a/", 5));
  EXPECT_FALSE(is_data_object("a/_SUCCESS", 5));
  EXPECT_FALSE(is_data_object(".hidden", 5));
}

TEST(Naming, OfTables) {
  EXPECT_EQ(table_name("", "lake", "sales/"), "sales");
  EXPECT_EQ(table_name("raw_", "lake", "x/Sales-2024/"), "raw_sales_2024");
  EXPECT_EQ(table_name("", "my-lake.eu", ""), "my_lake_eu");
  EXPECT_EQ(table_name("", "lake", "d/data.json"), "data_json");
  EXPECT_EQ(table_name("", "lake", "d/year=2017/"), "year_2017");
  EXPECT_EQ(table_name("", "lake", std::string(300, 'a') + "/").size(), 128U);
  const auto taken = [](const std::string& name) { return name == "sales"; };
  EXPECT_EQ(free_table_name("orders", "s3://b/orders/", taken), "orders");
  const std::string renamed = free_table_name("sales", "s3://b/x/sales/", taken);
  EXPECT_EQ(renamed.size(), std::string("sales_").size() + 32);
  EXPECT_TRUE(renamed.starts_with("sales_"));
}

}  // namespace
}  // namespace penstock::glue
