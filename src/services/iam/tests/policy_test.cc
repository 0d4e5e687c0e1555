// Who a trust policy lets in, as the IAM user guide describes its elements (documented).
#include "services/iam/policy.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace penstock::iam {
namespace {

constexpr std::string_view kCaller = "arn:aws:iam::111111111111:user/u";

std::string policy(std::string_view condition, std::string_view effect = "Allow") {
  return fmt::format(
      R"({{"Version":"2012-10-17","Statement":[{{"Effect":"{}","Action":"sts:AssumeRole",)"
      R"("Principal":{{"AWS":"111111111111"}}{}{}}}]}})",
      effect, condition.empty() ? "" : R"(,"Condition":)", condition);
}

bool trusts(const std::string& document, std::optional<std::string_view> external_id) {
  return trusts_principal(document, {kCaller, "111111111111", external_id});
}

TEST(TrustPolicy, DecidesConditionsOnTheExternalId) {
  struct Case {
    std::string_view condition;
    std::optional<std::string_view> given;
    bool trusted;
  };
  const Case cases[] = {
      {"", std::nullopt, true},
      {"", "any", true},
      {R"({"StringEquals":{"sts:ExternalId":"secret"}})", "secret", true},
      {R"({"StringEquals":{"sts:ExternalId":"secret"}})", "Secret", false},
      {R"({"StringEquals":{"sts:ExternalId":"secret"}})", std::nullopt, false},
      {R"({"StringEquals":{"STS:externalid":["a","secret"]}})", "secret", true},
      {R"({"StringEqualsIgnoreCase":{"sts:ExternalId":"secret"}})", "Secret", true},
      {R"({"StringEqualsIfExists":{"sts:ExternalId":"secret"}})", std::nullopt, true},
      {R"({"StringEqualsIfExists":{"sts:ExternalId":"secret"}})", "other", false},
      {R"({"StringLike":{"sts:ExternalId":"s*r?t"}})", "secret", true},
      {R"({"StringLike":{"sts:ExternalId":"s*r?t"}})", "secrt", false},
      {R"({"StringNotEquals":{"sts:ExternalId":"secret"}})", "other", true},
      {R"({"StringNotEquals":{"sts:ExternalId":"secret"}})", "secret", false},
      {R"({"StringNotEquals":{"sts:ExternalId":"secret"}})", std::nullopt, true},
      {R"({"Null":{"sts:ExternalId":"false"}})", std::nullopt, false},
      {R"({"Null":{"sts:ExternalId":false}})", "any", true},
      // What is not known here counts as met.
      {R"({"Bool":{"aws:MultiFactorAuthPresent":"true"}})", std::nullopt, true},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(trusts(policy(c.condition), c.given), c.trusted)
        << c.condition << " given " << c.given.value_or("nothing");
  }
}

TEST(TrustPolicy, NamesItsPrincipals) {
  EXPECT_FALSE(trusts_principal(policy(""), {"arn:aws:iam::222222222222:user/u", "222222222222"}));
  EXPECT_FALSE(trusts(policy("", "Deny"), std::nullopt));
  EXPECT_FALSE(trusts_service(policy(""), "pipes.amazonaws.com"));
}

}  // namespace
}  // namespace penstock::iam
