// The records that were put: they wait in the store until their batch is settled.
#pragma once

#include <memory>

#include "services/firehose/source.h"

namespace penstock::firehose {

struct Service;
class LiveStream;

// The notifier key of a stream to which records are put.
std::string direct_key(std::uint64_t stream);

std::unique_ptr<Source> make_direct_source(Service& service, LiveStream& stream);

}  // namespace penstock::firehose
