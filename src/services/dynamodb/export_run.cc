// Carrying out an export: the table's past, line by line, into data files in S3, then the
// manifests. Memory holds one part of one file; an export that a crash interrupted writes the same
// objects again.
#include <fmt/format.h>

#include "base/bytes.h"
#include "base/log.h"
#include "services/dynamodb/export_file.h"
#include "services/dynamodb/export_format.h"
#include "services/dynamodb/export_upload.h"
#include "services/dynamodb/journal.h"
#include "services/dynamodb/keys.h"
#include "services/dynamodb/past.h"
#include "services/dynamodb/transfers.h"

namespace penstock::dynamodb {
namespace {

constexpr std::size_t kLinesBytes = 1 << 20;     // Read and packed at a time.
constexpr std::size_t kPartBytes = 8 << 20;      // Packed, uploaded as one part.
constexpr std::size_t kFileTextBytes = 1 << 30;  // Before packing; then a new file begins.

JobFailure internal_failure(const Error& error) { return {"InternalServerError", error.message}; }

// The lines of an export, in pieces. On the blocking pool.
class ExportSource {
 public:
  ExportSource(Service& service, const ExportJob& job) : service_(service), job_(job) {}

  Status open();
  // Appends about kLinesBytes of lines. False: these were the last.
  Result<bool> read(std::string& out);
  std::int64_t lines() const { return lines_; }
  std::int64_t item_bytes() const { return item_bytes_; }

 private:
  bool as_ion() const { return job_.description.export_format == "ION"; }
  storage::Next enough(const std::string& out) const {
    return out.size() < kLinesBytes ? storage::Next::kContinue : storage::Next::kStop;
  }

  Service& service_;
  const ExportJob& job_;
  std::optional<PastItems> items_;
  std::optional<PastChanges> changes_;
  std::int64_t lines_ = 0;
  std::int64_t item_bytes_ = 0;
};

Status ExportSource::open() {
  const api::ExportDescription& description = job_.description;
  const PastSource source = past_source(job_.table);
  const auto before = [](Timestamp time) { return time - std::chrono::microseconds(1); };
  if (!is_incremental(description)) {
    TRY(const std::uint64_t position,
        journal_position(service_, source.journal, *description.export_time));
    items_.emplace(service_, source, position);
    return {};
  }
  const auto& window = *description.incremental_export_specification;
  TRY(const std::uint64_t after,
      journal_position(service_, source.journal, before(*window.export_from_time)));
  TRY(const std::uint64_t through,
      journal_position(service_, source.journal, before(*window.export_to_time)));
  changes_.emplace(service_, source, after, through);
  return {};
}

Result<bool> ExportSource::read(std::string& out) {
  if (changes_) {
    const bool with_old =
        job_.description.incremental_export_specification->export_view_type != "NEW_IMAGE";
    return changes_->read([&](ChangedItem item) {
      const std::size_t size = out.size();
      append_change_line(out, item, with_old, as_ion());
      if (out.size() > size) ++lines_;
      for (const auto& image : {&item.before, &item.after}) {
        if (*image) item_bytes_ += static_cast<std::int64_t>(item_size(**image));
      }
      return enough(out);
    });
  }
  Status status;
  const auto more = items_->read([&](std::string_view, std::string_view stored) {
    const auto item = decode_item(stored);
    if (!item) {
      status = std::unexpected(item.error());
      return storage::Next::kStop;
    }
    append_item_line(out, *item, as_ion());
    ++lines_;
    item_bytes_ += static_cast<std::int64_t>(item_size(*item));
    return enough(out);
  });
  if (!status) return std::unexpected(status.error());
  return more;
}

class ExportRun {
 public:
  ExportRun(Service& service, std::shared_ptr<const ExportJob> job)
      : service_(service), job_(std::move(job)), source_(service, *job_) {}

  // The description of the export as it ended well.
  Task<JobResult<api::ExportDescription>> run();

 private:
  Task<JobResult<void>> write_file();
  Task<JobResult<DataFile>> fill_file(ExportUpload& upload, std::string key);
  Task<JobResult<void>> write_manifest(std::string name, std::string text);

  Service& service_;
  const std::shared_ptr<const ExportJob> job_;
  ExportSource source_;
  std::string files_manifest_;
  std::size_t files_ = 0;
  bool more_ = true;
};

Task<JobResult<api::ExportDescription>> ExportRun::run() {
  CO_TRY_VOID(co_await put_export_object(
      service_, *job_, export_directory(job_->description) + "_started", "", "text/plain"));
  const Status opened =
      co_await run_blocking(service_.deps.runtime, [this] { return source_.open(); });
  if (!opened) co_return std::unexpected(internal_failure(opened.error()));
  while (more_) CO_TRY_VOID(co_await write_file());
  CO_TRY_VOID(co_await write_manifest("manifest-files", files_manifest_));
  api::ExportDescription ended = job_->description;
  ended.export_status = "COMPLETED";
  ended.end_time = service_.deps.clock.now();
  ended.item_count = source_.lines();
  ended.billed_size_bytes = source_.item_bytes();
  ended.export_manifest = export_directory(ended) + "manifest-summary.json";
  CO_TRY_VOID(co_await write_manifest("manifest-summary", summary_manifest(ended)));
  co_return ended;
}

Task<JobResult<void>> ExportRun::write_file() {
  const std::string key = data_file_key(job_->description, files_);
  ExportUpload upload(service_, *job_, key);
  auto file = co_await fill_file(upload, key);
  if (!file) {
    co_await upload.abort();
    co_return std::unexpected(std::move(file).error());
  }
  ++files_;
  append_manifest_line(files_manifest_, *file);
  co_return JobResult<void>();
}

Task<JobResult<DataFile>> ExportRun::fill_file(ExportUpload& upload, std::string key) {
  CO_TRY_VOID(co_await upload.begin());
  ExportFile file;
  const std::int64_t lines_before = source_.lines();
  while (more_ && file.text_bytes() < kFileTextBytes) {
    const auto more = co_await run_blocking(service_.deps.runtime, [this, &file] {
      std::string lines;
      auto read = source_.read(lines);
      file.append(lines);
      return read;
    });
    if (!more) co_return std::unexpected(internal_failure(more.error()));
    more_ = *more;
    if (file.ready_bytes() >= kPartBytes) {
      CO_TRY_VOID(co_await upload.add_part(file.take_ready()));
    }
    if (service_.gate.stop_token().stop_requested()) co_return std::unexpected(JobFailure());
  }
  file.finish();
  CO_TRY_VOID(co_await upload.add_part(file.take_ready()));
  CO_TRY(std::string etag, co_await upload.complete());
  co_return DataFile{std::move(key), std::move(etag), file.md5_text(),
                     source_.lines() - lines_before};
}

Task<JobResult<void>> ExportRun::write_manifest(std::string name, std::string text) {
  const std::string path = export_directory(job_->description) + name;
  std::string digest = base64_encode(md5(text));
  CO_TRY_VOID(co_await put_export_object(service_, *job_, path + ".json", std::move(text),
                                         "application/json"));
  co_return co_await put_export_object(service_, *job_, path + ".md5", std::move(digest),
                                       "text/plain");
}

// What the export was asked for may be gone when it is resumed.
bool has_past(const Service& service, const ExportJob& job) {
  const TablePtr live =
      service.registry.find_table(job.place.account, job.place.region, job.table.name);
  return live != nullptr && live->table.number == job.table.number && live->table.journal &&
         job.table.journal && live->table.journal->number == job.table.journal->number;
}

Task<JobResult<api::ExportDescription>> carry_out(Service& service,
                                                  std::shared_ptr<const ExportJob> job) {
  if (service.deps.s3 == nullptr) {
    co_return std::unexpected(JobFailure{"InternalServerError", "There is no S3 to write to"});
  }
  if (!has_past(service, *job)) {
    co_return std::unexpected(
        JobFailure{"InternalServerError", "The past of the table is not there any more"});
  }
  ExportRun run(service, job);
  co_return co_await run.run();
}

Task<void> export_job(Service& service, std::string arn) {
  const auto slot = co_await service.transfers->slots.enter(hash_bytes(arn));
  const std::shared_ptr<const ExportJob> job = service.transfers->exports.find(arn);
  if (job == nullptr || service.gate.stop_token().stop_requested()) co_return;
  auto outcome = co_await carry_out(service, job);
  if (!outcome && outcome.error().code.empty()) co_return;
  auto ended = std::make_shared<ExportJob>(*job);
  ended->running = false;
  if (outcome) {
    ended->description = std::move(*outcome);
  } else {
    ended->description.export_status = "FAILED";
    ended->description.end_time = service.deps.clock.now();
    ended->description.failure_code = outcome.error().code;
    ended->description.failure_message = outcome.error().message;
  }
  storage::Batch batch;
  batch.put(storage::Family::kMeta, export_key(job->place, job->table.name, job->id()),
            encode_job(ended->stored()));
  const Status stored = co_await service.deps.store.commit(std::move(batch));
  if (!stored) {
    log::error("dynamodb", "the end of an export could not be written",
               {{"export", arn}, {"error", stored.error().message}});
    co_return;
  }
  service.transfers->exports.put(std::move(ended));
}

}  // namespace

void start_export(Service& service, std::string arn) {
  service.gate.spawn(service.deps.runtime.next_loop(), export_job(service, std::move(arn)));
}

}  // namespace penstock::dynamodb
