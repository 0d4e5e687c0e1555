// Reading and stopping executions.
#include "base/bytes.h"
#include "services/athena/athena.h"
#include "services/athena/errors.h"
#include "services/athena/operations.h"
#include "services/athena/run.h"

namespace penstock::athena {

using protocol::Reply;

Reply<api::GetQueryExecutionOutput> get_query_execution(Service& service,
                                                        const protocol::Context& context,
                                                        api::GetQueryExecutionInput input) {
  CO_TRY(auto found, service.records(context).execution(input.query_execution_id));
  if (!found) co_return std::unexpected(execution_not_found(input.query_execution_id));
  api::GetQueryExecutionOutput output;
  output.query_execution = std::move(found->shown);
  co_return output;
}

Reply<api::BatchGetQueryExecutionOutput> batch_get_query_execution(
    Service& service, const protocol::Context& context, api::BatchGetQueryExecutionInput input) {
  api::BatchGetQueryExecutionOutput output;
  auto& found = output.query_executions.emplace();
  auto& missing = output.unprocessed_query_execution_ids.emplace();
  for (const std::string& id : input.query_execution_ids) {
    CO_TRY(auto execution, service.records(context).execution(id));
    if (execution) {
      found.push_back(std::move(execution->shown));
      continue;
    }
    api::UnprocessedQueryExecutionId& unprocessed = missing.emplace_back();
    unprocessed.query_execution_id = id;
    unprocessed.error_code = "QUERY_EXECUTION_NOT_FOUND";
    unprocessed.error_message = "QueryExecution " + id + " was not found";
  }
  co_return output;
}

Reply<api::ListQueryExecutionsOutput> list_query_executions(Service& service,
                                                            const protocol::Context& context,
                                                            api::ListQueryExecutionsInput input) {
  const Records records = service.records(context);
  const std::string workgroup = input.work_group.value_or("primary");
  CO_TRY(const auto group, records.workgroup(workgroup, service.deps.clock.now()));
  if (!group) co_return std::unexpected(workgroup_not_found());
  std::string after;
  if (input.next_token) {
    const auto decoded = base64_decode(*input.next_token);
    if (!decoded) {
      co_return std::unexpected(invalid_input("Malformed nextPageToken " + *input.next_token));
    }
    after = *decoded;
  }
  const int asked = input.max_results.value_or(50);
  CO_TRY(auto ids, records.list_executions(workgroup, after,
                                           static_cast<std::size_t>(asked > 0 ? asked : 50)));
  api::ListQueryExecutionsOutput output;
  output.query_execution_ids = std::move(ids);
  if (!after.empty()) output.next_token = base64_encode(after);
  co_return output;
}

// Of what is over already nothing changes, and that is no error.
Reply<api::StopQueryExecutionOutput> stop_query_execution(Service& service,
                                                          const protocol::Context& context,
                                                          api::StopQueryExecutionInput input) {
  CO_TRY(const auto found, service.records(context).execution(input.query_execution_id));
  if (!found) co_return std::unexpected(execution_not_found(input.query_execution_id));
  if (auto waiting = service.running.stop(input.query_execution_id)) {
    CO_TRY_VOID(co_await cancel_queued(service, std::move(*waiting)));
  }
  co_return api::StopQueryExecutionOutput();
}

Reply<api::GetQueryRuntimeStatisticsOutput> get_query_runtime_statistics(
    Service& service, const protocol::Context& context, api::GetQueryRuntimeStatisticsInput input) {
  CO_TRY(const auto found, service.records(context).execution(input.query_execution_id));
  if (!found) co_return std::unexpected(execution_not_found(input.query_execution_id));
  api::GetQueryRuntimeStatisticsOutput output;
  auto& statistics = output.query_runtime_statistics.emplace();
  const api::QueryExecutionStatistics from =
      found->shown.statistics.value_or(api::QueryExecutionStatistics{});
  auto& timeline = statistics.timeline.emplace();
  timeline.query_queue_time_in_millis = from.query_queue_time_in_millis;
  timeline.query_planning_time_in_millis = from.query_planning_time_in_millis;
  timeline.engine_execution_time_in_millis = from.engine_execution_time_in_millis;
  timeline.service_processing_time_in_millis = from.service_processing_time_in_millis;
  timeline.total_execution_time_in_millis = from.total_execution_time_in_millis;
  if (found->shown.status->state == "SUCCEEDED") {
    auto& rows = statistics.rows.emplace();
    rows.input_rows = static_cast<std::int64_t>(found->rows_in);
    rows.input_bytes = from.data_scanned_in_bytes.value_or(0);
    rows.output_rows = static_cast<std::int64_t>(found->rows_out);
    rows.output_bytes = static_cast<std::int64_t>(found->bytes_out);
  }
  co_return output;
}

}  // namespace penstock::athena
