// Policies of resources, and the decision over both sides. Documented in the IAM user guide
// ("Policy evaluation logic", "Principal", "NotPrincipal") unless a case says deduced.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/iam/evaluate.h"

namespace penstock::iam {
namespace {

constexpr std::string_view kQueue = "arn:aws:sqs:us-east-1:111111111111:q";

Principal session() {
  return {"111111111111", "arn:aws:sts::111111111111:assumed-role/worker/me",
          "arn:aws:iam::111111111111:role/team/worker"};
}
Principal user() { return {"111111111111", "arn:aws:iam::111111111111:user/u"}; }
Principal root() { return {"111111111111", "arn:aws:iam::111111111111:root"}; }
Principal stranger() { return {"222222222222", "arn:aws:iam::222222222222:user/s"}; }

Grant grant(std::string_view statements, const Principal& who) {
  return PolicySet::compile({fmt::format(R"({{"Statement":[{}]}})", statements)})
      .grant({.action = "sqs:SendMessage",
              .resource = std::string(kQueue),
              .context = {{"aws:principalarn", who.role_arn.empty() ? who.arn : who.role_arn}}},
             who);
}

std::string statement(std::string_view effect, std::string_view principal,
                      std::string_view more = R"("Action":"sqs:*","Resource":"*")") {
  return fmt::format(R"({{"Effect":"{}",{},{}}})", effect, principal, more);
}

TEST(ResourcePolicy, NamesPrincipals) {
  constexpr std::string_view kRole =
      R"("Principal":{"AWS":"arn:aws:iam::111111111111:role/team/worker"})";
  struct Case {
    std::string_view principal;
    Principal who;
    Grant allow;
    bool denies;
  };
  const Case cases[] = {
      {R"("Principal":"*")", session(), Grant::kPrincipal, true},
      {R"("Principal":{"AWS":"*"})", stranger(), Grant::kPrincipal, true},
      // An Allow for an account leaves it to the account's own policies; a Deny is for all of it.
      {R"("Principal":{"AWS":"111111111111"})", session(), Grant::kAccount, true},
      {R"("Principal":{"AWS":"arn:aws:iam::111111111111:root"})", user(), Grant::kAccount, true},
      {R"("Principal":{"AWS":"111111111111"})", root(), Grant::kPrincipal, true},
      {R"("Principal":{"AWS":["222222222222"]})", session(), Grant::kNone, false},
      {R"("Principal":{"AWS":["222222222222","111111111111"]})", session(), Grant::kAccount, true},
      // A role is named by its whole ARN.
      {kRole, session(), Grant::kPrincipal, true},
      {kRole, user(), Grant::kNone, false},
      {kRole, root(), Grant::kNone, false},
      {R"("Principal":{"AWS":"arn:aws:iam::111111111111:role/worker"})", session(), Grant::kNone,
       false},
      {R"("Principal":{"AWS":"arn:aws:sts::111111111111:assumed-role/worker/me"})", session(),
       Grant::kPrincipal, true},
      {R"("Principal":{"AWS":"arn:aws:sts::111111111111:assumed-role/worker/you"})", session(),
       Grant::kNone, false},
      {R"("Principal":{"AWS":"arn:aws:iam::111111111111:user/u"})", user(), Grant::kPrincipal,
       true},
      // No patterns in principals.
      {R"("Principal":{"AWS":"arn:aws:iam::111111111111:role/team/*"})", session(), Grant::kNone,
       false},
      {R"("Principal":{"Service":"sqs.amazonaws.com"})", session(), Grant::kNone, false},
      {R"("Principal":{"Service":"*"})", session(), Grant::kNone, false},
      {R"("Principal":"111111111111")", session(), Grant::kNone, false},  // Deduced.
  };
  for (const Case& c : cases) {
    EXPECT_EQ(grant(statement("Allow", c.principal), c.who), c.allow) << c.principal << c.who.arn;
    EXPECT_EQ(grant(statement("Deny", c.principal), c.who),
              c.denies ? Grant::kDenied : Grant::kNone)
        << c.principal << c.who.arn;
  }
  // Of an identity, not of a resource.
  EXPECT_EQ(grant(R"({"Effect":"Allow","Action":"*","Resource":"*"})", session()), Grant::kNone);
}

// Documented: whoever is to be spared must be named together with the account, a session by its
// role; NotPrincipal with Allow is not supported.
TEST(ResourcePolicy, SparesWhomNotPrincipalNames) {
  constexpr std::string_view kAccount = R"("arn:aws:iam::111111111111:root")";
  constexpr std::string_view kRole = R"("arn:aws:iam::111111111111:role/team/worker")";
  constexpr std::string_view kSession = R"("arn:aws:sts::111111111111:assumed-role/worker/me")";
  struct Case {
    std::string names;
    Principal who;
    bool denied;
  };
  const Case cases[] = {
      {fmt::format("{},{}", kAccount, kRole), session(), false},
      {fmt::format("{},{},{}", kAccount, kRole, kSession), session(), false},
      {fmt::format("{}", kRole), session(), true},
      {fmt::format("{}", kAccount), session(), true},
      {fmt::format("{}", kAccount), root(), false},
      {fmt::format("{},{}", kAccount, kRole), root(), false},
      {fmt::format("{},{}", kAccount, kRole), user(), true},
      {fmt::format("{},{}", kAccount, R"("arn:aws:iam::111111111111:user/u")"), user(), false},
      {fmt::format("{},{}", kAccount, kRole), stranger(), true},
  };
  for (const Case& c : cases) {
    const std::string names = fmt::format(R"("NotPrincipal":{{"AWS":[{}]}})", c.names);
    EXPECT_EQ(grant(statement("Deny", names), c.who), c.denied ? Grant::kDenied : Grant::kNone)
        << names << c.who.arn;
    EXPECT_EQ(grant(statement("Allow", names), c.who), Grant::kNone) << names << c.who.arn;
  }
}

TEST(ResourcePolicy, AppliesToActionsResourcesAndConditions) {
  struct Case {
    std::string_view rest;
    Grant grant;
  };
  const Case cases[] = {
      {R"("Action":"SQS:sendmessage","Resource":"*")", Grant::kPrincipal},
      {R"("Action":["sqs:Receive*"],"Resource":"*")", Grant::kNone},
      {R"("NotAction":"sqs:Receive*","Resource":"*")", Grant::kPrincipal},
      {R"("NotAction":"sqs:Send*","Resource":"*")", Grant::kNone},
      {R"("Action":"*","Resource":"arn:aws:sqs:*:*:q")", Grant::kPrincipal},
      {R"("Action":"*","Resource":"arn:aws:sqs:*:*:p")", Grant::kNone},
      {R"("Action":"*","NotResource":"arn:aws:sqs:*:*:p")", Grant::kPrincipal},
      {R"("Action":"*","NotResource":"arn:aws:sqs:*:*:q")", Grant::kNone},
      {R"("Action":"*")", Grant::kPrincipal},  // Deduced: about what it is attached to.
      {R"("Action":"*","Resource":"*","Condition":{})", Grant::kPrincipal},
      {R"("Action":"*","Resource":"*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:*:role/team/*"}})",
       Grant::kPrincipal},
      {R"("Action":"*","Resource":"*","Condition":{"ArnEquals":{"aws:PrincipalArn":"arn:*:role/x/*"}})",
       Grant::kNone},
      // No service calls for anybody: there is no source.
      {R"("Action":"*","Resource":"*","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:sns:*"}})",
       Grant::kNone},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(grant(statement("Allow", R"("Principal":"*")", c.rest), session()), c.grant)
        << c.rest;
  }
  const std::string allow = statement("Allow", R"("Principal":"*")");
  const std::string account = statement("Allow", R"("Principal":{"AWS":"111111111111"})");
  const std::string deny = statement("Deny", R"("Principal":{"AWS":"111111111111"})");
  EXPECT_EQ(grant(account + "," + allow, session()), Grant::kPrincipal);
  EXPECT_EQ(grant(allow + "," + account, session()), Grant::kPrincipal);
  EXPECT_EQ(grant(allow + "," + deny, session()), Grant::kDenied);
  EXPECT_EQ(grant(deny + "," + allow, session()), Grant::kDenied);
  EXPECT_EQ(grant(allow + "," + deny, stranger()), Grant::kPrincipal);
}

// Documented: a Deny of either side wins; within an account an Allow of either suffices, between
// accounts it takes both.
TEST(ResourcePolicy, IsHalfOfTheDecision) {
  using enum Judgement;
  constexpr Grant kGrants[] = {Grant::kNone, Grant::kAccount, Grant::kPrincipal, Grant::kDenied};
  struct Row {
    Verdict identity;
    Judgement same[4], other[4];  // By grant.
  };
  const Row rows[] = {
      {Verdict::kAllowed,
       {kAllowed, kAllowed, kAllowed, kResourceDenies},
       {kNoResourceAllows, kAllowed, kAllowed, kResourceDenies}},
      {Verdict::kNotAllowed,
       {kNoIdentityAllows, kNoIdentityAllows, kAllowed, kResourceDenies},
       {kNoResourceAllows, kNoIdentityAllows, kNoIdentityAllows, kResourceDenies}},
      // Which of two denials is told is deduced.
      {Verdict::kDenied,
       {kIdentityDenies, kIdentityDenies, kIdentityDenies, kIdentityDenies},
       {kIdentityDenies, kIdentityDenies, kIdentityDenies, kIdentityDenies}},
  };
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < std::size(kGrants); ++i) {
      EXPECT_EQ(judge(row.identity, kGrants[i], true), row.same[i]) << i;
      EXPECT_EQ(judge(row.identity, kGrants[i], false), row.other[i]) << i;
    }
  }
}

}  // namespace
}  // namespace penstock::iam
