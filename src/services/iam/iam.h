// The facade of IAM and STS: roles, policies and sessions, and the questions other parts of the
// server ask.
//
//   iam::Service service({store, clock, random});
//   TRY_VOID(service.start());                   // Loads what is stored; from an ordinary thread.
//   caller.bind(iam::binding(service));          // IAM
//   sts_caller.bind(iam::sts_binding(service));  // STS
//
// IAM is global: one state per account, whatever region a request is signed for. Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "async/turns.h"
#include "base/clock.h"
#include "base/random.h"
#include "protocol/context.h"
#include "protocol/dispatcher.h"
#include "protocol/operation.h"
#include "services/iam/evaluate.h"
#include "services/iam/records.h"
#include "storage/store.h"

namespace penstock::iam {

struct Dependencies {
  storage::Store& store;
  const Clock& clock;
  Random& random;
};

struct Service {
  explicit Service(Dependencies dependencies) : deps(dependencies) {}
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  Status start();

  Dependencies deps;
  Turns turns{64};  // By account: writes of one account happen one after the other.

  // What is durable. Guarded by `mutex`.
  mutable std::mutex mutex;
  std::map<EntityId, RoleRecord> roles;
  std::map<EntityId, PolicyRecord> policies;
  std::map<std::string, SessionRecord> sessions;  // By access key.
  // What the roles' policies say, compiled when it is asked for first; emptied when any changes.
  mutable std::map<EntityId, PolicySet> grants;
};

protocol::ServiceBinding binding(Service& service);
protocol::ServiceBinding sts_binding(Service& service);

// The session that an access key of AssumeRole stands for, if it is known (it may be expired).
std::optional<protocol::Credential> find_credential(const Service& service,
                                                    const std::string& access_key);

// Why the AWS service `service_principal` ("pipes.amazonaws.com") cannot act as the role; nullopt
// when it can: the role exists and its trust policy names that service.
std::optional<std::string> why_not_assumable(const Service& service, const std::string& role_arn,
                                             std::string_view service_principal);

// What is known of the resource that a principal asks for.
struct ResourceSide {
  std::optional<PolicySet> policy;  // Its own; nullopt: none.
  // Whether resources of its kind can have one. If so, principals of other accounts need it.
  bool can_have_policy = false;
  // The root of its account may do this whatever its policy denies, lest nobody could ever again.
  bool root_repairs = false;
};

// In lower case, with their values.
using ConditionKeys = std::map<std::string, std::string, std::less<>>;

// Why the context's principal may not do it, in the words of AWS's AccessDenied; nullopt when it
// may. Sessions of a role (arn:aws:sts::<account>:assumed-role/<role>/<session>) may do what the
// role's policies or that of the resource allow; all others (the root user, service-linked roles)
// everything that the resource does not deny. Boundaries and session policies are not looked at.
// `keys`: what is known besides the keys that every request has.
std::optional<std::string> why_not_allowed(const Service& service, const protocol::Context& context,
                                           std::string_view action, std::string_view resource,
                                           const ResourceSide& side, ConditionKeys keys = {});

// Whether the policy of a resource (of a role: its trust policy) lets the context's principal, or
// its account, do it.
bool lets_in(const Service& service, const protocol::Context& context, std::string_view action,
             std::string_view resource, const PolicySet& policy, ConditionKeys keys = {});

// A session of the role for a service that acts as it (a Lambda function's own credentials). The
// caller has checked why_not_assumable. kNotFound when the role is gone.
struct ServiceSession {
  std::string access_key, secret_key, session_token;
  Timestamp expires;
};
Task<Result<ServiceSession>> open_service_session(Service& service, std::string role_arn,
                                                  std::string session_name);

}  // namespace penstock::iam
