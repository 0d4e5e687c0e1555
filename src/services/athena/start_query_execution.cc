// StartQueryExecution: what is refused at once, the ClientRequestToken, and the place in the line.
#include <fmt/core.h>

#include "base/bytes.h"
#include "services/athena/athena.h"
#include "services/athena/ddl.h"
#include "services/athena/errors.h"
#include "services/athena/operations.h"
#include "services/athena/result_settings.h"
#include "services/athena/run.h"
#include "sql/statement.h"

namespace penstock::athena {
namespace {

using protocol::ApiResult;
using protocol::Reply;

constexpr std::size_t kQueryBytesMax = 262'144;
constexpr std::int32_t kReuseMinutes = 60;  // AWS's default age of a result that is used again.

// What a token stands for: everything that a client may not change when it repeats the request.
std::string fingerprint_of(const api::StartQueryExecutionInput& input) {
  const auto& session = input.query_execution_context;
  const auto& results = input.result_configuration;
  std::string text = fmt::format(
      "{}\n{}\n{}\n{}\n{}", input.query_string,
      session && session->database ? to_lower(*session->database) : "default",
      session ? session->catalog.value_or("") : "",
      results ? results->output_location.value_or("") : "", input.work_group.value_or("primary"));
  for (const std::string& parameter :
       input.execution_parameters.value_or(std::vector<std::string>{})) {
    text += "\n" + parameter;
  }
  return to_hex(sha256(text));
}

std::string file_name(const sql::Statement& statement, const std::string& id) {
  using enum sql::StatementKind;
  const bool rows = statement.kind == kQuery || statement.kind == kExecute;
  return id + (rows ? ".csv" : ".txt");
}

// The statements that look their table up before an execution comes into being.
Reply<void> check_table(Service& service, const protocol::Context& context,
                        const sql::Statement& statement, std::string database) {
  using enum sql::StatementKind;
  if (statement.kind != kDescribe && statement.kind != kShowColumns) co_return ApiResult<void>();
  if (!statement.name.catalog.empty() && statement.name.catalog != "awsdatacatalog") {
    co_return std::unexpected(
        invalid_request("DATACATALOG_NOT_FOUND",
                        fmt::format("Catalog '{}' does not exist", statement.name.catalog)));
  }
  glue::api::GetTableRequest request;
  request.database_name = statement.name.database.empty() ? database : statement.name.database;
  request.name = statement.name.table;
  auto found = co_await glue::Client(service.deps.glue).get_table(context, std::move(request));
  if (!found && is_entity_not_found(found.error())) {
    co_return std::unexpected(invalid_input(
        fmt::format("Entity Not Found (Service: AmazonDataCatalog; Status Code: 400; Error Code: "
                    "EntityNotFoundException; Request ID: {}; Proxy: null)",
                    context.request_id)));
  }
  if (!found) co_return std::unexpected(std::move(found).error());
  co_return ApiResult<void>();
}

Execution make_execution(const api::StartQueryExecutionInput& input,
                         const sql::Statement& statement, const std::string& id,
                         api::ResultConfiguration results, Timestamp now) {
  Execution execution;
  api::QueryExecution& shown = execution.shown;
  shown.query_execution_id = id;
  shown.query = input.query_string;
  shown.statement_type = statement.statement_type();
  shown.substatement_type = statement.substatement_type();
  *results.output_location += file_name(statement, id);
  shown.result_configuration = std::move(results);
  shown.result_reuse_configuration =
      input.result_reuse_configuration.value_or(api::ResultReuseConfiguration{});
  if (!shown.result_reuse_configuration->result_reuse_by_age_configuration) {
    shown.result_reuse_configuration->result_reuse_by_age_configuration.emplace();
  }
  auto& reuse = *shown.result_reuse_configuration->result_reuse_by_age_configuration;
  if (reuse.enabled && !reuse.max_age_in_minutes) reuse.max_age_in_minutes = kReuseMinutes;
  shown.query_execution_context = input.query_execution_context;
  if (shown.query_execution_context && shown.query_execution_context->catalog) {
    shown.query_execution_context->catalog = to_lower(*shown.query_execution_context->catalog);
  }
  shown.status.emplace();
  shown.status->state = "QUEUED";
  shown.status->submission_date_time = now;
  shown.statistics.emplace();
  shown.work_group = input.work_group.value_or("primary");
  shown.engine_version.emplace();
  shown.engine_version->selected_engine_version = "AUTO";
  shown.engine_version->effective_engine_version = "Athena engine version 3";
  shown.execution_parameters = input.execution_parameters;
  return execution;
}

}  // namespace

Reply<api::StartQueryExecutionOutput> start_query_execution(Service& service,
                                                            const protocol::Context& context,
                                                            api::StartQueryExecutionInput input) {
  const std::string token = input.client_request_token.value_or("");
  if (token.empty()) {
    co_return std::unexpected(invalid_input("clientRequestToken is null or empty"));
  }
  if (input.query_string.size() > kQueryBytesMax) {
    co_return std::unexpected(invalid_input(
        fmt::format("Query string is longer than the limit of {} bytes", kQueryBytesMax)));
  }
  auto statement = sql::parse_statement(input.query_string);
  if (!statement) {
    co_return std::unexpected(invalid_request("MALFORMED_QUERY", statement.error().message));
  }
  const Timestamp now = service.deps.clock.now();
  const Records records = service.records(context);
  CO_TRY(const auto workgroup, records.workgroup(input.work_group.value_or("primary"), now));
  if (!workgroup) co_return std::unexpected(workgroup_not_found());
  if (workgroup->state == "DISABLED") {
    co_return std::unexpected(
        invalid_input(fmt::format("WorkGroup {} is disabled.", workgroup->name)));
  }
  if (input.engine_configuration) {
    co_return std::unexpected(invalid_input("EngineConfiguration is not supported by this server"));
  }
  CO_TRY(const auto results, effective_results(input.result_configuration, *workgroup));
  std::string database = "default";
  if (input.query_execution_context && input.query_execution_context->database) {
    database = to_lower(*input.query_execution_context->database);
  }
  CO_TRY_VOID(co_await check_table(service, context, *statement, database));

  const std::string fingerprint = fingerprint_of(input);
  auto turn = co_await service.turns.enter(hash_bytes(context.account + context.region + token));
  CO_TRY(const auto use, records.token(token));
  api::StartQueryExecutionOutput output;
  if (use) {
    if (use->fingerprint != fingerprint) {
      co_return std::unexpected(
          invalid_request("IDEMPOTENT_PARAMETER_MISMATCH", "Idempotent parameters do not match"));
    }
    output.query_execution_id = use->execution_id;
    co_return output;
  }
  const std::string id = service.deps.random.uuid();
  Execution execution = make_execution(input, *statement, id, results, now);
  execution.principal_arn = context.principal_arn;
  // The turn is held to the end: the same token again must meet the record.
  CO_TRY_VOID(co_await records.create(std::move(execution), token, TokenUse{id, fingerprint}));
  Running::Job job{context, id, std::make_shared<std::stop_source>()};
  std::optional<Running::Job> start;
  if (!service.running.admit(job, start)) {
    CO_TRY_VOID(co_await cancel_queued(service, std::move(job)));
    co_return std::unexpected(too_many_queries());
  }
  if (start) {
    service.gate.spawn(service.deps.runtime.next_loop(), run_jobs(service, std::move(*start)));
  }
  output.query_execution_id = id;
  co_return output;
}

}  // namespace penstock::athena
