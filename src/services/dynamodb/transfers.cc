// What imports and exports have in common: loading, resuming, forgetting.
#include "services/dynamodb/transfers.h"

#include <fmt/format.h>

#include "async/runners.h"
#include "base/log.h"
#include "services/dynamodb/keys.h"
#include "storage/key.h"

namespace penstock::dynamodb {
namespace {

using storage::Family;

constexpr std::chrono::hours kJobLife{90 * 24};  // After its end.
constexpr std::chrono::hours kForgetInterval{1};
constexpr int kServerErrors = 500;
constexpr int kTooManyRequests = 429;

template <typename Description>
Status load_jobs(Service& service, const std::string& prefix, Jobs<Description>& jobs,
                 std::string (*arn_of)(const Description&), bool (*runs)(const Description&)) {
  Status status;
  TRY_VOID(service.deps.store.scan(
      Family::kMeta, prefix, storage::prefix_end(prefix),
      [&](std::string_view, std::string_view value) {
        const auto stored = decode_job(value);
        auto job = stored ? Job<Description>::from(*stored)
                          : Result<Job<Description>>(std::unexpected(stored.error()));
        if (!job) {
          status = std::unexpected(job.error());
          return storage::Next::kStop;
        }
        job->arn = arn_of(job->description);
        job->running = runs(job->description);
        jobs.put(std::make_shared<const Job<Description>>(std::move(*job)));
        return storage::Next::kContinue;
      }));
  return status;
}

template <typename Description>
void forget_old(Jobs<Description>& jobs, Timestamp horizon, storage::Batch& batch,
                std::string (*key)(const Place&, std::string_view, std::string_view)) {
  const auto old = jobs.select([horizon](const Job<Description>& job) {
    return !job.running && job.description.end_time && *job.description.end_time < horizon;
  });
  for (const auto& job : old) {
    batch.erase(Family::kMeta, key(job->place, job->table.name, job->id()));
    jobs.erase(job->arn);
  }
}

Status forget_jobs(Service& service) {
  storage::Batch batch;
  const Timestamp horizon = service.deps.clock.now() - kJobLife;
  forget_old(service.transfers->imports, horizon, batch, import_key);
  forget_old(service.transfers->exports, horizon, batch, export_key);
  if (batch.empty()) return {};
  return service.deps.store.commit_blocking(std::move(batch));
}

}  // namespace

JobFailure failure_of(const protocol::ApiError& error) {
  if (error.code == "NoSuchBucket") {
    return {"S3NoSuchBucket",
            fmt::format("The specified bucket does not exist (Error Code: {})", error.code)};
  }
  if (error.code.starts_with("AccessDenied")) return {"S3AccessDenied", error.message};
  if (is_passing(error)) return {"InternalServerError", error.message};
  return {"S3" + error.code, error.message};
}

bool is_passing(const protocol::ApiError& error) {
  return error.status >= kServerErrors || error.status == kTooManyRequests;
}

Status load_transfers(Service& service) {
  TRY_VOID(load_jobs<api::ImportTableDescription>(
      service, imports_prefix(), service.transfers->imports,
      [](const api::ImportTableDescription& d) { return d.import_arn.value_or(""); },
      [](const api::ImportTableDescription& d) { return d.import_status == "IN_PROGRESS"; }));
  return load_jobs<api::ExportDescription>(
      service, exports_prefix(), service.transfers->exports,
      [](const api::ExportDescription& d) { return d.export_arn.value_or(""); },
      [](const api::ExportDescription& d) { return d.export_status == "IN_PROGRESS"; });
}

void start_transfers(Service& service) {
  for (const auto& job : service.transfers->imports.select(
           [](const ImportJob& candidate) { return candidate.running; })) {
    start_import(service, job->arn);
  }
  for (const auto& job : service.transfers->exports.select(
           [](const ExportJob& candidate) { return candidate.running; })) {
    start_export(service, job->arn);
  }
  Runtime& runtime = service.deps.runtime;
  runtime.runners().start_every(
      service.gate, runtime.next_loop(), "dynamodb/jobs", kForgetInterval, [&runtime, &service] {
        return run_blocking(runtime, [&service] { return forget_jobs(service); });
      });
}

bool import_reserves(const Service& service, const Place& place, std::string_view table) {
  return !service.transfers->imports
              .select([&place, table](const ImportJob& job) {
                return job.running && job.place == place && job.table.name == table;
              })
              .empty();
}

}  // namespace penstock::dynamodb
