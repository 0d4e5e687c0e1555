// Carrying out an import: the objects of the prefix one after the other, their items straight into
// the store. The table appears with the last of them, in one commit with the import's end, so that
// nobody ever sees a part of it; what a server left behind in the middle is erased and done again.
#include <fmt/format.h>

#include <map>

#include "base/log.h"
#include "gen/s3/client.h"
#include "services/dynamodb/import_format.h"
#include "services/dynamodb/import_log.h"
#include "services/dynamodb/item.h"
#include "services/dynamodb/keys.h"
#include "services/dynamodb/limits.h"
#include "services/dynamodb/transfers.h"
#include "services/dynamodb/unpacker.h"
#include "services/dynamodb/write.h"
#include "storage/key.h"

namespace penstock::dynamodb {
namespace {

using storage::Family;

constexpr std::size_t kTextBytesPerStep = 1 << 20;  // Unpacked, parsed and committed at a time.
constexpr int kObjectAttempts = 5;
constexpr std::chrono::milliseconds kFirstPause{200};

struct ImportCounters {
  std::int64_t processed = 0;
  std::int64_t imported = 0;
  std::int64_t errors = 0;
  std::int64_t bytes = 0;
};

std::unique_ptr<ItemFormat> format_of(const ImportJob& job) {
  const auto& description = job.description;
  if (description.input_format == "DYNAMODB_JSON") return make_json_format();
  if (description.input_format == "ION") return make_ion_format();
  CsvSettings settings;
  if (description.input_format_options && description.input_format_options->csv) {
    const api::CsvOptions& csv = *description.input_format_options->csv;
    if (csv.delimiter) settings.delimiter = csv.delimiter->front();
    if (csv.header_list) settings.headers = *csv.header_list;
  }
  return make_csv_format(std::move(settings), job.table.definitions);
}

Packing packing_of(const ImportJob& job) {
  if (job.description.input_compression_type == "GZIP") return Packing::kGzip;
  if (job.description.input_compression_type == "ZSTD") return Packing::kZstd;
  return Packing::kNone;
}

void erase_items(const Table& table, storage::Batch& batch) {
  const auto erase = [&batch](std::uint32_t number) {
    const std::string prefix = items_prefix(number);
    batch.erase_range(Family::kItems, prefix, storage::prefix_end(prefix));
  };
  erase(table.number);
  for (const Index& index : table.indexes) erase(index.number);
}

// The object being read.
struct ImportObject {
  std::string key;
  std::unique_ptr<Unpacker> unpacker;
  RecordSplitter splitter;
  std::uint64_t records = 0;
  bool ended = false;  // Nothing more of it is wanted.
};

class ImportRun {
 public:
  ImportRun(Service& service, std::shared_ptr<const ImportJob> job)
      : service_(service),
        job_(std::move(job)),
        live_(std::make_shared<LiveTable>(LiveTable{job_->table, std::make_shared<Sequencer>()})),
        format_(format_of(*job_)),
        log_(service, *job_) {}

  Task<JobResult<void>> run();
  const ImportCounters& counters() const { return counters_; }

 private:
  Task<JobResult<void>> read_all();
  Task<JobResult<void>> import_object(std::string key);
  Task<protocol::ApiResult<void>> read_object(std::string key);
  Task<Status> read_piece(ImportObject& object);
  Task<Status> submit(storage::Batch batch);

  // On the blocking pool.
  Result<bool> take_text(ImportObject& object);
  void take_end(ImportObject& object);
  bool take_record(ImportObject& object, std::string_view record);
  Checked<void> place(const AttributeMap& item);
  void note_error(ImportObject& object, std::string_view message);

  bool stopping() const { return service_.gate.stop_token().stop_requested(); }

  Service& service_;
  const std::shared_ptr<const ImportJob> job_;
  const TablePtr live_;
  const std::unique_ptr<ItemFormat> format_;
  ImportLog log_;
  ImportCounters counters_;
  storage::Batch batch_;
  // What the batch has put: a further item of the same key must see it when there are indexes.
  std::map<std::string, std::string, std::less<>> in_batch_;
  std::optional<storage::Commit> submitted_;
};

Task<JobResult<void>> ImportRun::run() {
  storage::Batch leftovers;
  erase_items(job_->table, leftovers);
  const Status erased = co_await service_.deps.store.commit(std::move(leftovers));
  if (!erased) co_return std::unexpected(JobFailure{"InternalServerError", erased.error().message});
  auto done = co_await read_all();
  if (service_.deps.logs != nullptr) co_await log_.flush();
  if (!done) co_return done;
  if (const Status last = co_await submit({}); !last) {
    co_return std::unexpected(JobFailure{"InternalServerError", last.error().message});
  }
  co_return JobResult<void>();
}

Task<JobResult<void>> ImportRun::read_all() {
  const s3::Client client(*service_.deps.s3);
  const api::S3BucketSource& source = *job_->description.s3_bucket_source;
  std::optional<std::string> token;
  int failures = 0;
  while (true) {
    if (stopping()) co_return std::unexpected(JobFailure());
    s3::api::ListObjectsV2Request request;
    request.bucket = source.s3_bucket;
    request.prefix = source.s3_key_prefix;
    request.expected_bucket_owner = source.s3_bucket_owner;
    request.continuation_token = token;
    auto page = co_await client.list_objects_v2(job_->context(), std::move(request));
    if (!page) {
      if (!is_passing(page.error()) || ++failures == kObjectAttempts) {
        co_return std::unexpected(failure_of(page.error()));
      }
      co_await sleep_for(kFirstPause * (1 << failures), service_.gate.stop_token());
      continue;
    }
    if (page->contents) {
      for (const s3::api::Object& object : *page->contents) {
        auto imported = co_await import_object(object.key.value_or(""));
        if (!imported) co_return imported;
      }
    }
    token = page->next_continuation_token;
    if (!page->is_truncated.value_or(false) || !token) co_return JobResult<void>();
  }
}

Task<JobResult<void>> ImportRun::import_object(std::string key) {
  const ImportCounters before = counters_;
  for (int attempt = 1;; ++attempt) {
    if (stopping()) co_return std::unexpected(JobFailure());
    counters_ = before;
    const auto read = co_await read_object(key);
    if (stopping()) co_return std::unexpected(JobFailure());
    if (read) co_return JobResult<void>();
    if (!is_passing(read.error()) || attempt == kObjectAttempts) {
      co_return std::unexpected(failure_of(read.error()));
    }
    log::warning("dynamodb", "an object to import could not be read",
                 {{"import", job_->arn}, {"key", key}, {"error", read.error().message}});
    co_await sleep_for(kFirstPause * (1 << attempt), service_.gate.stop_token());
  }
}

Task<protocol::ApiResult<void>> ImportRun::read_object(std::string key) {
  s3::api::GetObjectRequest request;
  request.bucket = job_->description.s3_bucket_source->s3_bucket;
  request.expected_bucket_owner = job_->description.s3_bucket_source->s3_bucket_owner;
  request.key = key;
  CO_TRY(s3::api::GetObjectOutput output,
         co_await s3::Client(*service_.deps.s3).get_object(job_->context(), std::move(request)));
  CO_TRY(auto unpacker, make_unpacker(packing_of(*job_)));
  ImportObject object{std::move(key), std::move(unpacker), RecordSplitter(format_->has_quotes())};
  format_->begin_object();
  while (!object.ended && !stopping()) {
    CO_TRY(std::string piece, co_await output.body.read());
    if (piece.empty()) break;
    object.unpacker->give(std::move(piece));
    CO_TRY_VOID(co_await read_piece(object));
  }
  if (object.ended || stopping()) co_return protocol::ApiResult<void>();
  co_await run_blocking(service_.deps.runtime, [this, &object] { take_end(object); });
  CO_TRY_VOID(co_await submit(std::exchange(batch_, {})));
  co_return protocol::ApiResult<void>();
}

Task<Status> ImportRun::read_piece(ImportObject& object) {
  bool more = true;
  while (more && !object.ended && !stopping()) {
    CO_TRY(more, co_await run_blocking(service_.deps.runtime,
                                       [this, &object] { return take_text(object); }));
    in_batch_.clear();
    CO_TRY_VOID(co_await submit(std::exchange(batch_, {})));
    if (service_.deps.logs != nullptr) co_await log_.flush();
  }
  co_return Status();
}

// One batch may sync while the next is made.
Task<Status> ImportRun::submit(storage::Batch batch) {
  const std::optional<storage::Commit> previous =
      std::exchange(submitted_, service_.deps.store.submit(std::move(batch)));
  if (previous) CO_TRY_VOID(co_await previous->durable());
  co_return Status();
}

Result<bool> ImportRun::take_text(ImportObject& object) {
  std::string text;
  const auto more = object.unpacker->take(text, kTextBytesPerStep);
  counters_.bytes += static_cast<std::int64_t>(text.size());
  const bool wants_more = object.splitter.add(
      text, [this, &object](std::string_view record) { return take_record(object, record); });
  if (wants_more && more) return *more;
  object.ended = true;
  if (object.splitter.too_long()) {
    note_error(object, fmt::format("A line is longer than {} bytes", kImportRecordBytesMax));
  } else if (wants_more) {
    note_error(object, more.error().message);
  }
  return false;
}

void ImportRun::take_end(ImportObject& object) {
  const Status whole = object.unpacker->finish();
  const bool wanted = object.splitter.finish(
      [this, &object](std::string_view record) { return take_record(object, record); });
  if (wanted && !whole) note_error(object, whole.error().message);
  in_batch_.clear();
}

void ImportRun::note_error(ImportObject& object, std::string_view message) {
  ++counters_.processed;
  ++counters_.errors;
  log_.add(object.key, object.records, message);
}

bool ImportRun::take_record(ImportObject& object, std::string_view record) {
  const std::optional<ParsedItem> parsed = format_->read(record);
  if (!parsed) return true;
  ++object.records;
  if (!*parsed) {
    note_error(object, parsed->error().message);
    object.ended = parsed->error().ends_object;
    return !object.ended;
  }
  if (const auto placed = place(**parsed); !placed) {
    note_error(object, placed.error());
    return true;
  }
  ++counters_.processed;
  ++counters_.imported;
  return true;
}

Checked<void> ImportRun::place(const AttributeMap& item) {
  if (item_size(item) > kItemBytesMax) {
    return std::unexpected("Item size has exceeded the maximum allowed size");
  }
  const WriteAction action{.kind = WriteKind::kPut, .subject = &item};
  TRY(const std::string key, key_of_action(live_->table, action));
  std::optional<std::string> stored;
  const bool blind = is_blind(live_->table, action);
  if (const auto found = in_batch_.find(key); found != in_batch_.end()) {
    stored = found->second;
  } else if (!blind) {
    // Nobody else writes to these keys, which is what latest() asks for.
    auto latest = service_.deps.store.latest(Family::kItems, key);
    if (!latest) return std::unexpected(latest.error().message);
    stored = std::move(*latest);
  }
  auto outcome = decide(live_->table, action, std::move(stored));
  if (!outcome) return std::unexpected(outcome.error().message);
  if (!blind) in_batch_[key] = *outcome->after_bytes;
  TableWrite write{live_, std::move(batch_), {}, {}};
  add_outcome(write, action, key, *outcome, service_.deps.clock.now());
  batch_ = std::move(write.batch);
  return {};
}

std::shared_ptr<ImportJob> ended_job(const ImportJob& job, const ImportCounters& counters,
                                     Timestamp now) {
  auto ended = std::make_shared<ImportJob>(job);
  ended->running = false;
  api::ImportTableDescription& description = ended->description;
  description.import_status = "COMPLETED";
  description.end_time = now;
  description.processed_item_count = counters.processed;
  description.imported_item_count = counters.imported;
  description.error_count = counters.errors;
  description.processed_size_bytes = counters.bytes;
  if (counters.errors > 0) {
    description.import_status = "FAILED";
    description.failure_code = "ItemValidationError";
    description.failure_message =
        "Some of the items failed validation checks and were not imported. Please check "
        "CloudWatch error logs for more details.";
  }
  return ended;
}

// The table, and the import's end.
Task<Status> finish_import(Service& service, std::shared_ptr<const ImportJob> job,
                           ImportCounters counters, JobResult<void> outcome) {
  const auto turn =
      co_await service.control_turns.enter(hash_bytes(table_key(job->place, job->table.name)));
  std::shared_ptr<ImportJob> ended = ended_job(*job, counters, service.deps.clock.now());
  storage::Batch batch;
  if (outcome) {
    batch.put(Family::kMeta, table_key(job->place, job->table.name), encode_table(job->table));
  } else {
    erase_items(job->table, batch);
    ended->description.import_status = "FAILED";
    ended->description.failure_code = outcome.error().code;
    ended->description.failure_message = outcome.error().message;
    ended->description.imported_item_count = 0;
  }
  batch.put(Family::kMeta, import_key(job->place, job->table.name, job->id()),
            encode_job(ended->stored()));
  CO_TRY_VOID(co_await service.deps.store.commit(std::move(batch)));
  if (outcome) {
    auto sequencer = std::make_shared<Sequencer>();
    sequencer->version = job->table.version;
    service.registry.put_table(
        std::make_shared<LiveTable>(LiveTable{job->table, std::move(sequencer)}));
  }
  service.transfers->imports.put(std::move(ended));
  co_return Status();
}

Task<void> import_job(Service& service, std::string arn) {
  const auto slot = co_await service.transfers->slots.enter(hash_bytes(arn));
  const std::shared_ptr<const ImportJob> job = service.transfers->imports.find(arn);
  if (job == nullptr || service.gate.stop_token().stop_requested()) co_return;
  JobResult<void> outcome;
  ImportCounters counters;
  if (service.deps.s3 == nullptr) {
    outcome = std::unexpected(JobFailure{"InternalServerError", "There is no S3 to read from"});
  } else {
    ImportRun run(service, job);
    outcome = co_await run.run();
    counters = run.counters();
  }
  if (!outcome && outcome.error().code.empty()) co_return;
  const Status finished = co_await finish_import(service, job, counters, std::move(outcome));
  if (!finished) {
    log::error("dynamodb", "the end of an import could not be written",
               {{"import", arn}, {"error", finished.error().message}});
  }
}

}  // namespace

void start_import(Service& service, std::string arn) {
  service.gate.spawn(service.deps.runtime.next_loop(), import_job(service, std::move(arn)));
}

}  // namespace penstock::dynamodb
