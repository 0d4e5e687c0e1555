// What becomes of the records of one shard of a mapped stream: filtered, handed to the function in
// batches, and reported to the destination when they are given up.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "services/lambda/lambda.h"
#include "services/lambda/mapping_event.h"
#include "services/lambda/mapping_window.h"
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
  bool store(storage::Batch& batch, const stream::Position& position) override;
  void not_stored() override { window_changed_ = true; }
  std::optional<Timestamp> deadline() const override;
  Task<void> close(std::stop_token stop) override;

  // The window that was open when the shard was left. Before anything else.
  Status load_window();

 private:
  std::chrono::seconds window_length() const;
  // The window is over for a record of that time.
  bool is_over(const OpenWindow& window, Timestamp created) const;
  // Makes the open window that of the record. False: the final invocation of the former one is to
  // be tried again.
  Task<bool> enter_window(Timestamp created);
  Task<bool> end_window();
  // Keeps the state of what was delivered; a refusal when there is none.
  stream::Outcome take_state(const stream::Delivering& delivering, stream::Outcome outcome,
                             std::string_view response);
  std::string payload_of(std::span<stream::Item* const> items) const;

  stream::Outcome judge(const stream::Delivering& delivering, const InvokeOutcome& outcome) const;
  std::string failure_record(const stream::GivingUp& giving_up, Timestamp now, bool whole) const;
  Task<Status> send_to_queue(std::string message);
  Task<Status> put_object(std::string message, Timestamp now);

  const Setting setting_;
  const std::string shard_;
  const std::string window_key_;
  std::optional<OpenWindow> window_;
  bool window_changed_ = false;  // Since it was put into a batch that was taken.
  std::string through_;  // The last record of which a state was kept, also of a former window.
};

}  // namespace penstock::lambda
