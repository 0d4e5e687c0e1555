// A record of the source on its way to the target.
#pragma once

#include "services/pipes/transform.h"
#include "stream/consumer.h"

namespace penstock::pipes {

struct OutgoingItem final : stream::Shaped {
  Outgoing out;
  static const Outgoing& of(const stream::Item& item) {
    return static_cast<const OutgoingItem&>(*item.shaped).out;
  }
};

}  // namespace penstock::pipes
