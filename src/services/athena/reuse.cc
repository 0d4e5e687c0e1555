// Which earlier result a query may take over. The rules are AWS's, with one more: a result that was
// itself taken over is passed by, so that MaxAgeInMinutes is the age of the data.
#include "services/athena/reuse.h"

#include "base/bytes.h"

namespace penstock::athena {
namespace {

constexpr std::size_t kExecutionsMax = 1'000, kExecutionsPage = 100;

std::string folder_of(const api::ResultConfiguration& results) {
  const std::string location = results.output_location.value_or("");
  return location.substr(0, location.rfind('/') + 1);
}

bool same_settings(const api::ResultConfiguration& a, const api::ResultConfiguration& b) {
  const auto encryption = [](const api::ResultConfiguration& r) {
    return r.encryption_configuration ? r.encryption_configuration->encryption_option : "";
  };
  return folder_of(a) == folder_of(b) && encryption(a) == encryption(b) &&
         a.expected_bucket_owner == b.expected_bucket_owner &&
         a.acl_configuration.has_value() == b.acl_configuration.has_value();
}

bool same_session(const std::optional<api::QueryExecutionContext>& a,
                  const std::optional<api::QueryExecutionContext>& b) {
  const auto database = [](const auto& c) {
    return c && c->database ? to_lower(*c->database) : std::string("default");
  };
  const auto catalog = [](const auto& c) {
    return c && c->catalog ? *c->catalog : std::string("awsdatacatalog");
  };
  return database(a) == database(b) && catalog(a) == catalog(b);
}

bool ran_itself(const api::QueryExecution& e) {
  return e.status->state == "SUCCEEDED" && e.statistics &&
         !(e.statistics->result_reuse_information &&
           e.statistics->result_reuse_information->reused_previous_result);
}

bool is_reusable(const api::QueryExecution& previous, const api::QueryExecution& wanted,
                 Timestamp oldest) {
  return ran_itself(previous) && *previous.status->completion_date_time >= oldest &&
         previous.query == wanted.query && previous.substatement_type == "SELECT" &&
         previous.execution_parameters == wanted.execution_parameters &&
         same_session(previous.query_execution_context, wanted.query_execution_context) &&
         same_settings(*previous.result_configuration, *wanted.result_configuration);
}

}  // namespace

Result<std::optional<Execution>> find_reusable(const Records& records, const Execution& execution,
                                               Timestamp now) {
  const api::QueryExecution& wanted = execution.shown;
  const auto& by_age = wanted.result_reuse_configuration->result_reuse_by_age_configuration;
  if (!by_age || !by_age->enabled || wanted.substatement_type != "SELECT") return std::nullopt;
  const Timestamp oldest = now - std::chrono::minutes(*by_age->max_age_in_minutes);
  std::string after;
  for (std::size_t seen = 0; seen < kExecutionsMax; seen += kExecutionsPage) {
    TRY(const std::vector<std::string> ids,
        records.list_executions(*wanted.work_group, after, kExecutionsPage));
    for (const std::string& id : ids) {
      TRY(auto previous, records.execution(id));
      if (previous && is_reusable(previous->shown, wanted, oldest)) return previous;
    }
    if (after.empty()) break;
  }
  return std::nullopt;
}

void take_over(Execution& execution, const Execution& previous, Timestamp now) {
  execution.results = previous.results;
  execution.has_header = previous.has_header;
  execution.rows_out = previous.rows_out;
  execution.bytes_out = previous.bytes_out;
  api::QueryExecution& shown = execution.shown;
  shown.result_configuration->output_location =
      previous.shown.result_configuration->output_location;
  shown.status->state = "SUCCEEDED";
  shown.status->completion_date_time = now;
  api::QueryExecutionStatistics& statistics = shown.statistics.emplace();
  const std::int64_t total = (now - *shown.status->submission_date_time).count() / 1000;
  statistics.data_scanned_in_bytes = 0;
  statistics.engine_execution_time_in_millis = 0;
  statistics.query_queue_time_in_millis = 0;
  statistics.service_pre_processing_time_in_millis = total;
  statistics.service_processing_time_in_millis = 0;
  statistics.total_execution_time_in_millis = total;
  statistics.result_reuse_information.emplace().reused_previous_result = true;
}

}  // namespace penstock::athena
