// Who a trust policy lets in, as the IAM user guide describes its elements (documented).
#include "services/iam/policy.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/iam/evaluate.h"

namespace penstock::iam {
namespace {

constexpr std::string_view kCaller = "arn:aws:iam::111111111111:user/u";

std::string policy(std::string_view condition, std::string_view effect = "Allow") {
  return fmt::format(
      R"({{"Version":"2012-10-17","Statement":[{{"Effect":"{}","Action":"sts:AssumeRole",)"
      R"("Principal":{{"AWS":"111111111111"}}{}{}}}]}})",
      effect, condition.empty() ? "" : R"(,"Condition":)", condition);
}

bool trusts(const std::string& document, std::optional<std::string_view> external_id,
            const Principal& caller = {"111111111111", std::string(kCaller)}) {
  AccessRequest request{"sts:AssumeRole", "arn:aws:iam::111111111111:role/r"};
  if (external_id) request.context.emplace("sts:externalid", *external_id);
  const Grant grant = PolicySet::compile({document}).grant(request, caller);
  return grant == Grant::kAccount || grant == Grant::kPrincipal;
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
      // Nobody has a second factor here.
      {R"({"Bool":{"aws:MultiFactorAuthPresent":"true"}})", std::nullopt, false},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(trusts(policy(c.condition), c.given), c.trusted)
        << c.condition << " given " << c.given.value_or("nothing");
  }
}

TEST(TrustPolicy, NamesItsPrincipals) {
  const Principal other{"222222222222", "arn:aws:iam::222222222222:user/u"};
  EXPECT_FALSE(trusts(policy(""), std::nullopt, other));
  EXPECT_FALSE(trusts(policy("", "Deny"), std::nullopt));
  // A session goes by its role, too.
  const std::string of_role =
      R"({"Statement":{"Effect":"Allow","Action":"sts:*","Principal":{"AWS":"arn:aws:iam::2:role/x"}}})";
  EXPECT_TRUE(trusts(of_role, std::nullopt,
                     {"2", "arn:aws:sts::2:assumed-role/x/s", "arn:aws:iam::2:role/x"}));
}

TEST(TrustPolicy, NamesItsServices) {
  const auto trusts_pipes = [](std::string_view statements) {
    return trusts_service(fmt::format(R"({{"Statement":[{}]}})", statements),
                          "pipes.amazonaws.com");
  };
  const std::string allow =
      R"({"Effect":"Allow","Action":"sts:Assume*","Principal":{"Service":["a","pipes.amazonaws.com"]}})";
  EXPECT_TRUE(trusts_pipes(allow));
  EXPECT_FALSE(
      trusts_pipes(allow + R"(,{"Effect":"Deny","Action":["STS:assume?ole"],"Principal":"*"})"));
  EXPECT_TRUE(trusts_pipes(allow + R"(,{"Effect":"Deny","NotAction":"sts:*","Principal":"*"})"));
  EXPECT_FALSE(trusts_pipes(
      R"({"Effect":"Allow","Action":"sts:TagSession","Principal":{"Service":"pipes.amazonaws.com"}})"));
  EXPECT_FALSE(trusts_service(policy(""), "pipes.amazonaws.com"));
}

}  // namespace
}  // namespace penstock::iam
