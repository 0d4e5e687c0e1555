// Evaluation of identity policies: may this principal do that? Pure.
//
//   const PolicySet set = PolicySet::compile({document, ...});
//   set.decide({.action = "kinesis:PutRecords", .resource = "arn:aws:kinesis:…"})
//
// The rules are those of the policy evaluation logic that AWS documents: a Deny statement that
// applies wins; else an Allow statement that applies; else it is not allowed.
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

enum class Verdict : std::uint8_t { kAllowed, kNotAllowed, kDenied };

// Immutable after compile(), so it may be shared between threads.
class PolicySet {
 public:
  // A document that cannot be read allows nothing. A condition whose operator is unknown is not
  // met in an Allow and is met in a Deny.
  static PolicySet compile(const std::vector<std::string>& documents);
  Verdict decide(const AccessRequest& request) const;

  struct Statement;

 private:
  std::shared_ptr<const std::vector<Statement>> statements_;
};

}  // namespace penstock::iam
