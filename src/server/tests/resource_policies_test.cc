// Where the policies of resources come from, and how they are kept compiled.
#include "server/resource_policies.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace penstock::server {
namespace {

std::string allowing(std::string_view action) {
  return fmt::format(
      R"({{"Statement":{{"Effect":"Allow","Principal":"*","Action":"{}","Resource":"*"}}}})",
      action);
}

iam::Grant grant(const iam::PolicySet& policy, std::string action) {
  return policy.grant({.action = std::move(action), .resource = "arn:aws:a:::r"}, {"1", "arn"});
}

TEST(ResourcePolicies, ComeFromTheServiceOfTheArn) {
  ResourcePolicies policies;
  std::string document;
  policies.add("a", [&](std::string_view arn) -> std::shared_ptr<const std::string> {
    if (arn != "arn:aws:a:::r") return nullptr;
    return std::make_shared<const std::string>(document);
  });
  for (const char* arn : {"", "*", "arn:aws:b:::r", "arn:aws-cn:a:::r", "a"}) {
    EXPECT_FALSE(policies.side_of(arn).can_have_policy) << arn;
    EXPECT_FALSE(policies.side_of(arn).policy) << arn;
  }
  EXPECT_TRUE(policies.side_of("arn:aws:a:::q").can_have_policy);
  EXPECT_FALSE(policies.side_of("arn:aws:a:::q").policy);
  EXPECT_FALSE(policies.side_of("arn:aws:a:::r").policy);  // An empty text is no policy.
  document = allowing("a:Do");
  ASSERT_TRUE(policies.side_of("arn:aws:a:::r").policy);
  EXPECT_EQ(grant(*policies.side_of("arn:aws:a:::r").policy, "a:Do"), iam::Grant::kPrincipal);
  document = allowing("a:Other");
  EXPECT_EQ(grant(*policies.side_of("arn:aws:a:::r").policy, "a:Do"), iam::Grant::kNone);
}

TEST(ResourcePolicies, AreCompiledHoweverManyThereAre) {
  const ResourcePolicies policies;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 1'500; ++i) {
      const std::string action = fmt::format("a:Do{}", i);
      const iam::PolicySet policy = policies.compiled(allowing(action));
      ASSERT_EQ(grant(policy, action), iam::Grant::kPrincipal);
      ASSERT_EQ(grant(policy, "a:Do"), iam::Grant::kNone);
    }
  }
}

}  // namespace
}  // namespace penstock::server
