// StartQueryExecution, polling, and the pages of the result.
#include "cli/athena_query.h"

#include "gen/athena/client.h"

namespace penstock::cli {
namespace {

using protocol::ApiResult;

constexpr int kPolls = 36'000;  // An hour at most, with the pause below.

Task<ApiResult<QueryAnswer>> query(Session& session, QueryRequest request) {
  const athena::Client client = session.client<athena::Client>();
  const protocol::Context context = session.context();
  athena::api::StartQueryExecutionInput start;
  start.query_string = request.sql;
  if (!request.database.empty())
    start.query_execution_context.emplace().database = request.database;
  if (!request.output.empty())
    start.result_configuration.emplace().output_location = request.output;
  CO_TRY(auto started, co_await client.start_query_execution(context, std::move(start)));
  const std::string id = started.query_execution_id.value_or("");
  QueryAnswer answer;
  for (int i = 0; i < kPolls; ++i) {
    athena::api::GetQueryExecutionInput question;
    question.query_execution_id = id;
    CO_TRY(auto reply, co_await client.get_query_execution(context, std::move(question)));
    const auto& execution = reply.query_execution;
    const std::string state =
        execution && execution->status ? execution->status->state.value_or("") : std::string();
    if (state == "FAILED" || state == "CANCELLED") {
      co_return protocol::refuse("QueryFailed",
                                 execution->status->state_change_reason.value_or(state));
    }
    if (state == "SUCCEEDED") {
      if (execution->statistics) {
        answer.scanned_bytes = execution->statistics->data_scanned_in_bytes.value_or(0);
        answer.engine_millis = execution->statistics->engine_execution_time_in_millis.value_or(0);
      }
      break;
    }
    co_await sleep_for(std::chrono::milliseconds(i < 20 ? 10 : 100));
  }
  std::optional<std::string> token;
  std::vector<std::string> names;
  do {
    athena::api::GetQueryResultsInput page;
    page.query_execution_id = id;
    page.next_token = token;
    CO_TRY(auto reply, co_await client.get_query_results(context, std::move(page)));
    if (reply.result_set && reply.result_set->result_set_metadata && names.empty()) {
      for (const auto& column : reply.result_set->result_set_metadata->column_info.value_or(
               std::vector<athena::api::ColumnInfo>())) {
        names.push_back(column.name);
      }
    }
    if (reply.result_set && reply.result_set->rows) {
      for (const auto& row : *reply.result_set->rows) {
        std::vector<std::string> values;
        for (const auto& datum : row.data.value_or(std::vector<athena::api::Datum>()))
          values.push_back(datum.var_char_value.value_or(""));
        answer.rows.push_back(std::move(values));
      }
    }
    token = reply.next_token;
  } while (token);
  // A SELECT's first row is its header; DDL and SHOW have none.
  if (!names.empty() && (answer.rows.empty() || answer.rows[0] != names)) {
    answer.rows.insert(answer.rows.begin(), names);
  }
  co_return answer;
}

}  // namespace

ApiResult<QueryAnswer> run_query(Session& session, QueryRequest request) {
  return session.run(query(session, std::move(request)));
}

}  // namespace penstock::cli
