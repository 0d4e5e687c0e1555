// Cron expressions. The grammar is documented for Glue's time-based schedules; examples are the
// guide's.
#include "services/glue/cron.h"

#include <gtest/gtest.h>

namespace penstock::glue {
namespace {

struct Case {
  std::string_view expression;
  std::string_view from;
  std::string_view next;  // Empty: never.
};

TEST(Cron, NextTime) {
  const Case cases[] = {
      {"cron(0/5 * * * ? *)", "2026-11-22T10:52:03Z", "2026-11-22T10:55:00Z"},
      {"cron(0/5 * * * ? *)", "2026-11-22T10:55:00Z", "2026-11-22T11:00:00Z"},
      {"Cron(15 12 * * ? *)", "2026-11-22T12:15:00Z", "2026-11-23T12:15:00Z"},
      {"cron(0 18 ? * MON-FRI *)", "2026-11-20T18:00:00Z", "2026-11-23T18:00:00Z"},
      {"cron(0 8 1 * ? *)", "2026-11-22T00:00:00Z", "2026-12-01T08:00:00Z"},
      {"cron(0/15 * * * ? *)", "2026-12-31T23:50:00Z", "2027-01-01T00:00:00Z"},
      {"cron(0/10 * ? * MON-FRI *)", "2026-11-20T23:50:00Z", "2026-11-23T00:00:00Z"},
      {"cron(0/5 8-17 ? * 2-6 *)", "2026-11-20T17:55:00Z", "2026-11-23T08:00:00Z"},
      {"cron(0 0 L * ? *)", "2028-02-01T00:00:00Z", "2028-02-29T00:00:00Z"},
      {"cron(0 0 LW * ? *)", "2026-10-01T00:00:00Z", "2026-10-30T00:00:00Z"},
      {"cron(0 0 15W * ? *)", "2026-11-01T00:00:00Z", "2026-11-16T00:00:00Z"},
      {"cron(0 0 1W * ? *)", "2026-07-20T00:00:00Z", "2026-08-03T00:00:00Z"},
      {"cron(0 0 ? * 6#3 *)", "2026-11-01T00:00:00Z", "2026-11-20T00:00:00Z"},
      {"cron(0 0 ? * 6L *)", "2026-11-01T00:00:00Z", "2026-11-27T00:00:00Z"},
      {"cron(0 0 29 FEB ? *)", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"},
      {"cron(0 0 1 1 ? 2020)", "2026-01-01T00:00:00Z", ""},
      {"cron(0 0 31 2 ? *)", "2026-01-01T00:00:00Z", ""},
      {"cron(0,30 6,18 * JAN,JUL ? 2027-2028)", "2026-01-01T00:00:00Z", "2027-01-01T06:00:00Z"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.expression);
    const Result<Cron> cron = Cron::parse(c.expression);
    ASSERT_TRUE(cron.has_value()) << cron.error().message;
    const std::optional<Timestamp> next = cron->next_after(*parse_iso8601(c.from));
    EXPECT_EQ(next ? format_iso8601(*next) : "", c.next);
  }
}

TEST(Cron, Refuses) {
  for (const std::string_view expression : {"",
                                            "cron()",
                                            "rate(5 minutes)",
                                            " cron(0 0 * * ? *)",
                                            "cron(0 0 * * * *)",
                                            "cron(0 0 ? * ? *)",
                                            "cron(60 0 * * ? *)",
                                            "cron(0 24 * * ? *)",
                                            "cron(0 0 0 * ? *)",
                                            "cron(0 0 32 * ? *)",
                                            "cron(0 0 * 13 ? *)",
                                            "cron(0 0 ? * 8 *)",
                                            "cron(0 0 * * ?)",
                                            "cron(0 0 * * ? * *)",
                                            "cron(0 0 * * ? 1969)",
                                            "cron(5-1 0 * * ? *)",
                                            "cron(0/0 0 * * ? *)",
                                            "cron(a 0 * * ? *)",
                                            "cron(0 0 ? * MON#6 *)",
                                            "cron(0 0 * * ? *",
                                            "cron(, 0 * * ? *)"}) {
    const Result<Cron> cron = Cron::parse(expression);
    ASSERT_FALSE(cron.has_value()) << expression;
    EXPECT_EQ(cron.error().message,
              "Invalid schedule cron expression. Expected format: Cron(CRON_EXPRESSION)");
  }
}

// Documented: the smallest precision is five minutes.
TEST(Cron, RefusesMoreOftenThanEveryFiveMinutes) {
  EXPECT_FALSE(Cron::parse("cron(* * * * ? *)").has_value());
  EXPECT_FALSE(Cron::parse("cron(0/4 * * * ? *)").has_value());
  EXPECT_FALSE(Cron::parse("cron(0,58 * * * ? *)").has_value());
  EXPECT_TRUE(Cron::parse("cron(0,58 6 * * ? *)").has_value());
}

}  // namespace
}  // namespace penstock::glue
