// A record of the source on its way through the pipe.
#pragma once

#include "services/pipes/carrier.h"
#include "stream/consumer.h"

namespace penstock::pipes {

struct LaneItem final : stream::Shaped {
  Carried carried;
  static const Carried& of(const stream::Item& item) {
    return static_cast<const LaneItem&>(*item.shaped).carried;
  }
};

}  // namespace penstock::pipes
