// Expressions and functions: statement and answer. Answers marked [al] were measured on Athena
// engine v3, the others follow Trino's documentation of the function.

#include <gtest/gtest.h>

#include "sql/tests/harness.h"

namespace penstock::sql::testing {
namespace {

class Expression : public ::testing::TestWithParam<Case> {};

TEST_P(Expression, Answers) {
  World world;
  EXPECT_EQ(world.ask(GetParam().sql), GetParam().expected) << GetParam().sql;
}

constexpr Case kNumbers[] = {
    {"SELECT 1", "1"},
    {"SELECT 1, 'a', NULL, true", "1|a|∅|true"},
    {"SELECT 0.1 + 0.2", "0.30000000000000004"},  // [al]: decimal literals are doubles
    {"SELECT 7/2, -7/2, 7%3, -7%3", "3|-3|1|-1"},
    {"SELECT 7/2.0", "3.5"},
    {"SELECT 1e20, 1e-7, 1.5, 100.0, 12345678.9", "1.0E20|1.0E-7|1.5|100.0|1.23456789E7"},
    {"SELECT 1e0/0e0, -1e0/0e0", "Infinity|-Infinity"},
    {"SELECT nan(), infinity()", "NaN|Infinity"},
    {"SELECT 9223372036854775807", "9223372036854775807"},
    {"SELECT -5, - 5, +5", "-5|-5|5"},
    {"SELECT DECIMAL '1.10' + DECIMAL '2.205'", "3.305"},
    {"SELECT DECIMAL '10.50' * DECIMAL '2.0'", "21.000"},
    {"SELECT DECIMAL '10.00' / DECIMAL '3'", "3.33"},
    {"SELECT DECIMAL '10.50' % DECIMAL '3'", "1.50"},
    {"SELECT CAST(2.5 AS integer), CAST(-2.5 AS integer), CAST(3.5 AS bigint)", "3|-3|4"},
    {"SELECT CAST('12' AS integer), CAST('-7' AS bigint), CAST('1.5' AS double)", "12|-7|1.5"},
    {"SELECT CAST(1.005 AS decimal(5,2)), CAST('1.005' AS decimal(5,2))", "1.00|1.01"},
    {"SELECT CAST(true AS integer), CAST(0 AS boolean)", "1|false"},
    {"SELECT CAST(1e0 AS varchar), CAST(10 AS varchar), CAST(DECIMAL '1.50' AS varchar)",
     "1.0|10|1.50"},
    {"SELECT CAST(1e20 AS varchar), CAST(REAL '1.1' AS varchar)", "1.0E20|1.1"},
    {"SELECT CAST('abcdef' AS varchar(3)), CAST('ab' AS char(4)) || '|'", "abc|ab  |"},
    {"SELECT TRY_CAST('x' AS integer), TRY_CAST('1' AS integer)", "∅|1"},
    {"SELECT TRY(1/0), TRY(CAST('x' AS double))", "∅|∅"},
    {"SELECT round(2.5), round(-2.5), round(2.345, 2), round(5)", "3.0|-3.0|2.35|5"},
    {"SELECT ceil(1.2), floor(-1.2), ceiling(3), abs(-3), abs(-1.5)", "2.0|-2.0|3|3|1.5"},
    {"SELECT sqrt(16), power(2, 10), mod(10, 3), sign(-4)", "4.0|1024.0|1|-1"},
    {"SELECT ln(1), log10(1000), log2(8), exp(0)", "0.0|3.0|3.0|1.0"},
    {"SELECT greatest(1, 3, 2), least('b', 'a'), greatest(1, NULL)", "3|a|∅"},
    {"SELECT coalesce(NULL, NULL, 3), nullif(1, 1), nullif(1, 2)", "3|∅|1"},
    {"SELECT if(true, 1), if(false, 1), if(1 > 2, 'a', 'b')", "1|∅|b"},
    {"SELECT bitwise_and(12, 10), bitwise_or(12, 10), bitwise_xor(12, 10)", "8|14|6"},
    {"SELECT truncate(2.7), pi() > 3.14, is_nan(nan())", "2.0|true|true"},
    {"SELECT width_bucket(5.3, 0.2, 10.6, 5)", "3"},
    {"SELECT CASE WHEN 1 = 1 THEN 'one' ELSE 'two' END", "one"},
    {"SELECT CASE 3 WHEN 1 THEN 'one' WHEN 3 THEN 'three' END", "three"},
    {"SELECT CASE WHEN false THEN 1 WHEN true THEN 2.5 END", "2.5"},
    {"SELECT 1 BETWEEN 0 AND 2, 3 NOT BETWEEN 1 AND 2, 2 IN (1, 2), 2 NOT IN (1, 3)",
     "true|true|true|true"},
    {"SELECT NULL IS NULL, 1 IS NOT NULL, NULL IS DISTINCT FROM 1, 1 IS NOT DISTINCT FROM 1",
     "true|true|true|true"},
    {"SELECT NOT true AND false OR true", "true"},
    {"SELECT 1 + NULL, NULL || 'a', NULL = NULL", "∅|∅|∅"},
    {"SELECT typeof(1), typeof('abc'), typeof(1.5), typeof(DECIMAL '1.25'), typeof(ARRAY[1])",
     "integer|varchar(3)|double|decimal(3,2)|array(integer)"},
    {"SELECT CAST(sum(x) AS varchar) FROM (VALUES 1, 2) t(x)", "3"},
    {"SELECT avg(x), avg(d) FROM (VALUES (1, DECIMAL '1.00'), (2, DECIMAL '1.01')) t(x, d)",
     "1.5|1.01"},
};
INSTANTIATE_TEST_SUITE_P(Numbers, Expression, ::testing::ValuesIn(kNumbers));

constexpr Case kText[] = {
    {"SELECT 'it''s', \"length\"('héllo')", "it's|5"},
    {"SELECT 'a' || 'b' || 'c', concat('a', 'b'), concat('a', NULL)", "abc|ab|∅"},
    {"SELECT upper('aB'), lower('aB'), reverse('abc')", "AB|ab|cba"},
    {"SELECT substr('hello', 2), substr('hello', 2, 3), substr('abc', 0, 2), substr('hello', -3)",
     "ello|ell||llo"},
    {"SELECT substring('hello' FROM 2 FOR 2), substring('hello', 4)", "el|lo"},
    {"SELECT position('l' IN 'hello'), strpos('hello', 'z')", "3|0"},
    {"SELECT trim('  a '), trim(BOTH 'x' FROM 'xax'), ltrim(' a'), trim(LEADING FROM '  b')",
     "a|a|a|b"},
    {"SELECT lpad('7', 3, '0'), rpad('a', 3, 'x')", "007|axx"},
    {"SELECT split('a,b,c', ','), split_part('a-b-c', '-', 2), split_part('a', '-', 5)",
     "[a, b, c]|b|∅"},
    {"SELECT replace('banana', 'a', 'o'), replace('banana', 'na')", "bonono|ba"},
    {"SELECT 'abc' LIKE 'a%', 'abc' LIKE '_b_', 'a%c' LIKE 'a\\%c' ESCAPE '\\', 'x' NOT LIKE 'y'",
     "true|true|true|true"},
    {"SELECT regexp_like('1a 2b', '\\d+b'), regexp_extract('1a 2b', '(\\d+)b', 1), "
     "regexp_extract('a', 'z')",
     "true|2|∅"},
    {"SELECT regexp_replace('1a 2b', '(\\d)([ab])', '$2$1'), regexp_replace('a1b2', '\\d')",
     "a1 b2|ab"},
    {"SELECT regexp_extract_all('1a 2b', '\\d'), regexp_split('a1b2c', '\\d')", "[1, 2]|[a, b, c]"},
    {"SELECT starts_with('hello', 'he'), chr(65), codepoint('A')", "true|A|65"},
    {"SELECT X'0a1F', to_hex(X'0a1f'), from_utf8(X'6869'), length(to_utf8('hé'))",
     "0a 1f|0A1F|hi|3"},
    {"SELECT to_base64(to_utf8('hi')), from_utf8(from_base64('aGk='))", "aGk=|hi"},
    {"SELECT to_hex(md5(to_utf8('a'))), lower(to_hex(sha256(to_utf8(''))))",
     "0CC175B9C0F1B6A831C399E269772661|"
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"SELECT levenshtein_distance('kitten', 'sitting'), concat_ws(',', 'a', NULL, 'b')", "3|a,b"},
    {"SELECT url_extract_host('https://u@a.b:80/p/q?x=1#f'), "
     "url_extract_path('https://a.b/p/q?x=1'), "
     "url_extract_query('http://a/?x=1#f')",
     "a.b|/p/q|x=1"},
    {"SELECT format('%s-%d-%.2f', 'a', 3, 1.5)", "a-3-1.50"},
    {"SELECT '' = '', length(''), ''", "true|0|"},
};
INSTANTIATE_TEST_SUITE_P(Text, Expression, ::testing::ValuesIn(kText));

constexpr Case kTimes[] = {
    {"SELECT DATE '2020-02-29', TIMESTAMP '2020-01-01 10:11:12', TIMESTAMP '2020-01-01 "
     "10:11:12.345'",
     "2020-02-29|2020-01-01 10:11:12|2020-01-01 10:11:12.345"},  // [al]: literals keep their digits
    {"SELECT TIMESTAMP '2020-01-01 10:00:00.000 UTC'", "2020-01-01 10:00:00.000 UTC"},
    {"SELECT DATE '2020-01-31' + INTERVAL '1' MONTH, DATE '2020-01-01' - INTERVAL '1' DAY",
     "2020-02-29|2019-12-31"},
    {"SELECT TIMESTAMP '2020-01-01 00:00:00.000' + INTERVAL '2' HOUR", "2020-01-01 02:00:00.000"},
    {"SELECT INTERVAL '1' DAY, INTERVAL '2 3' DAY TO HOUR, INTERVAL '1-2' YEAR TO MONTH",
     "1 00:00:00.000|2 03:00:00.000|1-2"},
    {"SELECT now(), current_timestamp, current_date",
     "2026-01-01 00:00:00.000 UTC|2026-01-01 00:00:00.000 UTC|2026-01-01"},
    {"SELECT date_trunc('month', DATE '2020-05-17'), date_trunc('hour', TIMESTAMP '2020-01-01 "
     "10:11:12.000')",
     "2020-05-01|2020-01-01 10:00:00.000"},
    {"SELECT date_diff('day', TIMESTAMP '2020-01-01 23:00:00', TIMESTAMP '2020-01-02 01:00:00')",
     "0"},
    {"SELECT date_diff('hour', TIMESTAMP '2020-01-01 00:59:00', TIMESTAMP '2020-01-01 01:01:00')",
     "0"},
    {"SELECT date_diff('day', DATE '2020-01-01', DATE '2020-03-01')", "60"},
    {"SELECT date_add('day', 3, DATE '2020-01-30'), date_add('minute', -5, TIMESTAMP '2020-01-01 "
     "00:00:00.000')",
     "2020-02-02|2019-12-31 23:55:00.000"},
    {"SELECT year(DATE '2020-05-17'), month(DATE '2020-05-17'), day(DATE '2020-05-17'), "
     "quarter(DATE '2020-05-17')",
     "2020|5|17|2"},
    {"SELECT day_of_week(DATE '2020-05-17'), day_of_year(DATE '2020-02-01'), week(DATE "
     "'2021-01-01')",
     "7|32|53"},
    {"SELECT hour(TIMESTAMP '2020-01-01 10:11:12'), extract(minute FROM TIMESTAMP '2020-01-01 "
     "10:11:12')",
     "10|11"},
    {"SELECT date_format(TIMESTAMP '2020-01-02 03:04:05', '%Y-%m-%d %H:%i:%s')",
     "2020-01-02 03:04:05"},
    {"SELECT date_parse('2020-01-02 03:04', '%Y-%m-%d %H:%i')", "2020-01-02 03:04:00.000"},
    {"SELECT format_datetime(TIMESTAMP '2020-01-02 03:04:05', 'yyyy/MM/dd HH:mm')",
     "2020/01/02 03:04"},
    {"SELECT from_iso8601_timestamp('2025-08-01T16:00:00Z'), from_iso8601_date('2020-05-01')",
     "2025-08-01 16:00:00.000 UTC|2020-05-01"},
    {"SELECT from_iso8601_timestamp('2025-08-01T16:00:00+02:00') = "
     "from_iso8601_timestamp('2025-08-01T14:00:00Z')",
     "true"},
    {"SELECT from_unixtime(0), to_unixtime(from_unixtime(1.5))", "1970-01-01 00:00:00.000 UTC|1.5"},
    {"SELECT CAST(from_iso8601_timestamp('2025-08-01T16:00:00Z') AS date), CAST('2020-01-02' AS "
     "date)",
     "2025-08-01|2020-01-02"},
    {"SELECT CAST('2020-01-02 03:04:05' AS timestamp), CAST(DATE '2020-01-02' AS timestamp)",
     "2020-01-02 03:04:05.000|2020-01-02 00:00:00.000"},
    {"SELECT CAST(TIMESTAMP '2020-01-01 00:00:00.000' AS varchar), CAST(DATE '2020-01-01' AS "
     "varchar)",
     "2020-01-01 00:00:00.000|2020-01-01"},
    {"SELECT at_timezone(TIMESTAMP '2020-06-01 12:00:00.000 UTC', 'Europe/Berlin')",
     "2020-06-01 14:00:00.000 Europe/Berlin"},
    {"SELECT hour(TIMESTAMP '2020-06-01 12:00:00.000 UTC' AT TIME ZONE 'Asia/Tokyo')", "21"},
    {"SELECT to_iso8601(TIMESTAMP '2020-06-01 12:00:00.000 UTC'), last_day_of_month(DATE "
     "'2020-02-03')",
     "2020-06-01T12:00:00.000Z|2020-02-29"},
    {"SELECT date('2020-01-01'), date(TIMESTAMP '2020-01-01 10:00:00')", "2020-01-01|2020-01-01"},
    {"SELECT DATE '2020-01-02' - DATE '2020-01-01', TIMESTAMP '2020-01-02 00:00:00' > DATE "
     "'2020-01-01'",
     "1 00:00:00.000|true"},
};
INSTANTIATE_TEST_SUITE_P(Times, Expression, ::testing::ValuesIn(kTimes));

constexpr Case kCollections[] = {
    {"SELECT ARRAY[1, 2, NULL], ARRAY['a', 'b'][2], cardinality(ARRAY[1, 2])", "[1, 2, null]|b|2"},
    {"SELECT ARRAY[], ARRAY[1] || ARRAY[2], ARRAY[1] || 2", "[]|[1, 2]|[1, 2]"},
    {"SELECT MAP(ARRAY['k', 'b'], ARRAY[1, 2]), MAP(ARRAY[10, 9], ARRAY['x', 'y'])",
     "{b=2, k=1}|{9=y, 10=x}"},
    {"SELECT ROW(1, 'x'), CAST(ROW(1, 'x') AS ROW(id integer, name varchar))",
     "{1, x}|{id=1, name=x}"},
    {"SELECT CAST(ROW(1, 'x') AS ROW(id integer, name varchar)).name", "x"},
    {"SELECT element_at(ARRAY[1, 2], 5), element_at(ARRAY[1, 2], -1), element_at(MAP(ARRAY['a'], "
     "ARRAY[1]), 'z')",
     "∅|2|∅"},
    {"SELECT MAP(ARRAY['a'], ARRAY[1])['a']", "1"},
    {"SELECT contains(ARRAY[1, 2], 2), contains(ARRAY[1, NULL], 2), array_position(ARRAY['a', "
     "'b'], 'z')",
     "true|∅|0"},
    {"SELECT array_distinct(ARRAY[1, 1]), array_sort(ARRAY[3, 1, 2]), array_max(ARRAY[1, 5]), "
     "array_min(ARRAY[4, 2])",
     "[1]|[1, 2, 3]|5|2"},
    {"SELECT array_join(ARRAY[1, NULL, 3], ','), array_join(ARRAY['a', NULL], '-', '?')",
     "1,3|a-?"},
    {"SELECT slice(ARRAY[1, 2, 3, 4], 2, 2), sequence(1, 4), sequence(5, 1, -2)",
     "[2, 3]|[1, 2, 3, 4]|[5, 3, 1]"},
    {"SELECT sequence(DATE '2020-01-01', DATE '2020-01-03')",
     "[2020-01-01, 2020-01-02, 2020-01-03]"},
    {"SELECT transform(ARRAY[1, 2], x -> x * 10), filter(ARRAY[1, 2, 3], x -> x > 1)",
     "[10, 20]|[2, 3]"},
    {"SELECT reduce(ARRAY[1, 2, 3], 0, (s, x) -> s + x, s -> s * 2)", "12"},
    {"SELECT any_match(ARRAY[1, 2], x -> x = 2), all_match(ARRAY[1, 2], x -> x > 1), "
     "none_match(ARRAY[1], x -> x = 5)",
     "true|false|true"},
    {"SELECT zip_with(ARRAY[1, 2], ARRAY[10, 20], (x, y) -> x + y)", "[11, 22]"},
    {"SELECT map_filter(MAP(ARRAY['a', 'b'], ARRAY[1, 2]), (k, v) -> v > 1), "
     "transform_values(MAP(ARRAY['a'], ARRAY[1]), (k, v) -> v + 1)",
     "{b=2}|{a=2}"},
    {"SELECT map_keys(MAP(ARRAY['a'], ARRAY[1])), map_values(MAP(ARRAY['a'], ARRAY[1]))",
     "[a]|[1]"},
    {"SELECT array_union(ARRAY[1], ARRAY[1]), array_except(ARRAY[1, 2], ARRAY[2]), "
     "arrays_overlap(ARRAY[1], ARRAY[1])",
     "[1]|[1]|true"},
    {"SELECT flatten(ARRAY[ARRAY[1], ARRAY[2]]), repeat('a', 2), split_to_map('a=1;b=2', ';', '=')",
     "[1, 2]|[a, a]|{a=1, b=2}"},
    {"SELECT json_extract_scalar('{\"a\": {\"b\": \"x\"}}', '$.a.b'), json_extract_scalar('[1, "
     "2]', '$[1]'), json_extract_scalar('no', '$.a')",
     "x|2|∅"},
    {"SELECT json_extract_scalar('{\"a b\": 1}', '$[\"a b\"]'), json_extract('{\"a\": [1]}', "
     "'$.a')",
     "1|[1]"},
    {"SELECT json_array_length('[1, 2]'), json_format(JSON '{\"a\":1}'), "
     "json_size('{\"a\":[1,2]}', '$.a')",
     "2|{\"a\":1}|2"},
    {"SELECT CAST(JSON '[1, 2]' AS array(integer)), CAST(JSON '{\"a\": 1}' AS map(varchar, "
     "integer))",
     "[1, 2]|{a=1}"},
    {"SELECT json_format(CAST(MAP(ARRAY['a'], ARRAY[1]) AS json)), json_format(CAST(ARRAY['x', "
     "NULL] AS json))",
     "{\"a\":1}|[\"x\",null]"},
    {"SELECT CAST(JSON '{\"id\": 7, \"n\": \"x\"}' AS ROW(id bigint, n varchar))", "{id=7, n=x}"},
    {"SELECT CAST(ARRAY['1', '2'] AS array(integer))", "[1, 2]"},
};
INSTANTIATE_TEST_SUITE_P(Collections, Expression, ::testing::ValuesIn(kCollections));

}  // namespace
}  // namespace penstock::sql::testing
