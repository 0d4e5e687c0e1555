// Lane: what a pipe does with the records of one shard: filter and shape each, append them to the
// target, and account for those that are given up. Reading, batching and retrying are stream/'s.
#pragma once

#include <string>
#include <unordered_set>

#include "gen/kinesis/client.h"
#include "services/pipes/pipes.h"
#include "services/pipes/transform.h"
#include "stream/consumer.h"

namespace penstock::pipes {

class Lane final : public stream::Consumer {
 public:
  // `failed`: the sequence numbers beyond the position that were given up already.
  Lane(Dependencies& deps, const PipeConfig& config, std::string shard,
       std::unordered_set<std::string> failed);

  stream::Admission admit(stream::Record& record) override;
  Task<stream::Outcome> deliver(stream::Delivering delivering) override;
  Task<Status> give_up(stream::GivingUp giving_up) override;

 private:
  Dependencies& deps_;
  const PipeConfig& config_;
  const std::string shard_;
  const kinesis::Client target_;
  const protocol::Context role_;
  Transform transform_;
  std::unordered_set<std::string> failed_;
};

}  // namespace penstock::pipes
