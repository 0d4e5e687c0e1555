// CSV detection. Expectations are the developer guide's rules ("Adding classifiers") unless marked.
#include "services/glue/csv_schema.h"

#include <gtest/gtest.h>

namespace penstock::glue {
namespace {

std::string describe(const std::optional<FileSchema>& schema) {
  if (!schema) return "-";
  std::string out = schema->csv->has_header ? "header" : "data";
  out += schema->csv->delimiter == '\t' ? 'T' : schema->csv->delimiter;
  for (const HiveField& column : schema->columns)
    out += " " + column.name + ":" + to_string(column.type);
  return out;
}

struct CsvCase {
  std::string_view name;
  std::string_view bytes;
  std::string_view expected;
};

TEST(CsvSchema, BuiltInClassifier) {
  const CsvCase cases[] = {
      {"integers are bigint (seen)", "id,price\n1,2.5\n2,3\n", "header, id:bigint price:double"},
      {"no header when all is text", "a,b\nc,d\n", "data, col0:string col1:string"},
      {"no header when the first row holds numbers", "1,a\n2,b\n", "data, col0:bigint col1:string"},
      {"pipe", "id|n\n1|x\n", "header| id:bigint n:string"},
      {"tab", "id\tn\n1\tx\n", "headerT id:bigint n:string"},
      {"semicolon", "id;n\n1;x\n", "header; id:bigint n:string"},
      {"names in lower case", "Order ID,N\n1,x\n", "header, order id:bigint n:string"},
      {"empty last name", "id,\n1,x\n", "header, id:bigint col1:string"},
      {"empty first name: no header", ",b\n1,x\n", "data, col0:bigint col1:string"},
      {"quotes", "id,n\n1,\"a,b\"\n", "header, id:bigint n:string"},
      {"dates stay text (seen)", "id,d\n1,2024-01-01\n", "header, id:bigint d:string"},
      {"booleans", "id,b\n1,true\n", "header, id:bigint b:boolean"},
      {"empty cells are null", "id,n\n1,\n2,5\n", "header, id:bigint n:bigint"},
      {"two columns at least", "a\n1\n", "-"},
      {"two rows at least", "a,b\n", "-"},
      {"prose is not CSV", "hello, world\nthis is text\nand, so, on\n", "-"},
      {"binary is not CSV", "\xff\xfe,\n\xff,\n", "-"},
  };
  for (const CsvCase& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(describe(infer_csv(Sample{std::string(c.bytes), true}, CsvRules{})), c.expected);
  }
}

TEST(CsvSchema, CustomClassifier) {
  CsvRules rules;
  rules.delimiter = '^';
  rules.header = CsvHeader::kAbsent;
  rules.names = {"Id", "when"};
  rules.types = {hive(HiveType::Kind::kInt), hive(HiveType::Kind::kDate)};
  EXPECT_EQ(describe(infer_csv(Sample{"1^2024-01-01\n2^2024-01-02\n", true}, rules)),
            "data^ id:int when:date");

  CsvRules single;
  single.single_column = true;
  single.header = CsvHeader::kPresent;
  EXPECT_EQ(describe(infer_csv(Sample{"name\nx\ny\n", true}, single)), "header, name:string");
}

TEST(CsvSchema, ACutOffRowIsNotSampled) {
  const auto schema = infer_csv(Sample{"id,n\n1,2\n3,x", false}, CsvRules{});
  EXPECT_EQ(describe(schema), "header, id:bigint n:bigint");
  EXPECT_EQ(schema->records, 1U);
}

}  // namespace
}  // namespace penstock::glue
