// Runs statements, writes their result objects, and records how they ended.
#include "services/athena/run.h"

#include <fmt/core.h>

#include "base/bytes.h"
#include "base/limits.h"
#include "gen/s3/client.h"
#include "services/athena/answer.h"
#include "services/athena/catalog_loader.h"
#include "services/athena/object_bridge.h"
#include "services/athena/result_file.h"
#include "services/athena/result_settings.h"
#include "services/athena/reuse.h"
#include "sql/engine.h"
#include "sql/plan.h"

namespace penstock::athena {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;

std::int64_t millis_between(microseconds from, microseconds to) {
  return duration_cast<milliseconds>(to - from).count();
}

api::ColumnInfo info_of(const sql::OutputColumn& column) {
  const sql::ColumnMetadata metadata = sql::column_metadata(column.type);
  return column_info(column.label, metadata.type, metadata.precision, metadata.scale,
                     metadata.case_sensitive);
}

struct QueryRun {
  sql::RunStats stats;
  ReadLimit limit;  // BytesScannedCutoffPerQuery of the workgroup, as it is when the query starts.
  std::int64_t planning_millis = 0;
  bool has_tables = false;
};

Answer explain_answer(const sql::Plan& plan) {
  std::string text = "Query Plan\nFragment 0 [SINGLE]\n    Output[columnNames = [";
  for (std::size_t i = 0; i < plan.columns.size(); ++i) {
    text += (i == 0 ? "" : ", ") + plan.columns[i].label;
  }
  text += "]]\n    Layout: [";
  for (std::size_t i = 0; i < plan.columns.size(); ++i) {
    text += fmt::format("{}{}:{}", i == 0 ? "" : ", ", plan.columns[i].label,
                        sql::trino_name(plan.columns[i].type));
  }
  text += "]";
  for (const sql::Scan& scan : plan.scans) {
    text += fmt::format("\n    TableScan[table = awsdatacatalog:{}:{}, partitions = {}{}]",
                        scan.table->database, scan.table->name, scan.table->partitions.size(),
                        scan.conditions.empty() ? "" : ", pruned by the WHERE clause");
  }
  Answer answer;
  answer.body = std::move(text);
  answer.has_header = true;
  answer.has_metadata = true;
  answer.columns = {column_info("Query Plan", "varchar", 0, 0, true)};
  return answer;
}

// Analyzes and runs on a thread that may block.
std::expected<Answer, Failure> run_plan(Service& service, const protocol::Context& context,
                                        sql::Query& query, const sql::Catalog& catalog,
                                        const std::string& database, bool explain,
                                        std::stop_token stop, QueryRun& run) {
  const microseconds begin = service.deps.clock.monotonic();
  auto plan = sql::analyze(query, catalog, sql::Session{database, service.deps.clock.now()});
  run.planning_millis = millis_between(begin, service.deps.clock.monotonic());
  if (!plan) return std::unexpected(Failure(std::move(plan).error()));
  run.has_tables = !plan->scans.empty();
  if (explain) return explain_answer(*plan);

  Answer answer;
  std::vector<std::optional<std::string>> labels;
  for (const sql::OutputColumn& column : plan->columns) {
    answer.columns.push_back(info_of(column));
    labels.emplace_back(column.label);
  }
  append_csv(answer.body, labels);
  bool too_large = false;
  ObjectBridge objects(service.deps.runtime, service.deps.s3, context, run.limit);
  auto done = service.engine->run(
      *plan, objects, stop,
      [&](sql::Row row) {
        append_csv(answer.body, row);
        too_large = answer.body.size() > limits::kAthenaResultBytes;
        return !too_large;
      },
      run.stats);
  if (objects.over_limit()) {
    Failure failure;
    failure.reason = "Bytes scanned limit was exceeded";
    failure.is_canceled = true;
    return std::unexpected(std::move(failure));
  }
  if (!done) return std::unexpected(Failure(std::move(done).error()));
  if (too_large) {
    return std::unexpected(Failure(sql::plain_error(
        "EXCEEDED_OUTPUT_LIMIT",
        fmt::format("The result is larger than {} bytes", limits::kAthenaResultBytes))));
  }
  answer.rows = run.stats.rows;
  answer.has_header = true;
  answer.has_metadata = true;
  answer.update_count = 0;
  return answer;
}

Attempt<Answer> run_query(Service& service, const protocol::Context& context,
                          sql::Statement& statement, const Execution& execution,
                          std::string database, std::stop_token stop, QueryRun& run) {
  static const std::vector<std::string> kNone;
  const auto& given = execution.shown.execution_parameters;
  auto bound =
      sql::bind_parameters(*statement.query, statement.parameter_count, given ? *given : kNone);
  if (!bound) co_return std::unexpected(Failure(std::move(bound).error()));
  auto catalog =
      co_await load_catalog(glue::Client(service.deps.glue), context, *statement.query, database);
  if (!catalog) co_return std::unexpected(Failure(std::move(catalog).error()));
  const bool explain = statement.kind == sql::StatementKind::kExplain;
  co_return co_await run_blocking(service.deps.runtime, [&] {
    return run_plan(service, context, *statement.query, *catalog, database, explain, stop, run);
  });
}

// PREPARE, EXECUTE and DEALLOCATE work on the prepared statements of the workgroup.
Attempt<Answer> run_prepared(Service& service, const protocol::Context& context,
                             sql::Statement& statement, Execution& execution, std::string database,
                             std::stop_token stop, QueryRun& run) {
  const Records records = service.records(context);
  const std::string& workgroup = *execution.shown.work_group;
  const std::string name = statement.name.table;
  const auto failed = [](const Error& error) {
    Failure failure;
    failure.reason = "GENERIC_INTERNAL_ERROR: " + error.message;
    failure.category = 1;
    return failure;
  };
  if (statement.kind == sql::StatementKind::kPrepare) {
    api::PreparedStatement prepared;
    prepared.statement_name = name;
    prepared.work_group_name = workgroup;
    prepared.query_statement = statement.body;
    prepared.last_modified_time = service.deps.clock.now();
    auto saved = co_await records.save(std::move(prepared));
    if (!saved) co_return std::unexpected(failed(saved.error()));
    co_return Answer();
  }
  auto found = records.prepared(workgroup, name);
  if (!found) co_return std::unexpected(failed(found.error()));
  if (!*found) {
    co_return std::unexpected(Failure(sql::plain_error(
        "NOT_FOUND",
        fmt::format("PreparedStatement {} was not found in workGroup {}", name, workgroup))));
  }
  if (statement.kind == sql::StatementKind::kDeallocate) {
    auto gone = co_await records.erase_prepared(workgroup, name);
    if (!gone) co_return std::unexpected(failed(gone.error()));
    co_return Answer();
  }
  auto inner = sql::parse_statement((*found)->query_statement.value_or(""));
  if (!inner) co_return std::unexpected(Failure(std::move(inner).error()));
  Execution with_parameters = execution;
  if (!statement.parameters.empty()) {
    with_parameters.shown.execution_parameters = statement.parameters;
  }
  co_return co_await run_query(service, context, *inner, with_parameters, std::move(database), stop,
                               run);
}

protocol::Reply<void> put_text(s3::Client client, protocol::Context context,
                               api::ResultConfiguration results, std::string location,
                               std::string body, std::string content_type) {
  s3::api::PutObjectRequest request;
  apply_results(request, results);
  sql::split_location(location, request.bucket, request.key);
  request.content_length = static_cast<std::int64_t>(body.size());
  request.content_type = std::move(content_type);
  request.body = net::Body(std::move(body));
  CO_TRY_VOID(co_await client.put_object(std::move(context), std::move(request)));
  co_return protocol::ApiResult<void>();
}

// The result object, and the metadata beside it. A missing bucket ends the execution with a reason.
Attempt<void> write_results(Service& service, const protocol::Context& context,
                            const Execution& execution, const Answer& answer, bool planned) {
  const s3::Client client(service.deps.s3);
  const api::ResultConfiguration& results = *execution.shown.result_configuration;
  const std::string location = *results.output_location;
  const bool csv = location.ends_with(".csv");
  auto put =
      co_await put_text(client, context, results, location, answer.body,
                        planned || !csv ? "application/octet-stream" : "binary/octet-stream");
  if (put && answer.has_metadata) {
    put = co_await put_text(
        client, context, results, location + ".metadata",
        metadata_file(*execution.shown.query_execution_id, "", answer.update_count, answer.columns),
        "application/octet-stream");
  }
  if (put) co_return std::expected<void, Failure>();
  Failure failure;
  failure.reason = fmt::format("Unable to write results to {}: {} ({})", location,
                               put.error().message, put.error().code);
  failure.type = 1;
  co_return std::unexpected(std::move(failure));
}

void record_end(Execution& execution, const std::expected<Answer, Failure>& outcome,
                Timestamp now) {
  api::QueryExecutionStatus& status = *execution.shown.status;
  status.completion_date_time = now;
  if (outcome) {
    status.state = "SUCCEEDED";
    return;
  }
  const Failure& failure = outcome.error();
  status.state = failure.is_canceled ? "CANCELLED" : "FAILED";
  status.state_change_reason = failure.reason;
  if (failure.is_canceled) return;
  api::AthenaError& error = status.athena_error.emplace();
  error.error_category = failure.category;
  error.error_type = failure.type;
  error.retryable = false;
  error.error_message = failure.error_message.empty() ? failure.reason : failure.error_message;
}

void record_statistics(Execution& execution, const QueryRun& run, std::int64_t queued,
                       std::int64_t total) {
  api::QueryExecutionStatistics& statistics = execution.shown.statistics.emplace();
  statistics.data_scanned_in_bytes = static_cast<std::int64_t>(run.stats.bytes_scanned);
  statistics.engine_execution_time_in_millis = total;
  statistics.query_queue_time_in_millis = queued;
  statistics.total_execution_time_in_millis = total + queued;
  statistics.service_pre_processing_time_in_millis = 0;
  statistics.service_processing_time_in_millis = 0;
  if (run.has_tables) statistics.query_planning_time_in_millis = run.planning_millis;
  statistics.result_reuse_information.emplace();
  execution.rows_in = run.stats.rows_scanned;
}

void record_answer(Execution& execution, const Answer& answer) {
  execution.has_header = answer.has_header;
  execution.rows_out = answer.rows;
  execution.bytes_out = answer.body.size();
  execution.results.update_count = answer.update_count;
  api::ResultSetMetadata metadata;
  metadata.column_info = answer.columns;
  execution.results.result_set.emplace().result_set_metadata = std::move(metadata);
}

Attempt<Answer> run_statement(Service& service, const protocol::Context& context,
                              Execution& execution, std::stop_token stop, QueryRun& run) {
  auto statement = sql::parse_statement(*execution.shown.query);
  if (!statement) co_return std::unexpected(Failure(std::move(statement).error()));
  std::string database = "default";
  const auto& session = execution.shown.query_execution_context;
  if (session && session->database) database = to_lower(*session->database);
  using enum sql::StatementKind;
  if (statement->query && statement->kind != kCreateView) {
    co_return co_await run_query(service, context, *statement, execution, std::move(database), stop,
                                 run);
  }
  if (statement->kind == kPrepare || statement->kind == kExecute ||
      statement->kind == kDeallocate) {
    co_return co_await run_prepared(service, context, *statement, execution, std::move(database),
                                    stop, run);
  }
  co_return co_await run_catalog_statement(service, context, *statement, std::move(database));
}

// True when the execution is over, because the result of an earlier one could be taken over.
Task<bool> reuse_result(Service& service, const Running::Job& job, Execution& execution) {
  const Records records = service.records(job.context);
  const Timestamp now = service.deps.clock.now();
  auto previous = co_await run_blocking(service.deps.runtime,
                                        [&] { return find_reusable(records, execution, now); });
  if (!previous || !*previous) co_return false;
  std::string bucket, key;
  sql::split_location(*(*previous)->shown.result_configuration->output_location, bucket, key);
  const auto there =
      co_await read_object(s3::Client(service.deps.s3), job.context, bucket, key, 0, 1);
  if (!there || there->empty()) co_return false;  // Deleted since: the query runs.
  take_over(execution, **previous, service.deps.clock.now());
  (void)co_await records.save(execution);
  co_return true;
}

std::uint64_t scan_cutoff(const Records& records, const std::string& workgroup, Timestamp now) {
  const auto found = records.workgroup(workgroup, now);
  if (!found || !*found || !(*found)->configuration) return 0;
  return static_cast<std::uint64_t>(
      (*found)->configuration->bytes_scanned_cutoff_per_query.value_or(0));
}

Task<void> run_one(Service& service, const Running::Job& job) {
  const Records records = service.records(job.context);
  auto found = records.execution(job.id);
  if (!found || !*found) co_return;
  Execution execution = std::move(**found);
  const Timestamp started = service.deps.clock.now();
  const microseconds begin = service.deps.clock.monotonic();
  const std::int64_t queued =
      (started - *execution.shown.status->submission_date_time).count() / 1000;
  execution.shown.status->state = "RUNNING";
  if (!co_await records.save(execution)) co_return;
  if (co_await reuse_result(service, job, execution)) co_return;

  // The timer holds the stop only as long as the job does.
  Executor::current().post_after(service.options.query_timeout, [stop = std::weak_ptr(job.stop)] {
    if (const auto alive = stop.lock()) alive->request_stop();
  });
  QueryRun run;
  run.limit = {scan_cutoff(records, *execution.shown.work_group, started), *job.stop};
  auto outcome =
      co_await run_statement(service, job.context, execution, job.stop->get_token(), run);
  const microseconds elapsed = service.deps.clock.monotonic() - begin;
  if (outcome) {
    auto written =
        co_await write_results(service, job.context, execution, *outcome, run.has_tables);
    if (written) {
      record_answer(execution, *outcome);
    } else {
      outcome = std::unexpected(std::move(written).error());
    }
  } else if (outcome.error().is_canceled && elapsed >= service.options.query_timeout) {
    outcome.error().is_canceled = false;
    outcome.error().reason = "Query timeout";
  } else if (outcome.error().is_canceled && service.gate.stop_token().stop_requested()) {
    outcome.error().is_canceled = false;
    outcome.error().category = 1;
    outcome.error().reason = "The server ended while the query was running. Run it again.";
  } else if (outcome.error().is_hive) {
    // Hive leaves its complaint in the text file.
    const api::ResultConfiguration& results = *execution.shown.result_configuration;
    (void)co_await put_text(s3::Client(service.deps.s3), job.context, results,
                            *results.output_location, outcome.error().reason,
                            "application/octet-stream");
    record_answer(execution, Answer());
    execution.results.result_set->result_set_metadata.reset();
  }
  record_statistics(execution, run, queued, duration_cast<milliseconds>(elapsed).count());
  record_end(execution, outcome, service.deps.clock.now());
  (void)co_await records.save(std::move(execution));
}

}  // namespace

Task<void> run_jobs(Service& service, Running::Job job) {
  std::optional<Running::Job> next = std::move(job);
  while (next) {
    co_await run_one(service, *next);
    const std::string id = next->id;
    next = service.running.finish(id);
  }
}

Task<Status> cancel_queued(Service& service, Running::Job job) {
  const Records records = service.records(job.context);
  CO_TRY(auto found, records.execution(job.id));
  if (!found) co_return Status();
  Failure failure;
  failure.reason = "Query cancelled by user";
  failure.is_canceled = true;
  record_end(*found, std::unexpected(std::move(failure)), service.deps.clock.now());
  co_return co_await records.save(std::move(*found));
}

}  // namespace penstock::athena
