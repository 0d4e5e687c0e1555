// What becomes of the records of one shard of a mapped stream: filtered, handed to the function in
// batches, and reported to the destination when they are given up.
#pragma once

#include <memory>
#include <string>

#include "services/lambda/lambda.h"
#include "services/lambda/mapping_event.h"
#include "stream/consumer.h"

namespace penstock::lambda {

class FunctionConsumer final : public stream::Consumer {
 public:
  struct Setting {
    Service& service;
    std::shared_ptr<const Mapping> mapping;
    std::shared_ptr<const MappingFilters> filters;
    std::shared_ptr<MappingResult> result;
    EventSource source;
    protocol::Context context;  // As whom failures are reported.
  };
  FunctionConsumer(Setting setting, std::string shard);

  stream::Admission admit(stream::Record& record) override;
  Task<stream::Outcome> deliver(stream::Delivering delivering) override;
  Task<Status> give_up(stream::GivingUp giving_up) override;

 private:
  std::string identifier_of(const stream::Record& record) const;
  stream::Outcome judge(const stream::Delivering& delivering, const InvokeOutcome& outcome) const;
  std::string failure_record(const stream::GivingUp& giving_up, Timestamp now, bool whole) const;
  Task<Status> send_to_queue(std::string message);
  Task<Status> put_object(std::string message, Timestamp now);

  const Setting setting_;
  const std::string shard_;
};

}  // namespace penstock::lambda
