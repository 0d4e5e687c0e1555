// The facade of IAM and STS: roles, policies and sessions, and the questions other parts of the
// server ask.
//
//   iam::Service service({store, clock, random});
//   TRY_VOID(service.start());                       // Loads what is stored; from an ordinary
//   thread. caller.bind(iam::binding(service));              // IAM
//   sts_caller.bind(iam::sts_binding(service));      // STS
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

// Why a principal may not do it, in the words of AWS's AccessDenied; nullopt when it may. Sessions
// of a role (arn:aws:sts::<account>:assumed-role/<role>/<session>) may do what the role's policies
// allow; all others (the root user, service-linked roles) everything. Boundaries, session policies
// and policies of resources are not looked at.
std::optional<std::string> why_not_allowed(const Service& service, const std::string& principal_arn,
                                           AccessRequest request);

// A session of the role for a service that acts as it (a Lambda function's own credentials). The
// caller has checked why_not_assumable. kNotFound when the role is gone.
struct ServiceSession {
  std::string access_key, secret_key, session_token;
  Timestamp expires;
};
Task<Result<ServiceSession>> open_service_session(Service& service, std::string role_arn,
                                                  std::string session_name);

}  // namespace penstock::iam
