// Requests against the meters of their tables, when throttling is on (Options::throttle).
#pragma once

#include <optional>
#include <vector>

#include "services/dynamodb/errors.h"
#include "services/dynamodb/meter.h"
#include "services/dynamodb/registry.h"

namespace penstock::dynamodb {

struct Service;

// ProvisionedThroughputExceededException, or ThrottlingException for a maximum of an on-demand
// table.
std::unexpected<ApiError> throttled(const Exhausted& exhausted);
// The same as the reason of a cancelled transaction.
struct ThrottleReason {
  const char* code;
  const char* message;
};
ThrottleReason throttle_reason(const Exhausted& exhausted);

// What a request has been charged so far.
class Charges {
 public:
  Charges(Service& service, Access access) : service_(service), access_(access) {}

  bool is_on() const;
  // nullopt: charged, or throttling is off.
  std::optional<Exhausted> take(const TablePtr& live, const Consumption& consumption);
  // For a request that is not carried out after all.
  void give_back();

 private:
  struct Taken {
    TablePtr live;
    Consumption consumption;
  };
  Service& service_;
  Access access_;
  std::vector<Taken> taken_;
};

// One charge.
ApiResult<void> charge(Service& service, const TablePtr& live, const Consumption& consumption,
                       Access access);

}  // namespace penstock::dynamodb
