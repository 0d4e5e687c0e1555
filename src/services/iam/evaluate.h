// Evaluation of policies: may this principal do that? Pure.
//
//   const PolicySet set = PolicySet::compile({document, ...});
//   set.decide({.action = "kinesis:PutRecords", .resource = "arn:aws:kinesis:…"})  // A role's.
//   policy.grant({...}, principal)                                                 // A resource's.
//   judge(verdict, grant, same_account)
//
// The rules are those of the policy evaluation logic that AWS documents: a Deny statement that
// applies wins; else an Allow statement that applies; else it is not allowed. Within an account an
// Allow on one of the two sides is enough; between accounts both must allow.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::iam {

// IAM's wildcards: '*' for any text, '?' for one character.
bool is_like(std::string_view pattern, std::string_view text);

// What is known of a request. Keys of `context` are lower case ("aws:principalarn"). With an empty
// resource, which is not known, the action alone decides.
struct AccessRequest {
  std::string action;
  std::string resource;
  std::map<std::string, std::string, std::less<>> context = {};
};

// Of the policies of an identity.
enum class Verdict : std::uint8_t { kAllowed, kNotAllowed, kDenied };

// Who asks, as the policies of resources name principals.
struct Principal {
  std::string account;
  std::string arn;            // The account's root, a user, or a session of a role.
  std::string role_arn = {};  // Of a session.
};

// Of the policy of a resource.
enum class Grant : std::uint8_t {
  kNone,
  kAccount,    // To the principal's account: its identity policies decide.
  kPrincipal,  // To the principal, or to everybody.
  kDenied,
};

enum class Judgement : std::uint8_t {
  kAllowed,
  kIdentityDenies,
  kResourceDenies,
  kNoIdentityAllows,
  kNoResourceAllows,
};
Judgement judge(Verdict identity, Grant resource, bool same_account);

// Immutable after compile(), so it may be shared between threads.
class PolicySet {
 public:
  // A document that cannot be read allows nothing. A condition whose operator is unknown is not
  // met in an Allow and is met in a Deny.
  static PolicySet compile(const std::vector<std::string>& documents);
  // As policies of an identity.
  Verdict decide(const AccessRequest& request) const;
  // As policies of a resource: of the statements that name principals. Principals are never
  // patterns; a session goes by its own ARN and by its role's. With NotPrincipal a Deny spares who
  // is named together with the account, and an Allow allows nothing.
  Grant grant(const AccessRequest& request, const Principal& principal) const;

  struct Statement;

 private:
  std::shared_ptr<const std::vector<Statement>> statements_;
};

}  // namespace penstock::iam
