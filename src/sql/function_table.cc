// The table of functions that are one expression of the engine.

#include <algorithm>
#include <array>
#include <set>

#include "sql/function.h"
#include "sql/functions.h"

namespace penstock::sql {

namespace {
constexpr auto S = FunctionKind::kScalar;
constexpr auto A = FunctionKind::kAggregate;
constexpr auto W = FunctionKind::kWindow;

constexpr FunctionRow kRows[] = {
    // ---- text ----
    {"length", S, "s", "i", "length($1)"},
    {"length", S, "v", "i", "octet_length($1)"},
    {"lower", S, "s", "1", "lower($1)"},
    {"upper", S, "s", "1", "upper($1)"},
    {"trim", S, "s", "1", "trim($1)"},
    {"trim", S, "s,s", "s", "trim($1, $2)"},
    {"ltrim", S, "s", "1", "ltrim($1)"},
    {"ltrim", S, "s,s", "s", "ltrim($1, $2)"},
    {"rtrim", S, "s", "1", "rtrim($1)"},
    {"rtrim", S, "s,s", "s", "rtrim($1, $2)"},
    {"reverse", S, "s", "1", "reverse($1)"},
    {"reverse", S, "A", "1", "list_reverse($1)"},
    {"replace", S, "s,s", "s", "replace($1, $2, '')"},
    {"replace", S, "s,s,s", "s", "replace($1, $2, $3)"},
    {"substr", S, "s,i", "s", "ps_substr($1, $2, 2147483647)"},
    {"substr", S, "s,i,i", "s", "ps_substr($1, $2, $3)"},
    {"substring", S, "s,i", "s", "ps_substr($1, $2, 2147483647)"},
    {"substring", S, "s,i,i", "s", "ps_substr($1, $2, $3)"},
    {"strpos", S, "s,s", "i", "CAST(strpos($1, $2) AS BIGINT)"},
    {"starts_with", S, "s,s", "b", "starts_with($1, $2)"},
    {"ends_with", S, "s,s", "b", "suffix($1, $2)"},
    {"split", S, "s,s", "[s", "string_split($1, $2)"},
    {"split_part", S, "s,s,i", "s", "ps_split_part($1, $2, $3)"},
    {"lpad", S, "s,i,s", "s", "lpad($1, CAST($2 AS INTEGER), $3)"},
    {"rpad", S, "s,i,s", "s", "rpad($1, CAST($2 AS INTEGER), $3)"},
    {"chr", S, "i", "s", "chr(CAST($1 AS INTEGER))"},
    {"codepoint", S, "s", "I", "unicode($1)"},
    {"translate", S, "s,s,s", "s", "translate($1, $2, $3)"},
    {"levenshtein_distance", S, "s,s", "i", "levenshtein($1, $2)"},
    {"hamming_distance", S, "s,s", "i", "hamming($1, $2)"},
    {"normalize", S, "s", "s", "nfc_normalize($1)"},
    {"to_utf8", S, "s", "v", "encode($1)"},
    {"from_utf8", S, "v", "s", "decode($1)"},
    {"regexp_like", S, "s,s", "b", "regexp_matches($1, $2)"},
    {"regexp_extract", S, "s,s", "s",
     "CASE WHEN regexp_matches($1, $2) THEN regexp_extract($1, $2) END"},
    {"regexp_extract", S, "s,s,i", "s",
     "CASE WHEN regexp_matches($1, $2) THEN regexp_extract($1, $2, CAST($3 AS INTEGER)) END"},
    {"regexp_extract_all", S, "s,s", "[s", "regexp_extract_all($1, $2)"},
    {"regexp_extract_all", S, "s,s,i", "[s", "regexp_extract_all($1, $2, CAST($3 AS INTEGER))"},
    {"regexp_replace", S, "s,s", "s", "regexp_replace($1, $2, '', 'g')"},
    {"regexp_replace", S, "s,s,s", "s",
     "regexp_replace($1, $2, regexp_replace($3, '\\$(\\d)', '\\\\\\1', 'g'), 'g')"},
    {"regexp_split", S, "s,s", "[s", "regexp_split_to_array($1, $2)"},
    {"regexp_count", S, "s,s", "i", "len(regexp_extract_all($1, $2))"},
    {"url_encode", S, "s", "s", "url_encode($1)"},
    {"url_decode", S, "s", "s", "url_decode(replace($1, '+', ' '))"},
    {"url_extract_protocol", S, "s", "s",
     "nullif(regexp_extract($1, '^([a-zA-Z][^:/?#]*):', 1), '')"},
    {"url_extract_host", S, "s", "s",
     "nullif(regexp_extract($1, '^[^:/?#]+://(?:[^/?#@]*@)?([^:/?#]*)', 1), '')"},
    {"url_extract_port", S, "s", "i",
     "TRY_CAST(nullif(regexp_extract($1, '^[^:/?#]+://[^/?#]*:([0-9]+)', 1), '') AS BIGINT)"},
    {"url_extract_path", S, "s", "s",
     "regexp_extract($1, '^(?:[^:/?#]+:)?(?://[^/?#]*)?([^?#]*)', 1)"},
    {"url_extract_query", S, "s", "s", "regexp_extract($1, '\\?([^#]*)', 1)"},
    {"url_extract_fragment", S, "s", "s", "regexp_extract($1, '#(.*)$', 1)"},
    // ---- bytes ----
    {"to_hex", S, "v", "s", "hex($1)"},
    {"from_hex", S, "s", "v", "unhex($1)"},
    {"to_base64", S, "v", "s", "to_base64($1)"},
    {"from_base64", S, "s", "v", "from_base64($1)"},
    {"md5", S, "v", "v", "unhex(md5($1))"},
    {"sha1", S, "v", "v", "unhex(sha1($1))"},
    {"sha256", S, "v", "v", "unhex(sha256($1))"},
    // ---- numbers ----
    {"abs", S, "n", "1", "abs($1)"},
    {"ceil", S, "n", "1", "ps_same(ceil($1), $1)"},
    {"ceiling", S, "n", "1", "ps_same(ceil($1), $1)"},
    {"floor", S, "n", "1", "ps_same(floor($1), $1)"},
    {"sign", S, "n", "1", "sign($1)"},
    {"sqrt", S, "d", "d", "CASE WHEN $1 < 0 THEN CAST('nan' AS DOUBLE) ELSE sqrt($1) END"},
    {"cbrt", S, "d", "d", "cbrt($1)"},
    {"exp", S, "d", "d", "exp($1)"},
    {"ln", S, "d", "d", "ps_log(ln(greatest($1, 5e-324)), $1)"},
    {"log2", S, "d", "d", "ps_log(log2(greatest($1, 5e-324)), $1)"},
    {"log10", S, "d", "d", "ps_log(log10(greatest($1, 5e-324)), $1)"},
    {"log", S, "d,d", "d", "ps_log(ln(greatest($2, 5e-324)) / ln($1), $2)"},
    {"power", S, "d,d", "d", "power($1, $2)"},
    {"pow", S, "d,d", "d", "power($1, $2)"},
    {"sin", S, "d", "d", "sin($1)"},
    {"cos", S, "d", "d", "cos($1)"},
    {"tan", S, "d", "d", "tan($1)"},
    {"asin", S, "d", "d", "asin($1)"},
    {"acos", S, "d", "d", "acos($1)"},
    {"atan", S, "d", "d", "atan($1)"},
    {"atan2", S, "d,d", "d", "atan2($1, $2)"},
    {"sinh", S, "d", "d", "sinh($1)"},
    {"cosh", S, "d", "d", "cosh($1)"},
    {"tanh", S, "d", "d", "tanh($1)"},
    {"degrees", S, "d", "d", "degrees($1)"},
    {"radians", S, "d", "d", "radians($1)"},
    {"truncate", S, "d", "d", "trunc($1)"},
    {"pi", S, "", "d", "pi()"},
    {"e", S, "", "d", "exp(CAST(1 AS DOUBLE))"},
    {"infinity", S, "", "d", "CAST('inf' AS DOUBLE)"},
    {"nan", S, "", "d", "CAST('nan' AS DOUBLE)"},
    {"is_nan", S, "d", "b", "isnan($1)"},
    {"is_finite", S, "d", "b", "isfinite($1)"},
    {"is_infinite", S, "d", "b", "isinf($1)"},
    {"random", S, "", "d", "random()"},
    {"rand", S, "", "d", "random()"},
    {"random", S, "i", "i", "CAST(floor(random() * $1) AS BIGINT)"},
    {"rand", S, "i", "i", "CAST(floor(random() * $1) AS BIGINT)"},
    {"random", S, "i,i", "i", "$1 + CAST(floor(random() * ($2 - $1)) AS BIGINT)"},
    {"bitwise_and", S, "i,i", "i", "($1 & $2)"},
    {"bitwise_or", S, "i,i", "i", "($1 | $2)"},
    {"bitwise_xor", S, "i,i", "i", "xor($1, $2)"},
    {"bitwise_not", S, "i", "i", "(~$1)"},
    {"bitwise_left_shift", S, "i,i", "i", "($1 << $2)"},
    {"bitwise_right_shift", S, "i,i", "i", "($1 >> $2)"},
    {"to_base", S, "i,i", "s", "lower(to_base($1, CAST($2 AS INTEGER)))"},
    {"width_bucket", S, "d,d,d,i", "i",
     "CASE WHEN $1 < $2 THEN 0 WHEN $1 >= $3 THEN $4 + 1 ELSE CAST(floor(($1 - $2) / ($3 - $2) * "
     "$4) "
     "AS BIGINT) + 1 END"},
    {"uuid", S, "", "u", "uuid()"},
    // ---- JSON ----
    {"json_extract_scalar", S, "J,s", "s", "ps_json_extract_scalar(CAST($1 AS VARCHAR), $2)"},
    {"json_extract", S, "J,s", "j", "CAST(ps_json_extract(CAST($1 AS VARCHAR), $2) AS JSON)"},
    {"json_parse", S, "s", "j", "ps_json_parse($1)"},
    {"json_format", S, "j", "s", "CAST($1 AS VARCHAR)"},
    {"json_array_length", S, "J", "i", "ps_json_array_length(CAST($1 AS VARCHAR))"},
    {"json_size", S, "J,s", "i", "ps_json_size(CAST($1 AS VARCHAR), $2)"},
    {"json_array_get", S, "J,i", "j",
     "CAST(ps_json_extract(CAST($1 AS VARCHAR), '$[' || CAST($2 AS VARCHAR) || ']') AS JSON)"},
    {"json_array_contains", S, "J,s", "b",
     "list_contains(TRY_CAST(CAST($1 AS JSON) AS VARCHAR[]), $2)"},
    {"json_array_contains", S, "J,x", "b",
     "list_contains(TRY_CAST(CAST($1 AS JSON) AS VARCHAR[]), CAST($2 AS VARCHAR))"},
    {"is_json_scalar", S, "J", "b",
     "CASE WHEN json_valid(CAST($1 AS VARCHAR)) THEN json_type(CAST($1 AS JSON)) NOT IN ('OBJECT', "
     "'ARRAY') END"},
    // ---- times (the rest is in functions_time.cc) ----
    {"from_iso8601_timestamp", S, "s", "z", "ps_iso_to_timestamptz($1)"},
    {"from_iso8601_date", S, "s", "D", "ps_iso_to_date($1)"},
    {"to_unixtime", S, "z", "d", "(CAST(epoch_us($1) AS DOUBLE) / 1e6)"},
    {"to_milliseconds", S, "N", "i", "CAST(epoch_us($1) // 1000 AS BIGINT)"},
    // ---- windows ----
    {"row_number", W, "", "i", "row_number()$S"},
    {"rank", W, "", "i", "rank()$S"},
    {"dense_rank", W, "", "i", "dense_rank()$S"},
    {"percent_rank", W, "", "d", "percent_rank()$S"},
    {"cume_dist", W, "", "d", "cume_dist()$S"},
    {"ntile", W, "i", "i", "ntile($1)$S"},
    {"lag", W, "x", "1", "lag($1$N)$S"},
    {"lag", W, "x,i", "1", "lag($1, $2$N)$S"},
    {"lag", W, "x,i,x", "1", "lag($1, $2, $3$N)$S"},
    {"lead", W, "x", "1", "lead($1$N)$S"},
    {"lead", W, "x,i", "1", "lead($1, $2$N)$S"},
    {"lead", W, "x,i,x", "1", "lead($1, $2, $3$N)$S"},
    {"first_value", W, "x", "1", "first_value($1$N)$S"},
    {"last_value", W, "x", "1", "last_value($1$N)$S"},
    {"nth_value", W, "x,i", "1", "nth_value($1, $2$N)$S"},
    // ---- aggregates (the rest is in functions_aggregate.cc) ----
    {"count_if", A, "b", "i", "CAST(count_if($D$1)$S AS BIGINT)"},
    {"min", A, "o", "1", "min($D$1)$S"},
    {"max", A, "o", "1", "max($D$1)$S"},
    {"min", A, "o,i", "[1", "min($D$1, $2)$S"},
    {"max", A, "o,i", "[1", "max($D$1, $2)$S"},
    {"min_by", A, "x,o", "1", "arg_min_null($D$1, $2)$S"},
    {"max_by", A, "x,o", "1", "arg_max_null($D$1, $2)$S"},
    {"min_by", A, "x,o,i", "[1", "arg_min($D$1, $2, $3)$S"},
    {"max_by", A, "x,o,i", "[1", "arg_max($D$1, $2, $3)$S"},
    {"arbitrary", A, "x", "1", "any_value($D$1)$S"},
    {"any_value", A, "x", "1", "any_value($D$1)$S"},
    {"bool_and", A, "b", "b", "bool_and($D$1)$S"},
    {"every", A, "b", "b", "bool_and($D$1)$S"},
    {"bool_or", A, "b", "b", "bool_or($D$1)$S"},
    {"approx_distinct", A, "x", "i", "count(DISTINCT $1)$S"},
    {"approx_distinct", A, "x,d", "i", "count(DISTINCT $1)$S"},
    {"stddev", A, "d", "d", "stddev_samp($D$1)$S"},
    {"stddev_samp", A, "d", "d", "stddev_samp($D$1)$S"},
    {"stddev_pop", A, "d", "d", "stddev_pop($D$1)$S"},
    {"variance", A, "d", "d", "var_samp($D$1)$S"},
    {"var_samp", A, "d", "d", "var_samp($D$1)$S"},
    {"var_pop", A, "d", "d", "var_pop($D$1)$S"},
    {"covar_pop", A, "d,d", "d", "covar_pop($1, $2)$S"},
    {"covar_samp", A, "d,d", "d", "covar_samp($1, $2)$S"},
    {"corr", A, "d,d", "d", "corr($1, $2)$S"},
    {"regr_slope", A, "d,d", "d", "regr_slope($1, $2)$S"},
    {"regr_intercept", A, "d,d", "d", "regr_intercept($1, $2)$S"},
    {"skewness", A, "d", "d", "skewness($D$1)$S"},
    {"kurtosis", A, "d", "d", "kurtosis($D$1)$S"},
    {"geometric_mean", A, "d", "d", "geomean($D$1)$S"},
    {"bitwise_and_agg", A, "i", "i", "bit_and($1)$S"},
    {"bitwise_or_agg", A, "i", "i", "bit_or($1)$S"},
    {"bitwise_xor_agg", A, "i", "i", "bit_xor($1)$S"},
    {"entropy", A, "i", "d", "entropy($1)$S"},
};

template <typename Visit>
void each_custom(Visit visit) {
  for (const auto rows : {conditional_functions(), time_functions(), collection_functions(),
                          lambda_functions(), aggregate_functions()}) {
    for (const CustomRow& row : rows) visit(row);
  }
}
}  // namespace

std::span<const FunctionRow> function_rows() { return kRows; }

const CustomRow* find_custom(std::string_view name) {
  const CustomRow* found = nullptr;
  each_custom([&](const CustomRow& row) {
    if (row.name == name) found = &row;
  });
  return found;
}

std::vector<std::string> function_names() {
  std::set<std::string> names;
  for (const FunctionRow& row : kRows) names.emplace(row.name);
  each_custom([&](const CustomRow& row) { names.emplace(row.name); });
  return {names.begin(), names.end()};
}

FunctionKind kind_of_function(std::string_view name) {
  if (const CustomRow* row = find_custom(name)) return row->kind;
  const auto found = std::ranges::find(kRows, name, &FunctionRow::name);
  return found == std::end(kRows) ? S : found->kind;
}

}  // namespace penstock::sql
