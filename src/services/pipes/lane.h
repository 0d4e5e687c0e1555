// Lane: what a pipe does with the records of one shard: filter and shape each, carry batches to the
// target, and account for those that are given up. Reading, batching and retrying are stream/'s.
#pragma once

#include <string>
#include <unordered_set>

#include "services/pipes/carrier.h"
#include "services/pipes/kafka_source.h"
#include "services/pipes/transform.h"
#include "stream/consumer.h"

namespace penstock::pipes {

class Lane final : public stream::Consumer {
 public:
  // `failed`: the sequence numbers beyond the position that were given up already.
  // `kafka`: the source, where it is that.
  Lane(CarrierSetting setting, std::string shard, std::unordered_set<std::string> failed,
       TopicSource* kafka);

  stream::Admission admit(stream::Record& record) override;
  Task<stream::Outcome> deliver(stream::Delivering delivering) override;
  Task<Status> give_up(stream::GivingUp giving_up) override;

 private:
  Task<Status> send_dead_letter(const stream::GivingUp& giving_up);

  Dependencies& deps_;
  const PipeConfig& config_;
  const std::string shard_;
  Carrier carrier_;
  Transform transform_;
  std::unordered_set<std::string> failed_;
  TopicSource* const kafka_;
};

}  // namespace penstock::pipes
