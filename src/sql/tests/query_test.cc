// Queries over tables: FROM, GROUP BY, windows, set operations, and the reading of objects.

#include <gtest/gtest.h>

#include "sql/tests/harness.h"

namespace penstock::sql::testing {
namespace {

World& sales() {
  static World* world = [] {
    auto* w = new World;
    w->json_table(
        "orders",
        {column("orderid", "string"), column("product_name", "string"), column("quantity", "int"),
         column("price", "double"), column("creation_datetime", "string")},
        "{\"orderid\":\"1\",\"product_name\":\"Laptop\",\"quantity\":2,\"price\":999.5,"
        "\"creation_datetime\":\"2025-08-01T16:00:00Z\"}\n"
        "{\"orderid\":\"2\",\"product_name\":\"Phone\",\"quantity\":1,\"price\":500,"
        "\"creation_datetime\":\"2025-08-02T10:00:00Z\"}\n"
        "{\"orderid\":\"3\",\"product_name\":\"Laptop\",\"quantity\":5,\"price\":950.25,"
        "\"creation_datetime\":\"2025-08-02T11:00:00Z\"}\n");
    Table& tags = w->json_table(
        "tags",
        {column("id", "int"), column("labels", "array<string>"), column("m", "map<string,int>"),
         column("items", "array<struct<sku:string,n:int>>"), column("s", "struct<a:int,b:string>")},
        "{\"id\":1,\"labels\":[\"x\",\"y\"],\"m\":{\"k\":1},\"items\":[{\"sku\":\"p\",\"n\":2},"
        "{\"sku\":\"q\"}],\"s\":{\"a\":5,\"B\":\"bee\"}}\n"
        "{\"id\":2,\"labels\":[],\"m\":{},\"items\":null}\n");
    (void)tags;
    Table& days = w->json_table("days", {column("n", "int")});
    days.partition_keys = {column("dt", "string"), column("hour", "int")};
    for (int d = 1; d <= 3; ++d) {
      const std::string dt = "2020-01-0" + std::to_string(d);
      const std::string location = "s3://lake/days/dt=" + dt + "/hour=" + std::to_string(d) + "/";
      days.partitions.push_back({{dt, std::to_string(d)}, location});
      w->objects.objects["lake/days/dt=" + dt + "/hour=" + std::to_string(d) + "/f"] =
          "{\"n\":" + std::to_string(d * 10) + "}\n";
    }
    Table& view = w->json_table("v_orders", {column("p", "string")});
    view.view_text =
        "SELECT product_name AS p, sum(quantity) AS q FROM orders GROUP BY product_name";
    return w;
  }();
  return *world;
}

class Query : public ::testing::TestWithParam<Case> {};

TEST_P(Query, Answers) {
  EXPECT_EQ(sales().ask(GetParam().sql), GetParam().expected) << GetParam().sql;
}

constexpr Case kCases[] = {
    {"SELECT count(*) FROM orders", "3"},
    {"SELECT * FROM orders ORDER BY orderid LIMIT 1", "1|Laptop|2|999.5|2025-08-01T16:00:00Z"},
    {"SELECT o.orderid, O.QUANTITY FROM orders o WHERE price > 900 ORDER BY 1 DESC", "3|5\n1|2"},
    {"SELECT product_name, sum(quantity * price) AS total FROM orders GROUP BY product_name ORDER "
     "BY total DESC",
     "Laptop|6750.25\nPhone|500.0"},
    {"SELECT product_name, count(*) FROM db.orders GROUP BY 1 HAVING count(*) > 1", "Laptop|2"},
    {"SELECT count(DISTINCT product_name), min(price), max(product_name) FROM "
     "awsdatacatalog.db.orders",
     "2|500.0|Phone"},
    {"SELECT upper(product_name), avg(quantity) FROM orders GROUP BY upper(product_name) ORDER BY "
     "1",
     "LAPTOP|3.5\nPHONE|1.0"},
    {"SELECT quantity + 1 FROM orders GROUP BY quantity ORDER BY quantity", "2\n3\n6"},
    {"SELECT DISTINCT product_name FROM orders ORDER BY product_name", "Laptop\nPhone"},
    {"WITH big AS (SELECT * FROM orders WHERE quantity > 1), n(c) AS (SELECT count(*) FROM big) "
     "SELECT c FROM n",
     "2"},
    {"WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 4) SELECT sum(n) "
     "FROM t",
     "10"},
    {"SELECT orderid FROM orders WHERE price = (SELECT max(price) FROM orders)", "1"},
    {"SELECT orderid FROM orders o WHERE EXISTS (SELECT 1 FROM orders p WHERE p.product_name = "
     "o.product_name AND "
     "p.orderid <> o.orderid) ORDER BY 1",
     "1\n3"},
    {"SELECT orderid FROM orders WHERE product_name IN (SELECT p FROM v_orders WHERE q > 1) ORDER "
     "BY 1",
     "1\n3"},
    {"SELECT count(*) FROM orders WHERE quantity > ALL (SELECT 1)", "2"},
    {"SELECT a.orderid, b.orderid FROM orders a JOIN orders b ON a.product_name = b.product_name "
     "AND a.orderid < b.orderid",
     "1|3"},
    {"SELECT orderid, t.id FROM orders LEFT JOIN tags t ON CAST(orderid AS integer) = t.id ORDER "
     "BY 1",
     "1|1\n2|2\n3|∅"},
    {"SELECT count(*) FROM orders CROSS JOIN tags", "6"},
    {"SELECT count(*) FROM orders, tags", "6"},
    {"SELECT product_name, a.quantity FROM orders a JOIN orders b USING (product_name) WHERE "
     "b.quantity = 1",
     "Phone|1"},
    {"SELECT * FROM (SELECT orderid id FROM orders) x NATURAL JOIN (VALUES '1') y(id)", "1"},
    {"SELECT rank() OVER (ORDER BY quantity DESC), orderid FROM orders ORDER BY 1",
     "1|3\n2|1\n3|2"},
    {"SELECT orderid, sum(quantity) OVER (PARTITION BY product_name ORDER BY orderid) FROM orders "
     "ORDER BY 1",
     "1|2\n2|1\n3|7"},
    {"SELECT orderid, lag(quantity) OVER w FROM orders WINDOW w AS (ORDER BY orderid) ORDER BY 1",
     "1|∅\n2|2\n3|1"},
    {"SELECT first_value(x) IGNORE NULLS OVER (ORDER BY y) FROM (VALUES (NULL, 1), (5, 2)) t(x, y) "
     "ORDER BY 1 NULLS FIRST",
     "∅\n5"},
    {"SELECT sum(x) OVER (ORDER BY x ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM (VALUES 1, 2, "
     "3) t(x) ORDER BY x",
     "1\n3\n5"},
    {"SELECT product_name, sum(sum(quantity)) OVER () FROM orders GROUP BY product_name ORDER BY 1",
     "Laptop|8\nPhone|8"},
    {"SELECT 1 UNION ALL SELECT 2 UNION SELECT 2 ORDER BY 1", "1\n2"},
    {"SELECT 1 INTERSECT SELECT 1", "1"},
    {"(SELECT 1 AS x UNION ALL SELECT 2) EXCEPT SELECT 2", "1"},
    {"SELECT 1 UNION ALL SELECT 2.5 ORDER BY 1", "1.0\n2.5"},
    {"VALUES (1, 'a'), (2, NULL)", "1|a\n2|∅"},
    {"VALUES 3, 1, 2 ORDER BY 1 LIMIT 2", "1\n2"},
    {"TABLE v_orders ORDER BY 1", "Laptop|7\nPhone|1"},
    {"SELECT x FROM (VALUES 1, 2, 3, 4) t(x) ORDER BY x OFFSET 1 LIMIT 2", "2\n3"},
    {"SELECT x FROM (VALUES 1, 2) t(x) ORDER BY x DESC FETCH FIRST 1 ROW ONLY", "2"},
    {"SELECT x FROM (VALUES 2, NULL, 1) t(x) ORDER BY x DESC", "2\n1\n∅"},  // nulls last both ways
    {"SELECT x FROM (VALUES 2, NULL, 1) t(x) ORDER BY x NULLS FIRST", "∅\n1\n2"},
    {"SELECT x AS y, -x AS x FROM (VALUES 1, 2) t(x) ORDER BY x",
     "2|-2\n1|-1"},  // output names come first
    {"SELECT array_agg(orderid ORDER BY quantity DESC) FROM orders", "[3, 1, 2]"},
    {"SELECT listagg(orderid, ',') WITHIN GROUP (ORDER BY orderid) FROM orders", "1,2,3"},
    {"SELECT count(*) FILTER (WHERE quantity > 1), count_if(quantity > 1) FROM orders", "2|2"},
    {"SELECT max_by(orderid, quantity), min_by(orderid, quantity) FROM orders", "3|2"},
    {"SELECT map_agg(orderid, quantity) FROM orders", "{1=2, 2=1, 3=5}"},
    {"SELECT histogram(product_name) FROM orders", "{Laptop=2, Phone=1}"},
    {"SELECT approx_distinct(product_name), approx_percentile(quantity, 0.5) FROM orders", "2|2"},
    {"SELECT product_name, quantity > 1, count(*) FROM orders GROUP BY ROLLUP (product_name, "
     "quantity > 1) ORDER BY 1, 2",
     "Laptop|true|2\nLaptop|∅|2\nPhone|false|1\nPhone|∅|1\n∅|∅|3"},
    {"SELECT count(*) FROM orders GROUP BY GROUPING SETS ((product_name), ()) ORDER BY 1",
     "1\n2\n3"},
    {"SELECT grouping(product_name) FROM orders GROUP BY CUBE (product_name) ORDER BY 1",
     "0\n0\n1"},
    {"SELECT sum(x) FROM (VALUES 1) t(x) WHERE false", "∅"},
    {"SELECT sum(quantity) FROM orders HAVING sum(quantity) > 100", ""},
    // UNNEST
    {"SELECT id, e FROM tags CROSS JOIN UNNEST(labels) AS u(e) ORDER BY e", "1|x\n1|y"},
    {"SELECT id, e FROM tags LEFT JOIN UNNEST(labels) AS u(e) ON true ORDER BY id, e",
     "1|x\n1|y\n2|∅"},
    {"SELECT e, o FROM tags CROSS JOIN UNNEST(labels) WITH ORDINALITY AS u(e, o) ORDER BY o",
     "x|1\ny|2"},
    {"SELECT sku, n FROM tags CROSS JOIN UNNEST(items) ORDER BY sku", "p|2\nq|∅"},
    {"SELECT k, v FROM tags CROSS JOIN UNNEST(m) AS u(k, v)", "k|1"},
    {"SELECT * FROM UNNEST(ARRAY[1, 2], ARRAY['a']) AS t(x, y)", "1|a\n2|∅"},
    {"SELECT s.a, t.s.b, items[1].sku, m['k'] FROM tags t WHERE id = 1", "5|bee|p|1"},
    {"SELECT s, labels, m, items FROM tags ORDER BY id",
     "{a=5, b=bee}|[x, y]|{k=1}|[{sku=p, n=2}, {sku=q, n=null}]\n∅|[]|{}|∅"},
    {"SELECT transform(items, i -> i.sku || '!') FROM tags WHERE id = 1", "[p!, q!]"},
    {"SELECT id FROM tags WHERE s IS NULL", "2"},
    // Dates in text, the way the sales pipeline has them
    {"SELECT CAST(from_iso8601_timestamp(creation_datetime) AS date) d, count(*) FROM orders GROUP "
     "BY 1 ORDER BY 1",
     "2025-08-01|1\n2025-08-02|2"},
    {"SELECT count(*) FROM orders WHERE from_iso8601_timestamp(creation_datetime) >= TIMESTAMP "
     "'2025-08-02 00:00:00 UTC'",
     "2"},
    {"SELECT date_trunc('day', from_iso8601_timestamp(creation_datetime)) FROM orders WHERE "
     "orderid = '1'",
     "2025-08-01 00:00:00.000 UTC"},
    // Partitions
    {"SELECT dt, hour, n FROM days ORDER BY n",
     "2020-01-01|1|10\n2020-01-02|2|20\n2020-01-03|3|30"},
    {"SELECT sum(n) FROM days WHERE dt >= '2020-01-02' AND hour < 3", "20"},
    {"SELECT \"$path\" FROM days WHERE n = 10", "s3://lake/days/dt=2020-01-01/hour=1/f"},
    {"SELECT count(*) FROM days WHERE dt = '1999-01-01'", "0"},
    {"SELECT a.n, b.n FROM days a JOIN days b ON a.hour = b.hour WHERE b.dt = '2020-01-02'",
     "20|20"},
    {"SELECT count(*) FROM days TABLESAMPLE BERNOULLI (100)", "3"},
};
INSTANTIATE_TEST_SUITE_P(Sales, Query, ::testing::ValuesIn(kCases));

TEST(Pruning, ReadsOnlyThePartitionsThatTheConditionAllows) {
  World& world = sales();
  world.objects.listed.clear();
  EXPECT_EQ(world.ask("SELECT n FROM days WHERE dt = '2020-01-02'"), "20");
  EXPECT_EQ(world.objects.listed, std::vector<std::string>{"lake/days/dt=2020-01-02/hour=2/"});
  EXPECT_EQ(world.stats.bytes_scanned, 9u);
  // A LEFT JOIN asks for the rows without a partner too.
  world.objects.listed.clear();
  EXPECT_EQ(
      world.ask("SELECT count(*) FROM orders LEFT JOIN days ON hour = quantity WHERE dt IS NULL"),
      "1");
  EXPECT_EQ(world.objects.listed.size(), 4u);
}

TEST(Columns, AreNamedAndTypedAsTrinoDoes) {
  World& world = sales();
  world.ask(
      "SELECT orderid, quantity AS \"Qty\", 1 + 1, 'abc' x, price, CAST(1 AS decimal(10,2)) FROM "
      "orders");
  ASSERT_EQ(world.columns.size(), 6u);
  EXPECT_EQ(world.columns[0].label, "orderid");
  EXPECT_EQ(world.columns[1].label, "qty");
  EXPECT_EQ(world.columns[2].label, "_col2");
  EXPECT_EQ(column_metadata(world.columns[0].type).type, "varchar");
  EXPECT_EQ(column_metadata(world.columns[0].type).precision, 2147483647);
  EXPECT_EQ(column_metadata(world.columns[2].type).type, "integer");
  EXPECT_EQ(column_metadata(world.columns[3].type).precision, 3);
  EXPECT_EQ(column_metadata(world.columns[4].type).type, "double");
  EXPECT_EQ(column_metadata(world.columns[5].type).scale, 2);
}

TEST(Parameters, AreExpressionsOrElseTexts) {  // [al]
  World world;
  EXPECT_EQ(world.ask("SELECT ? AS v", {"'abc'"}), "abc");
  EXPECT_EQ(world.ask("SELECT ? AS v", {"abc"}), "abc");
  EXPECT_EQ(world.ask("SELECT ? + 1", {"1 + 1"}), "3");
  EXPECT_EQ(world.ask("SELECT ?", {"it's"}), "it's");
  EXPECT_EQ(world.ask("SELECT 1 WHERE 1 = ?", {"1"}), "1");
  EXPECT_TRUE(world.ask("SELECT ?, ?", {"1"}).starts_with("INVALID_PARAMETER_USAGE"));
}

}  // namespace
}  // namespace penstock::sql::testing
