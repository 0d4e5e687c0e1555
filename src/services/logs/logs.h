// The facade of CloudWatch Logs: state, start and stop.
//
//   logs::Service service({store, runtime, clock, random});
//   TRY_VOID(service.start());            // Loads every group; from an ordinary thread.
//   caller.bind(logs::binding(service));
//   ...
//   service.stop();                       // From an ordinary thread.
#pragma once

#include <chrono>

#include "async/gate.h"
#include "base/clock.h"
#include "base/random.h"
#include "protocol/operation.h"
#include "services/logs/registry.h"
#include "storage/store.h"

namespace penstock::logs {

struct Dependencies {
  storage::Store& store;
  Runtime& runtime;
  Clock& clock;
  Random& random;
};

struct Options {
  std::chrono::seconds trim_interval{60};  // How often events past their retention are erased.
};

struct Service {
  explicit Service(Dependencies dependencies, Options options = {});
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  Status start();
  void stop();

  Dependencies deps;
  Options options;
  Registry groups;
  Gate gate;
};

protocol::ServiceBinding binding(Service& service);

// Erases what is past its retention, in all groups. Blocks on the disk; the runner calls it by
// itself.
Status trim(Service& service);

}  // namespace penstock::logs
