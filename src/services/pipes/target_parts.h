// What the files of the targets share. Internal to target*.cc.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "protocol/json_codec.h"
#include "services/pipes/target.h"

namespace penstock::pipes {

// The members of a request or a response, for the log.
template <typename T>
void record_json(std::string& out, const Sending& sending, const T& value) {
  if (!sending.record_exchange) return;
  out.clear();
  protocol::encode_json(T::shape(), &value, out);
}

// Nothing of the batch was taken.
Sent all_failed(CallFailure failure);
// Those of the entries [from, end) that a call did not take (by their index within it), and all
// that were behind them.
void fail_rest(Sent& sent, std::size_t from, const std::vector<std::size_t>& within,
               std::size_t end, std::size_t all);
// Notes the failure of a call that did not come back, or failed as a whole. `answer`: what within()
// gave; false: it went well.
template <typename Answer>
bool call_failed(Sent& sent, std::string_view service, const Answer& answer,
                 const Sending& sending) {
  if (answer && *answer) return false;
  sent.failure = answer ? failure_of(service, answer->error(), sending.context)
                        : timeout_of(service, sending.limit);
  return true;
}
// The same, and what was given to it from `from` on has failed, with all that is behind it.
template <typename Answer>
bool call_failed(Sent& sent, std::string_view service, const Answer& answer, const Sending& sending,
                 std::size_t from) {
  if (!call_failed(sent, service, answer, sending)) return false;
  fail_rest(sent, from, {}, from, sending.entries.size());
  return true;
}
// Entries [from, result) fit into one call: at most `count`, and with all but the first `bytes`.
std::size_t fitting(const std::vector<const Outgoing*>& entries, std::size_t from,
                    std::size_t count, std::size_t bytes, std::size_t overhead);

std::unique_ptr<Target> make_kinesis_target(protocol::Caller& caller, const PipeConfig& config);
std::unique_ptr<Target> make_firehose_target(protocol::Caller& caller, const PipeConfig& config);
std::unique_ptr<Target> make_lambda_target(protocol::Caller& caller, const PipeConfig& config);
std::unique_ptr<Target> make_sqs_target(protocol::Caller& caller, const PipeConfig& config);
std::unique_ptr<Target> make_logs_target(protocol::Caller& caller, const PipeConfig& config,
                                         const Clock& clock);

}  // namespace penstock::pipes
