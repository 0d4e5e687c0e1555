// Carrier: one execution of a pipe after another: a batch that has passed the filter is enriched,
// shaped and sent, within the five minutes that an execution may take, and each step is logged.
//
// What it answers is for whoever reads the source: what was delivered, what is to come again, and
// whose fault that is. A retry goes through all of it again, the enrichment included. Used by one
// lane; several executions may be under way on its executor.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "services/pipes/pipe_log.h"
#include "services/pipes/pipes.h"
#include "services/pipes/shaper.h"
#include "services/pipes/target.h"
#include "stream/consumer.h"

namespace penstock::pipes {

class PipeLogWriter;

// An event of the batch.
struct Carried {
  std::string id;        // By which a function names it: eventID or messageId.
  std::string position;  // In its source, as bytes that sort; empty where there is none.
  std::string event;     // As it came; only where keeps_events() asks for it.
  Outgoing out;          // For the first stage.
};

struct CarrierSetting {
  Dependencies& deps;
  const PipeConfig& config;
  PipeLogWriter& log;
  Gate& calls;  // Of calls that are not waited for any more.
  std::stop_token stop;
};

class Carrier {
 public:
  // What the setting refers to outlives the carrier.
  explicit Carrier(CarrierSetting setting);
  ~Carrier();

  // Which records of a partial batch response come again: only those named (a queue), or all from
  // the first of them on (a stream).
  enum class Partial : std::uint8_t { kItems, kFromFirst };
  // `producer`: under which id the target knows these positions; empty: it does not.
  Task<stream::Outcome> carry(std::vector<const Carried*> batch, std::string producer,
                              Partial partial);
  bool keeps_events() const;
  // An event that cannot be shaped for the first stage never becomes part of an execution of its
  // own; the log shows one all the same.
  void log_unshaped(const std::string& event, const std::string& problem);

 private:
  struct Run;
  struct Stock;

  Task<bool> enrich(Run& run, Stock& stock);
  bool shape_enriched(Run& run, std::vector<std::string> elements, Stock& stock);
  Task<Sent> invoke(Run& run, const Stock& stock);
  stream::Outcome conclude(Run& run, const Stock& stock, Sent sent);
  stream::Outcome fail_stage(Run& run, LogStep stage, CallFailure failure, bool enrichment);
  void log(const Run& run, LogStep step, const std::string* payload = nullptr);
  void log_call(const Run& run, LogStep step, const CallFailure* failure, bool enrichment,
                const std::string& request, const std::string& response);

  const CarrierSetting setting_;
  const protocol::Context role_;
  const std::unique_ptr<Target> target_;
  Shaper shaper_;  // Of the target's stage.
};

}  // namespace penstock::pipes
