// GetPartitions' Expression. Operators and types are documented; NULL rules are SQL's (deduced).
#include "services/glue/partition_filter.h"

#include <gtest/gtest.h>

#include "services/glue/partition_value.h"

namespace penstock::glue {
namespace {

const std::vector<PartitionKey> kKeys = {
    {"year", "string"}, {"n", "int"}, {"d", "date"}, {"p", "decimal(10,2)"}, {"t", "timestamp"}};
const std::vector<std::string> kRow = {"2024", "7", "2024-03-01", "1.50", "2024-03-01 10:00:00"};

struct FilterCase {
  std::string_view expression;
  bool accepted;
};

TEST(PartitionFilter, Evaluates) {
  const FilterCase cases[] = {
      {"", true},
      {"   ", true},
      {"year = '2024'", true},
      {"YEAR='2023'", false},
      {"\"year\" = '2024'", true},
      {"`year` <> '2024'", false},
      {"year != '2023'", true},
      {"n = 7", true},
      {"n = '7'", true},
      {"n = 07", true},
      {"n > 10", false},  // As text it would be true.
      {"n < 10", true},
      {"10 > n", true},
      {"n >= 7 and n <= 7", true},
      {"n between 1 and 7", true},
      {"n not between 1 and 7", false},
      {"n in (1, 2, 7)", true},
      {"n not in (1, 2)", true},
      {"n = -7", false},
      {"d >= '2024-02-29' AND d < date '2024-03-02'", true},
      {"p = 1.5", true},
      {"p < 10", true},
      {"p > 1.49", true},
      {"t > '2024-03-01'", true},
      {"t = '2024-03-01T10:00:00.000'", true},
      {"t < timestamp '2024-03-01 10:00:00.5'", true},
      {"year like '20%'", true},
      {"year like '20__'", true},
      {"year like '20_'", false},
      {"year not like '%5'", true},
      {"not year = '2024'", false},
      {"not not year = '2024'", true},
      {"year = '2023' or n = 7 and d = '2024-03-01'", true},
      {"(year = '2023' or n = 7) and d = '2024-03-02'", false},
      {"year is null", false},
      {"year is not null", true},
  };
  for (const FilterCase& c : cases) {
    SCOPED_TRACE(c.expression);
    const Result<PartitionFilter> filter = PartitionFilter::parse(c.expression, kKeys);
    ASSERT_TRUE(filter.has_value()) << filter.error().message;
    EXPECT_EQ(filter->accepts(kRow), c.accepted);
  }
}

TEST(PartitionFilter, NullsAreNeitherTrueNorFalse) {
  const std::vector<std::string> row = {"__HIVE_DEFAULT_PARTITION__", "oops", "x", "x", "x"};
  for (const std::string_view expression :
       {"n = 1", "n <> 1", "not n = 1", "n in (1)", "year like '%'"}) {
    EXPECT_FALSE(PartitionFilter::parse(expression, kKeys)->accepts(row)) << expression;
  }
  EXPECT_TRUE(PartitionFilter::parse("year is null and n is null", kKeys)->accepts(row));
  EXPECT_TRUE(PartitionFilter::parse("n = 1 or year is null", kKeys)->accepts(row));
}

struct Refusal {
  std::string_view expression;
  std::string_view message;
};

TEST(PartitionFilter, Refuses) {
  const Refusal cases[] = {
      {"year", "Unsupported expression 'year'"},
      {"year = ", "Unsupported expression 'year = '"},
      {"year = '2024", "Unsupported expression 'year = '2024'"},
      {"year = '2024' garbage", "Unsupported expression 'year = '2024' garbage'"},
      {"(year = '2024'", "Unsupported expression '(year = '2024''"},
      {"n like '1%'", "Unsupported expression 'n like '1%''"},
      {"n = year", "Unsupported expression 'n = year'"},
      {"n in ()", "Unsupported expression 'n in ()'"},
      {"lower(year) = 'x'", "Unknown column 'lower'"},
      {"month = '01'", "Unknown column 'month'"},
      {"n = 'x'", "'x' is not a valid value of partition key 'n' of type int"},
      {"d = '01.02.2024'", "'01.02.2024' is not a valid value of partition key 'd' of type date"},
  };
  for (const Refusal& c : cases) {
    SCOPED_TRACE(c.expression);
    const Result<PartitionFilter> filter = PartitionFilter::parse(c.expression, kKeys);
    ASSERT_FALSE(filter.has_value());
    EXPECT_EQ(filter.error().message, c.message);
  }
  EXPECT_FALSE(PartitionFilter::parse(std::string(5000, '('), kKeys).has_value());
}

TEST(PartitionValue, NumbersAreComparedExactly) {
  const auto order = [](std::string_view a, std::string_view b) {
    return compare_values(PartitionType::kNumber, *canonical_value(PartitionType::kNumber, a),
                          *canonical_value(PartitionType::kNumber, b));
  };
  EXPECT_EQ(order("0", "-0.0"), 0);
  EXPECT_EQ(order("-2", "-1"), -1);
  EXPECT_EQ(order("-1", "1"), -1);
  EXPECT_EQ(order("9", "10"), -1);
  EXPECT_EQ(order("1.10", "1.1"), 0);
  EXPECT_EQ(order("99999999999999999999999.1", "99999999999999999999999.2"), -1);
}

}  // namespace
}  // namespace penstock::glue
