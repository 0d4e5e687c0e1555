// How lines of objects become rows, and the statements that are not queries.

#include <gtest/gtest.h>
#include <zlib.h>

#include "sql/tests/harness.h"

namespace penstock::sql::testing {
namespace {

const std::vector<Column> kColumns = {column("a", "string"),       column("n", "int"),
                                      column("x", "double"),       column("b", "boolean"),
                                      column("d", "date"),         column("ts", "timestamp"),
                                      column("m", "decimal(10,2)")};

std::string read_json(const std::string& text, const std::string& sql = "SELECT * FROM j") {
  World world;
  world.json_table("j", kColumns, text);
  return world.ask(sql);
}

TEST(Json, ReadsEveryDeclaredType) {
  EXPECT_EQ(
      read_json(
          "{\"A\":\"t\",\"N\":1,\"x\":2.5,\"b\":true,\"d\":\"2020-01-02\",\"ts\":\"2020-01-02 "
          "03:04:05.678\",\"m\":1.005}"),
      "t|1|2.5|true|2020-01-02|2020-01-02 03:04:05.678|1.01");
  EXPECT_EQ(read_json("{}"), "∅|∅|∅|∅|∅|∅|∅");
  EXPECT_EQ(read_json("{\"a\":5,\"n\":\"7\",\"x\":3,\"b\":\"false\",\"ts\":1577934245000}"),
            "5|7|3.0|false|∅|2020-01-02 03:04:05.000|∅");
  EXPECT_EQ(read_json("{\"a\":{\"k\": [1, \"z\"]},\"n\":null}"), "{\"k\":[1,\"z\"]}|∅|∅|∅|∅|∅|∅");
  EXPECT_EQ(read_json("{\"a\":\"\\u00e9\\n\\ud83d\\ude00\"}", "SELECT length(a) FROM j"), "3");
  EXPECT_EQ(read_json("[\"p\", 4]"), "p|4|∅|∅|∅|∅|∅");
}

TEST(Json, ReadsOnlyTheFirstOfSeveralOnOneLine) {  // documented: one document per line
  EXPECT_EQ(read_json("{\"n\":1}{\"n\":2}\n{\"n\":3}\n\n", "SELECT n FROM j"), "1\n3");
  EXPECT_EQ(read_json("{\"n\":1}\r\n", "SELECT n FROM j"), "1");
}

TEST(Json, RefusesWhatIsMalformed) {
  EXPECT_TRUE(
      read_json("{\"n\":1}\nplain\n")
          .starts_with("HIVE_CURSOR_ERROR: Row is not a valid JSON Object - JSONException: "));
  EXPECT_TRUE(read_json("{\"n\":1,}\n").starts_with("HIVE_CURSOR_ERROR: "));
  EXPECT_TRUE(read_json("{\"n\":1\n").starts_with("HIVE_CURSOR_ERROR: "));
  EXPECT_TRUE(read_json("{\"a\":\"1\",\"A\":\"2\"}")
                  .starts_with("HIVE_CURSOR_ERROR: Row is not a valid JSON Object - JSONException: "
                               "Duplicate key \"a\""));
  EXPECT_EQ(read_json("{\"n\":\"x\"}"),
            "HIVE_BAD_DATA: Error parsing field value 'x' for field 1: For input string: \"x\"");
  EXPECT_TRUE(read_json("{\"ts\":\"soon\"}").find("Timestamp format must be yyyy-mm-dd") !=
              std::string::npos);
  World world;
  Table& table = world.json_table("j", kColumns, "oops\n{\"n\":1}\n");
  table.serde_parameters["ignore.malformed.json"] = "true";
  EXPECT_EQ(world.ask("SELECT n FROM j"), "∅\n1");
}

TEST(Json, FollowsTheMappings) {
  World world;
  Table& table = world.json_table("j", {column("ts", "string"), column("a_b", "int")},
                                  "{\"time stamp\":\"now\",\"a.b\":3}");
  table.serde_parameters["mapping.ts"] = "time stamp";
  table.serde_parameters["dots.in.keys"] = "true";
  EXPECT_EQ(world.ask("SELECT * FROM j"), "now|3");
}

std::string gzip(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(text.size() + 1024, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

TEST(Objects, AreUnpackedAndHiddenOnesSkipped) {
  World world;
  world.json_table("j", {column("n", "int")});
  auto& objects = world.objects.objects;
  objects["lake/j/a.gz"] = gzip("{\"n\":1}\n{\"n\":2}\n") + gzip("{\"n\":3}");
  objects["lake/j/sub/b"] = "{\"n\":4}";
  objects["lake/j/_temporary/x"] = "not json";
  objects["lake/j/.hidden"] = "not json";
  objects["lake/j/empty"] = "";
  objects["lake/j2/other"] = "not json";
  EXPECT_EQ(world.ask("SELECT sum(n), count(DISTINCT \"$path\") FROM j"), "10|2");
  objects["lake/j/c.gz"] = "not gzip";
  EXPECT_TRUE(world.ask("SELECT * FROM j")
                  .starts_with("HIVE_CURSOR_ERROR: Failed to read s3://lake/j/c.gz"));
}

TEST(Objects, LargeOnesAreReadInPieces) {
  World world;
  std::string text;
  for (int i = 0; i < 200'000; ++i) {
    text += "{\"n\":" + std::to_string(i) + ",\"pad\":\"" + std::string(40, 'x') + "\"}\n";
  }
  world.json_table("j", {column("n", "bigint")}, text);
  EXPECT_EQ(world.ask("SELECT count(*), sum(n) FROM j"), "200000|19999900000");
  EXPECT_EQ(world.stats.bytes_scanned, text.size());
}

TEST(Csv, LazySimpleSplitsWithoutQuotes) {
  World world;
  Table& table =
      world.json_table("c", {column("a", "string"), column("n", "int"), column("l", "array<int>")},
                       "h1,h2,h3\n\"x\",1,5;6\ny,bad,\nz\n\\N,2,7,extra\n");
  table.serde = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe";
  table.serde_parameters = {{"field.delim", ","}, {"collection.delim", ";"}};
  table.parameters["skip.header.line.count"] = "1";
  EXPECT_EQ(world.ask("SELECT * FROM c"), "\"x\"|1|[5, 6]\ny|∅|[]\nz|∅|∅\n∅|2|[7]");
}

TEST(Csv, OpenCsvQuotesAndHasItsOwnDates) {
  World world;
  Table& table =
      world.json_table("c", {column("a", "string"), column("n", "int"), column("d", "date")},
                       "\"x, \"\"q\"\"\",\"1\",18263\n");
  table.serde = "org.apache.hadoop.hive.serde2.OpenCSVSerde";
  EXPECT_EQ(world.ask("SELECT * FROM c"), "x, \"q\"|1|2020-01-02");
  world.objects.objects["lake/c/part-0"] = "x,,18263\n";
  EXPECT_TRUE(world.ask("SELECT n FROM c").starts_with("HIVE_BAD_DATA: "));
}

// Deduced: what no date and no timestamp can hold is as bad as what is no number.
TEST(Csv, OpenCsvTimesBeyondTheirRangesAreBadFields) {
  World world;
  Table& table = world.json_table("c", {column("d", "date"), column("t", "timestamp")}, "");
  table.serde = "org.apache.hadoop.hive.serde2.OpenCSVSerde";
  for (const char* line : {"4294967296,0", "2147483647,0", "0,9223372036854775807",
                           "0,-9223372036854775807", "0,10000000000000000"}) {
    world.objects.objects["lake/c/part-0"] = std::string(line) + "\n";
    EXPECT_TRUE(world.ask("SELECT d, t FROM c").starts_with("HIVE_BAD_DATA: ")) << line;
  }
}

TEST(Formats, OthersAreRefusedByName) {
  World world;
  world.json_table("o", {column("n", "int")}).serde = "org.apache.hadoop.hive.ql.io.orc.OrcSerde";
  EXPECT_TRUE(world.ask("SELECT * FROM o").starts_with("NOT_SUPPORTED: Table db.o has a SerDe"));
  // A Parquet table whose object is none.
  world.json_table("p", {column("n", "int")}, "not parquet, and long enough to look").serde =
      "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe";
  EXPECT_TRUE(world.ask("SELECT * FROM p").starts_with("HIVE_BAD_DATA: Not valid Parquet file"));
}

TEST(Statements, AreRoutedAndNamed) {
  struct Row {
    const char* sql;
    const char* type;
    const char* substatement;
  };
  const Row rows[] = {
      // measured
      {"WITH a AS (SELECT 1) SELECT * FROM a", "DML", "SELECT"},
      {"/* c */ VALUES 1;", "DML", "SELECT"},
      {"(SELECT 1)", "DML", "SELECT"},
      {"EXPLAIN SELECT 1", "DML", "EXPLAIN"},
      {"CREATE DATABASE IF NOT EXISTS x COMMENT 'c'", "DDL", "CREATE_DATABASE"},
      {"CREATE SCHEMA x", "DDL", "CREATE_DATABASE"},
      {"DROP DATABASE x CASCADE", "DDL", "DROP_DATABASE"},
      {"CREATE VIEW v AS SELECT 1 AS a", "DDL", "CREATE_VIEW"},
      {"CREATE OR REPLACE VIEW \"v\" AS SELECT 1 AS a", "DDL", "CREATE_VIEW"},
      {"DROP TABLE IF EXISTS `x`", "DDL", "DROP_TABLE"},
      {"SHOW DATABASES LIKE 'a.*'", "UTILITY", "SHOW_DATABASES"},
      {"SHOW TABLES IN db 'a*'", "UTILITY", "SHOW_TABLES"},
      {"SHOW COLUMNS IN db.t", "UTILITY", "SHOW_COLUMNS"},
      {"SHOW PARTITIONS t", "UTILITY", "SHOW_PARTITIONS"},
      {"SHOW CREATE TABLE t", "UTILITY", "SHOW_CREATE_TABLE"},
      {"DESC t", "UTILITY", "DESCRIBE_TABLE"},
      {"MSCK REPAIR TABLE t", "DDL", "MSCK_REPAIR"},
      {"ALTER TABLE t ADD IF NOT EXISTS PARTITION (dt='1') LOCATION 's3://a/b' PARTITION (dt='2')",
       "DDL", "ALTER_TABLE_ADD_PARTITION"},
      {"ALTER TABLE t DROP PARTITION (dt<'1'), PARTITION (dt='3')", "DDL",
       "ALTER_TABLE_DROP_PARTITION"},
      {"ALTER TABLE t SET TBLPROPERTIES ('a'='b')", "DDL", "ALTER_TABLE_PROPERTIES"},
  };
  for (const Row& row : rows) {
    auto statement = parse_statement(row.sql);
    ASSERT_TRUE(statement) << row.sql << ": " << statement.error().message;
    EXPECT_EQ(statement->statement_type(), row.type) << row.sql;
    EXPECT_EQ(statement->substatement_type(), row.substatement) << row.sql;
  }
}

TEST(Statements, CreateTableKeepsEveryClause) {
  auto statement = parse_statement(
      "CREATE EXTERNAL TABLE IF NOT EXISTS `db`.orders (\n `orderid` string COMMENT 'id',\n price "
      "double,\n"
      " items array<struct<sku:string, n:int>>, amount decimal(10, 2))\n"
      "PARTITIONED BY (dt string, hour int)\n"
      "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'\n"
      "WITH SERDEPROPERTIES ('ignore.malformed.json'='true')\n"
      "STORED AS TEXTFILE LOCATION 's3://lake/orders/' TBLPROPERTIES ('classification'='json')");
  ASSERT_TRUE(statement) << statement.error().message;
  EXPECT_EQ(statement->name.database, "db");
  EXPECT_EQ(statement->columns[2].type, "array<struct<sku:string,n:int>>");
  EXPECT_EQ(statement->columns[3].type, "decimal(10,2)");
  EXPECT_EQ(statement->columns[0].comment, "id");
  EXPECT_EQ(statement->partition_keys[1].name, "hour");
  EXPECT_EQ(statement->serde, "org.openx.data.jsonserde.JsonSerDe");
  EXPECT_EQ(statement->location, "s3://lake/orders/");
  EXPECT_FALSE(
      parse_statement("CREATE EXTERNAL TABLE t (a int) PARTITIONED BY (a int) LOCATION 's3://a/'"));
  EXPECT_FALSE(parse_statement("CREATE EXTERNAL TABLE t (a nonsense) LOCATION 's3://a/'"));
  EXPECT_FALSE(parse_statement("DROP TABLE \"x\""));
}

TEST(Statements, DeepNestingIsRefusedNotFollowed) {
  const std::string parens(5000, '(');
  EXPECT_FALSE(parse_statement("SELECT " + parens + "1"));
  EXPECT_FALSE(parse_statement("SELECT * FROM " + parens + "t"));
  std::string sum = "SELECT 1";
  for (int i = 0; i < 5000; ++i) sum += "+1";
  EXPECT_FALSE(parse_statement(sum));
  std::string terms = "SELECT 1 WHERE true";
  for (int i = 0; i < 5000; ++i) terms += " AND true";
  EXPECT_TRUE(parse_statement(terms));
}

}  // namespace
}  // namespace penstock::sql::testing
