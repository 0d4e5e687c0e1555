// SqsSource: a queue as the source of a pipe: receive, filter, carry, delete.
//
// One coroutine receives and gathers batches; executions run beside each other, up to a bound. What
// is filtered out or delivered is deleted; what failed stays, and comes back when its visibility
// time-out ends, or goes where the queue's own redrive policy says. In a FIFO queue the messages of
// a group wait while one of them is under way, so that their order is kept.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "gen/sqs/client.h"
#include "services/pipes/carrier.h"
#include "services/pipes/event.h"
#include "services/pipes/transform.h"

namespace penstock::pipes {

class SqsSource {
 public:
  // What the setting refers to, and the stats, outlive the source and its gate's work. Requires
  // deps.sqs.
  SqsSource(CarrierSetting setting, PipeStats& stats);

  void start(Gate& gate);

 private:
  struct Message {
    std::string receipt;
    Carried carried;
    Timestamp sent;
    std::size_t bytes = 0;
  };

  Task<Status> run(Gate& gate);
  // Receives once; what does not pass the filter is deleted. False: nothing came, or it failed.
  Task<bool> receive(Gate& gate, std::size_t room);
  Task<void> take(std::vector<sqs::api::Message> messages);
  Task<void> execute(std::vector<Message> batch);
  Task<void> erase(std::vector<std::string> receipts);
  bool due() const;
  std::vector<Message> cut();

  const CarrierSetting setting_;
  PipeStats& stats_;
  const sqs::Client client_;
  const protocol::Context role_;
  std::string url_;
  Carrier carrier_;
  Transform transform_;
  Notifier ended_;  // An execution.
  std::size_t running_ = 0;
  std::deque<Message> gathered_;
  std::size_t gathered_bytes_ = 0;
  std::chrono::microseconds since_{0};  // When the first of them came.
  int failures_in_a_row_ = 0;
};

}  // namespace penstock::pipes
