// ExportTableToPointInTime, DescribeExport, ListExports. The work itself is in export_run.cc.
//
// As AWS does, the bucket is looked at only afterwards. Where a wording is not recorded, a line
// says so.
#include <fmt/format.h>

#include "services/dynamodb/errors.h"
#include "services/dynamodb/export_format.h"
#include "services/dynamodb/keys.h"
#include "services/dynamodb/limits.h"
#include "services/dynamodb/operations.h"
#include "services/dynamodb/recovery.h"
#include "services/dynamodb/transfers.h"

namespace penstock::dynamodb {
namespace {

constexpr std::size_t kExportsPageMax = 25;
constexpr std::chrono::hours kExportTokenLife{8};
constexpr std::chrono::minutes kWindowMin{15};
constexpr std::chrono::hours kWindowMax{24};

std::unexpected<ApiError> bad_time(std::string message) {
  return protocol::refuse("InvalidExportTimeException", std::move(message));
}

std::unexpected<ApiError> bad_request(std::string_view what) {
  return invalid(fmt::format("Invalid Request: {}", what));
}

ApiResult<TablePtr> look_up_for_export(Service& service, const Context& context,
                                       const std::string& arn) {
  const std::string prefix = table_arn(context.place(), {});
  if (!arn.starts_with("arn:aws:dynamodb:") || arn.find(":table/") == std::string::npos) {
    return bad_request("Table ARN is invalid.");
  }
  TablePtr live;
  if (arn.starts_with(prefix)) {
    live = service.registry.find_table(context.account, context.region,
                                       std::string_view(arn).substr(prefix.size()));
  }
  if (live == nullptr) {
    return protocol::refuse("TableNotFoundException", fmt::format("Table not found: {}", arn));
  }
  return live;
}

// The wordings that are not in the comments of AWS's models are deduced.
ApiResult<void> check_export(const Service& service, const api::ExportTableToPointInTimeInput& in) {
  if (service.deps.s3 == nullptr) return not_supported("ExportTableToPointInTime without S3");
  const bool incremental = in.export_type == "INCREMENTAL_EXPORT";
  if (in.s3_sse_kms_key_id && in.s3_sse_algorithm != "KMS") {
    return bad_request("KMS Key Id is not supported for this encryption type");
  }
  if (in.s3_sse_algorithm == "KMS") return not_supported("S3SseAlgorithm KMS");
  if (incremental && in.export_time) {
    return bad_request("ExportTime is not supported for INCREMENTAL_EXPORT");
  }
  if (!incremental && in.incremental_export_specification) {
    return bad_request("IncrementalExportSpecification is not supported for FULL_EXPORT");
  }
  if (!incremental) return {};
  if (!in.incremental_export_specification) {
    return bad_request("IncrementalExportSpecification must be provided for INCREMENTAL_EXPORT");
  }
  if (!in.incremental_export_specification->export_from_time) {
    return bad_request("ExportFromTime must be provided in IncrementalExportSpecification");
  }
  return {};
}

ApiResult<void> check_moment(const Table& table, Timestamp at, Timestamp now) {
  // Moments are named by the second: the one in which recovery began is in the window.
  const Timestamp oldest =
      std::max(table.recovery->since, now - std::chrono::days(table.recovery->days));
  if (at.seconds() >= oldest.seconds() && at <= now) return {};
  return bad_time("The specified ExportTime is outside of the point in time recovery window.");
}

ApiResult<void> check_window(const Table& table, api::IncrementalExportSpecification& window,
                             Timestamp now) {
  const Timestamp from = *window.export_from_time;
  const Timestamp to = window.export_to_time.value_or(now);
  if (from >= to) return bad_time("ExportFromTime must be before ExportToTime");
  if (to - from < kWindowMin) {
    return bad_time(
        "Difference between export period from time and to time is less than 15 minutes");
  }
  if (to - from > kWindowMax) {
    return bad_time(
        "Difference between export period from time and to time is greater than 24 hours");
  }
  TRY_VOID(check_moment(table, from, now));
  TRY_VOID(check_moment(table, to, now));
  window.export_to_time = to;
  if (!window.export_view_type) window.export_view_type = "NEW_AND_OLD_IMAGES";
  return {};
}

// What makes two requests with one token the same.
std::string request_text(const api::ExportTableToPointInTimeInput& input) {
  api::ExportTableToPointInTimeInput plain = input;
  plain.client_token.reset();
  return description_json(api::ExportTableToPointInTimeInput::shape(), &plain);
}

// The export that the request repeats, a refusal, or nothing.
ApiResult<std::shared_ptr<const ExportJob>> find_export(
    const Service& service, const Place& place, const api::ExportTableToPointInTimeInput& input,
    const std::string& request) {
  const Timestamp horizon = service.deps.clock.now() - kExportTokenLife;
  std::size_t running = 0;
  const auto jobs = service.transfers->exports.select([&](const ExportJob& job) {
    if (job.place != place) return false;
    if (job.running) ++running;
    return input.client_token && job.description.client_token == input.client_token &&
           (job.running || !job.description.end_time || *job.description.end_time > horizon);
  });
  if (!jobs.empty()) {
    if (jobs.front()->request == request) return jobs.front();
    return protocol::refuse(
        "ExportConflictException",
        "Export conflict: Duplicate request detected with conflicting parameters");
  }
  if (running >= kRunningExportsMax) {
    return limit_exceeded(
        fmt::format("Subscriber limit exceeded: There is a limit of {} simultaneous exports",
                    kRunningExportsMax));
  }
  return nullptr;
}

api::ExportDescription new_export(Service& service, api::ExportTableToPointInTimeInput input,
                                  const Table& table, Timestamp now) {
  api::ExportDescription out;
  out.export_arn =
      fmt::format("{}/export/{}", table.arn(), make_job_id(now, service.deps.random.next()));
  out.export_status = "IN_PROGRESS";
  out.start_time = now;
  out.table_arn = table.arn();
  out.table_id = table.id;
  if (input.export_type != "INCREMENTAL_EXPORT") out.export_time = input.export_time.value_or(now);
  out.client_token = input.client_token ? *input.client_token : service.deps.random.uuid();
  out.s3_bucket = std::move(input.s3_bucket);
  out.s3_bucket_owner = std::move(input.s3_bucket_owner);
  out.s3_prefix = std::move(input.s3_prefix);
  out.s3_sse_algorithm = input.s3_sse_algorithm.value_or("AES256");
  out.s3_sse_kms_key_id = std::move(input.s3_sse_kms_key_id);
  out.export_format = input.export_format.value_or("DYNAMODB_JSON");
  out.export_type = std::move(input.export_type);  // Shown only when it was named.
  out.incremental_export_specification = std::move(input.incremental_export_specification);
  return out;
}

}  // namespace

Reply<api::ExportTableToPointInTimeOutput> export_table_to_point_in_time(
    Service& service, const Context& context, api::ExportTableToPointInTimeInput input) {
  CO_TRY_VOID(check_export(service, input));
  const std::string request = request_text(input);
  const auto turn =
      co_await service.control_turns.enter(hash_bytes(export_key(context.place(), "", "")));
  CO_TRY(const std::shared_ptr<const ExportJob> repeated,
         find_export(service, context.place(), input, request));
  api::ExportTableToPointInTimeOutput output;
  if (repeated != nullptr) {
    output.export_description = repeated->description;
    co_return output;
  }
  CO_TRY(const TablePtr live, look_up_for_export(service, context, input.table_arn));
  const Table& table = live->table;
  if (!table.recovery || !table.journal) {
    co_return protocol::refuse(
        "PointInTimeRecoveryUnavailableException",
        fmt::format("Point in time recovery is not enabled for table '{}'", table.name));
  }
  const Timestamp now = service.deps.clock.now();
  if (input.export_time) CO_TRY_VOID(check_moment(table, *input.export_time, now));
  if (input.incremental_export_specification) {
    CO_TRY_VOID(check_window(table, *input.incremental_export_specification, now));
  }
  auto job = std::make_shared<ExportJob>();
  job->place = context.place();
  job->principal_arn = context.principal_arn;
  job->description = new_export(service, std::move(input), table, now);
  job->arn = *job->description.export_arn;
  job->table = table;
  job->request = request;
  job->running = true;
  storage::Batch batch;
  batch.put(storage::Family::kMeta, export_key(job->place, table.name, job->id()),
            encode_job(job->stored()));
  CO_TRY_VOID(co_await service.deps.store.commit(std::move(batch)));
  service.transfers->exports.put(job);
  start_export(service, job->arn);
  output.export_description = job->description;
  co_return output;
}

Reply<api::DescribeExportOutput> describe_export(Service& service, const Context& context,
                                                 api::DescribeExportInput input) {
  if (!is_job_arn(input.export_arn, "export")) co_return invalid("Invalid Export ARN");
  const auto job = service.transfers->exports.find(input.export_arn);
  if (job == nullptr || job->place != context.place()) {
    co_return protocol::refuse("ExportNotFoundException",
                               fmt::format("Export not found: {}", input.export_arn));
  }
  api::DescribeExportOutput output;
  output.export_description = job->description;
  co_return output;
}

Reply<api::ListExportsOutput> list_exports(Service& service, const Context& context,
                                           api::ListExportsInput input) {
  std::string after;
  if (input.next_token) {
    auto read = read_job_token(*input.next_token);
    if (!read) {
      co_return bad_request(fmt::format("Provided nextToken is invalid: {}", *input.next_token));
    }
    after = std::move(*read);
  }
  const std::string prefix =
      input.table_arn ? *input.table_arn + "/export/" : table_arn(context.place(), {});
  const std::size_t limit =
      input.max_results ? static_cast<std::size_t>(*input.max_results) : kExportsPageMax;
  auto page = service.transfers->exports.page(context.place(), prefix, after, limit);
  api::ListExportsOutput output;
  output.next_token = std::move(page.next_token);
  auto& summaries = output.export_summaries.emplace();
  for (const auto& job : page.jobs) {
    api::ExportSummary summary;
    summary.export_arn = job->arn;
    summary.export_status = job->description.export_status;
    summary.export_type = job->description.export_type.value_or("FULL_EXPORT");
    summaries.push_back(std::move(summary));
  }
  co_return output;
}

}  // namespace penstock::dynamodb
