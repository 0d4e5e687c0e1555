// The stages of an execution, one after the other.
#include "services/pipes/carrier.h"

#include <fmt/format.h>
#include <simdjson.h>

#include "base/limits.h"
#include "services/pipes/enrichment.h"
#include "services/pipes/pipe_log_writer.h"
#include "services/pipes/runner.h"

namespace penstock::pipes {
namespace {

constexpr std::chrono::minutes kExecutionLimit{5};

std::string joined(const std::vector<const Outgoing*>& entries) { return json_array(entries); }

// A fault of what the pipe itself was told: no service was called.
CallFailure own_failure(std::string code, std::string message) {
  CallFailure failure{"pipes", 400, std::move(code), std::move(message)};
  failure.counted = true;
  return failure;
}

}  // namespace

struct Carrier::Run {
  std::string id;
  CallLimit limit;
  protocol::Context context;
  std::vector<const Carried*> batch;
  std::string producer;
  Partial partial = Partial::kItems;
  stream::Outcome outcome;  // When a stage has failed.
};

// What the target's stage works on.
struct Carrier::Stock {
  std::vector<Outgoing> made;  // By the target's stage, after an enrichment.
  std::vector<const Outgoing*> entries;
  // Of which record of the batch each entry is; nullopt: an enrichment has left that open.
  std::optional<std::vector<std::size_t>> origins;
};

Carrier::Carrier(CarrierSetting setting)
    : setting_(setting),
      role_(role_context(setting.config)),
      target_(make_target(setting.deps.targets(), setting.config, setting.deps.clock)),
      shaper_(setting.config, Stage::kTarget) {}

Carrier::~Carrier() = default;

bool Carrier::keeps_events() const {
  return setting_.log.with_data() && setting_.log.wants(LogStep::kExecutionStarted);
}

void Carrier::log(const Run& run, LogStep step, const std::string* payload) {
  if (!setting_.log.wants(step)) return;
  LogRecord record;
  record.pipe_arn = setting_.config.arn();
  record.at = setting_.deps.clock.now();
  record.execution_id = run.id;
  record.step = step;
  if (payload != nullptr && setting_.log.with_data()) record.payload = *payload;
  setting_.log.add(std::move(record));
}

void Carrier::log_call(const Run& run, LogStep step, const CallFailure* failure, bool enrichment,
                       const std::string& request, const std::string& response) {
  if (!setting_.log.wants(step)) return;
  LogRecord record;
  record.pipe_arn = setting_.config.arn();
  record.at = setting_.deps.clock.now();
  record.execution_id = run.id;
  record.step = step;
  if (setting_.log.with_data() && !request.empty()) record.request = request;
  if (setting_.log.with_data() && !response.empty()) record.response = response;
  if (failure != nullptr) {
    record.error =
        trouble_of(*failure, enrichment,
                   enrichment ? setting_.config.enrichment->arn : setting_.config.target);
  }
  setting_.log.add(std::move(record));
}

void Carrier::log_unshaped(const std::string& event, const std::string& problem) {
  if (!setting_.log.wants(LogStep::kExecutionFailed)) return;
  Run run{setting_.deps.random.uuid(), {setting_.calls, setting_.deps.clock, {}, {}}};
  const std::string payload = "[" + event + "]";
  log(run, LogStep::kExecutionStarted, &payload);
  const bool enrichment = setting_.config.enrichment.has_value();
  const CallFailure failure = own_failure("InvalidInput", problem);
  for (const LogStep step :
       {enrichment ? LogStep::kEnrichmentTransformationFailed
                   : LogStep::kTargetTransformationFailed,
        enrichment ? LogStep::kEnrichmentStageFailed : LogStep::kTargetStageFailed,
        LogStep::kExecutionFailed}) {
    log_call(run, step, &failure, enrichment, "", "");
  }
}

stream::Outcome Carrier::fail_stage(Run& run, LogStep stage, CallFailure failure, bool enrichment) {
  log_call(run, stage, &failure, enrichment, "", "");
  const LogStep end = failure.timed_out   ? LogStep::kExecutionTimeout
                      : failure.throttled ? LogStep::kExecutionThrottled
                                          : LogStep::kExecutionFailed;
  log_call(run, end, &failure, enrichment, "", "");
  return failure.counted ? stream::Outcome::refused(failure.text())
                         : stream::Outcome::fault(failure.text());
}

// False: the stage has failed, and run.outcome says how.
Task<bool> Carrier::enrich(Run& run, Stock& stock) {
  FunctionCall call{setting_.config.enrichment->arn, true, {}};
  for (const Carried* carried : run.batch) call.elements.push_back(&carried->out);
  log(run, LogStep::kEnrichmentStageEntered);
  if (setting_.config.enrichment->input_template) {
    const std::string payload = joined(call.elements);
    log(run, LogStep::kEnrichmentTransformationStarted);
    log(run, LogStep::kEnrichmentTransformationSucceeded, &payload);
  }
  log(run, LogStep::kEnrichmentInvocationStarted);
  FunctionReply reply =
      co_await call_function(lambda::Client(*setting_.deps.lambda), std::move(call), run.context,
                             run.limit, setting_.log.with_data());
  if (reply.failure) {
    log_call(run, LogStep::kEnrichmentInvocationFailed, &*reply.failure, true, reply.request,
             reply.response);
    run.outcome = fail_stage(run, LogStep::kEnrichmentStageFailed, std::move(*reply.failure), true);
    co_return false;
  }
  log_call(run, LogStep::kEnrichmentInvocationSucceeded, nullptr, true, reply.request,
           reply.response);
  log(run, LogStep::kEnrichmentStageSucceeded, &reply.payload);
  co_return shape_enriched(run, enriched_elements(reply.payload), stock);
}

bool Carrier::shape_enriched(Run& run, std::vector<std::string> elements, Stock& stock) {
  if (elements.empty()) return true;
  log(run, LogStep::kTargetStageEntered);
  const std::size_t most = batch_max(setting_.config.target_settings.kind());
  if (elements.size() > most) {
    run.outcome = fail_stage(
        run, LogStep::kTargetStageFailed,
        own_failure("BatchTooLarge",
                    fmt::format("The enrichment returned {} items, more than the {} that the "
                                "target supports.",
                                elements.size(), most)),
        false);
    return false;
  }
  std::vector<std::string> identifiers;
  for (const Carried* carried : run.batch) identifiers.push_back(carried->id);
  stock.origins = origins_of(elements, identifiers);
  simdjson::dom::parser parser;
  stock.made.reserve(elements.size());
  for (std::string& element : elements) {
    simdjson::dom::element event;
    // `event` refers to what the parser keeps, and the parser copies.
    const bool is_json = shaper_.looks() && parser.parse(element).get(event) == simdjson::SUCCESS;
    Result<Outgoing> out =
        shaper_.looks() && !is_json
            ? fail(ErrorKind::kInvalid, "an item that the enrichment returned is not JSON")
            : shaper_.shape(is_json ? &event : nullptr, std::move(element),
                            setting_.deps.clock.now());
    if (!out) {
      const CallFailure failure = own_failure("InvalidInput", std::move(out).error().message);
      log_call(run, LogStep::kTargetTransformationFailed, &failure, false, "", "");
      run.outcome = fail_stage(run, LogStep::kTargetStageFailed, failure, false);
      return false;
    }
    stock.made.push_back(std::move(*out));
  }
  for (const Outgoing& out : stock.made) stock.entries.push_back(&out);
  return true;
}

Task<Sent> Carrier::invoke(Run& run, const Stock& stock) {
  Sending sending{run.context, run.limit, stock.entries, std::nullopt, {}, false};
  sending.record_exchange =
      setting_.log.with_data() && setting_.log.wants(LogStep::kTargetInvocationFailed);
  for (const Carried* carried : run.batch) sending.identifiers.push_back(carried->id);
  // Without an origin nothing says that an entry is a repetition.
  if (!run.producer.empty() && stock.origins) {
    sending.producer = protocol::Producer{run.producer, {}};
    std::size_t copies = 0;
    for (std::size_t i = 0; i < stock.entries.size(); ++i) {
      const std::size_t origin = (*stock.origins)[i];
      copies = i > 0 && (*stock.origins)[i - 1] == origin ? copies + 1 : 0;
      std::string position = run.batch[origin]->position;
      // Entries made of one record sort behind it, and before the next.
      if (copies > 0) {
        position += static_cast<char>(copies >> 8);
        position += static_cast<char>(copies & 0xff);
      }
      sending.producer->positions.push_back(std::move(position));
    }
  }
  co_return co_await target_->send(std::move(sending));
}

stream::Outcome Carrier::conclude(Run& run, const Stock& stock, Sent sent) {
  using Kind = Sent::Kind;
  if (sent.kind == Kind::kDelivered) {
    log_call(run, LogStep::kTargetInvocationSucceeded, nullptr, false, sent.request, sent.response);
    if (setting_.log.wants(LogStep::kTargetStageSucceeded)) {
      const std::string payload = setting_.log.with_data() ? joined(stock.entries) : "";
      log(run, LogStep::kTargetStageSucceeded, &payload);
      log(run, LogStep::kExecutionSucceeded);
    }
    return stream::Outcome::delivered();
  }
  CallFailure failure = std::move(*sent.failure);
  // A failed entry of unknown origin may be any record.
  if (sent.kind == Kind::kEntriesFailed && !stock.origins) sent.kind = Kind::kAllFailed;
  if (sent.kind == Kind::kAllFailed) {
    log_call(run, LogStep::kTargetInvocationFailed, &failure, false, sent.request, sent.response);
    return fail_stage(run, LogStep::kTargetStageFailed, std::move(failure), false);
  }
  for (const LogStep step :
       {LogStep::kTargetInvocationPartiallyFailed, LogStep::kTargetStagePartiallyFailed,
        LogStep::kExecutionPartiallyFailed}) {
    const bool call = step == LogStep::kTargetInvocationPartiallyFailed;
    log_call(run, step, &failure, false, call ? sent.request : "", call ? sent.response : "");
  }
  if (sent.kind == Kind::kRecordsFailed) {
    if (run.partial == Partial::kFromFirst) {
      return stream::Outcome::failed_from(sent.failed.front(), failure.text());
    }
    return stream::Outcome::items_failed(std::move(sent.failed), failure.counted, failure.text());
  }
  std::vector<std::size_t> records;
  for (const std::size_t entry : sent.failed) {
    const std::size_t record = (*stock.origins)[entry];
    if (records.empty() || records.back() != record) records.push_back(record);
  }
  return stream::Outcome::items_failed(std::move(records), failure.counted, failure.text());
}

Task<stream::Outcome> Carrier::carry(std::vector<const Carried*> batch, std::string producer,
                                     Partial partial) {
  Dependencies& deps = setting_.deps;
  Run run{"",
          {setting_.calls, deps.clock, deps.clock.monotonic() + kExecutionLimit, setting_.stop},
          role_,
          std::move(batch),
          std::move(producer),
          partial,
          {}};
  if (setting_.log.wants(LogStep::kExecutionFailed)) {
    run.id = deps.random.uuid();
    run.context.request_id = deps.random.uuid();
  }
  if (keeps_events()) {
    std::string payload = "[";
    for (const Carried* carried : run.batch) {
      if (payload.size() > 1) payload += ',';
      payload += carried->event;
    }
    payload += ']';
    log(run, LogStep::kExecutionStarted, &payload);
  } else {
    log(run, LogStep::kExecutionStarted);
  }
  Stock stock;
  if (setting_.config.enrichment) {
    if (!co_await enrich(run, stock)) co_return std::move(run.outcome);
    if (stock.entries.empty()) {
      log(run, LogStep::kTargetInvocationSkipped);
      log(run, LogStep::kTargetStageSkipped);
      log(run, LogStep::kExecutionSucceeded);
      co_return stream::Outcome::delivered();
    }
  } else {
    log(run, LogStep::kTargetStageEntered);
    stock.origins.emplace();
    for (const Carried* carried : run.batch) {
      stock.origins->push_back(stock.entries.size());
      stock.entries.push_back(&carried->out);
    }
  }
  if (shaper_.has_template() && setting_.log.wants(LogStep::kTargetTransformationStarted)) {
    const std::string payload = joined(stock.entries);
    log(run, LogStep::kTargetTransformationStarted);
    log(run, LogStep::kTargetTransformationSucceeded, &payload);
  }
  log(run, LogStep::kTargetInvocationStarted);
  Sent sent = co_await invoke(run, stock);
  co_return conclude(run, stock, std::move(sent));
}

}  // namespace penstock::pipes
