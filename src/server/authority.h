// Authority: whether the principal of a call may make it, by the policies of its role and that of
// the resource.
//
// It stands before every operation: for requests from the wire and for the calls that pipes,
// delivery streams, functions and crawlers make as the role they are given.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/caller.h"
#include "protocol/dispatcher.h"
#include "server/resource_policies.h"
#include "services/iam/iam.h"

namespace penstock::server {

// What is asked for, as IAM names it. An empty resource is not known from the request: then the
// action alone decides.
struct Claim {
  std::string action;
  std::string resource;
  std::string passed_to = {};  // Of iam:PassRole: the service that gets the role.
  friend bool operator==(const Claim&, const Claim&) = default;
};

// What requests to Kinesis mean without naming its ARN; empty: there is no such thing.
struct KinesisNames {
  // The stream that a shard iterator or a NextToken is about.
  std::function<std::string(const protocol::Context& context, std::string_view token)> of_token;
  std::function<std::string(std::string_view stream_arn, std::string_view consumer)> of_consumer;
};

// All of these must be allowed. `names` may be empty: then the action alone decides about tokens.
std::vector<Claim> claims_of(const protocol::Context& context,
                             const protocol::OperationInfo& operation,
                             const protocol::AnyShape& input, const KinesisNames& names = {});

// iam:PassRole for each role that the request gives a service to act as. Pure; a part of claims_of.
std::vector<Claim> passed_roles(const protocol::Context& context,
                                const protocol::OperationInfo& operation,
                                const protocol::AnyShape& input);

// What decisions are made from. All of it must outlive the authority.
struct Grounds {
  const iam::Service& iam;
  const ResourcePolicies& policies;
  KinesisNames names;
};

// Whether the context's principal may do it, asked without doing it: always when `mode` is off;
// soft logs what strict refuses.
bool may_act(const Grounds& grounds, protocol::AuthMode mode, const protocol::Context& context,
             const Claim& claim);

// Empty (everything is allowed) when `mode` is off. Soft lets pass what strict refuses with
// AccessDenied, and logs it.
protocol::Authorize make_authority(const Grounds& grounds, protocol::AuthMode mode);

}  // namespace penstock::server
