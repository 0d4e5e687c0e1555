// Authority: whether the principal of a call may make it, by the policies of its role.
//
// It stands before every operation: for requests from the wire and for the calls that pipes,
// delivery streams, functions and crawlers make as the role they are given.
#pragma once

#include <string>
#include <vector>

#include "protocol/caller.h"
#include "protocol/dispatcher.h"
#include "services/iam/iam.h"

namespace penstock::server {

// What is asked for, as IAM names it. An empty resource is not known from the request: then the
// action alone decides.
struct Claim {
  std::string action;
  std::string resource;
  friend bool operator==(const Claim&, const Claim&) = default;
};

// All of these must be allowed. Pure.
std::vector<Claim> claims_of(const protocol::Context& context,
                             const protocol::OperationInfo& operation,
                             const protocol::AnyShape& input);

// Whether the context's principal may do it, asked without doing it: always when `mode` is off;
// soft logs what strict refuses.
bool may_act(const iam::Service& iam, protocol::AuthMode mode, const protocol::Context& context,
             const Claim& claim);

// Empty (everything is allowed) when `mode` is off. Soft lets pass what strict refuses with
// AccessDenied, and logs it. `iam` must outlive it.
protocol::Authorize make_authority(const iam::Service& iam, protocol::AuthMode mode);

}  // namespace penstock::server
