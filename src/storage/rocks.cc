// RocksDB behind a small face: staging and writing, reading, scanning, snapshots, and its errors as
// ours.
#include "storage/rocks.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/check.h"
#include "base/log.h"
#include "storage/key.h"
#include "storage/rocks_options.h"

namespace penstock::storage::detail {
namespace {

constexpr std::uint8_t kFormatTag = 0x00;  // In kMeta; services begin at 0x10.
constexpr std::uint8_t kFormatVersion = 1;
constexpr std::size_t kStagingKeptBytes = 8 << 20;     // A larger staging area is given back.
constexpr std::uint64_t kFlushAtCloseBytes = 4 << 20;  // Less is quicker replayed than written.

rocksdb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view view(const rocksdb::Slice& bytes) { return {bytes.data(), bytes.size()}; }

ErrorKind kind_of(const rocksdb::Status& status) {
  if (status.IsCorruption()) return ErrorKind::kCorrupt;
  if (status.IsIOError() || status.IsNoSpace()) return ErrorKind::kIo;
  if (status.IsInvalidArgument() || status.IsNotSupported()) return ErrorKind::kInvalid;
  if (status.IsBusy() || status.IsTryAgain() || status.IsShutdownInProgress() ||
      status.IsIncomplete() || status.IsTimedOut()) {
    return ErrorKind::kUnavailable;
  }
  return ErrorKind::kInternal;
}

std::unexpected<Error> failure(std::string_view doing, const rocksdb::Status& status) {
  return fail(kind_of(status), fmt::format("store: {}: {}", doing, status.ToString()));
}

const rocksdb::Snapshot* native(const Snapshot* snapshot) {
  return snapshot == nullptr ? nullptr : static_cast<const rocksdb::Snapshot*>(snapshot->native());
}

// A killed process leaves written but unsynced log behind, and recovery shows it to readers. It
// must not vanish in a later power cut, least of all from below newer logs: so it is synced before
// it is read.
Status sync_logs(const std::string& directory) {
  std::error_code error;
  for (std::filesystem::directory_iterator at(directory, error), end; !error && at != end;
       at.increment(error)) {
    if (at->path().extension() != ".log") continue;
    const int file = ::open(at->path().c_str(), O_RDONLY | O_CLOEXEC);
    const bool synced = file >= 0 && ::fsync(file) == 0;
    const std::error_code code(errno, std::generic_category());
    if (file >= 0) ::close(file);
    if (!synced) {
      return fail(ErrorKind::kIo,
                  fmt::format("store: cannot sync {}: {}", at->path().string(), code.message()));
    }
  }
  if (error) {
    return fail(ErrorKind::kIo,
                fmt::format("store: cannot list {}: {}", directory, error.message()));
  }
  return {};
}

// DB::Open makes missing families one by one and writes the options after each: a new database
// begins with the first family alone and gets the others together, in a fifth of the time.
rocksdb::Status open_database(const rocksdb::DBOptions& settings, const StoreOptions& options,
                              std::vector<rocksdb::ColumnFamilyHandle*>& families,
                              rocksdb::DB*& opened) {
  const std::vector<rocksdb::ColumnFamilyDescriptor> all = family_descriptors(options);
  if (settings.env->FileExists(options.directory + "/CURRENT").ok()) {
    return rocksdb::DB::Open(settings, options.directory, all, &families, &opened);
  }
  rocksdb::Status status =
      rocksdb::DB::Open(settings, options.directory, {all.front()}, &families, &opened);
  if (!status.ok()) return status;
  std::vector<rocksdb::ColumnFamilyHandle*> others;
  status = opened->CreateColumnFamilies({all.begin() + 1, all.end()}, &others);
  families.insert(families.end(), others.begin(), others.end());
  if (status.ok()) return status;
  for (rocksdb::ColumnFamilyHandle* family : families) opened->DestroyColumnFamilyHandle(family);
  delete opened;
  opened = nullptr;
  return status;
}

}  // namespace

struct Rocks::Impl {
  std::unique_ptr<rocksdb::DB> db;
  std::array<rocksdb::ColumnFamilyHandle*, kFamilyCount> families{};
  rocksdb::WriteBatch staged;
  bool failed = false;

  rocksdb::ColumnFamilyHandle* family(Family which) const {
    return families.at(static_cast<std::size_t>(which));
  }
  Status check_format();
};

// Refuses the files of a later penstock; marks new ones as ours.
Status Rocks::Impl::check_format() {
  const std::string key = KeyWriter(kFormatTag).text("format").take();
  std::string value;
  const rocksdb::Status found = db->Get({}, family(Family::kMeta), key, &value);
  if (found.ok()) {
    ValueReader reader(value);
    if (reader.version() == kFormatVersion && reader.done()) return {};
    return fail(ErrorKind::kCorrupt, "store: the files have a format this version does not know");
  }
  if (!found.IsNotFound()) return failure("cannot read the format", found);
  rocksdb::WriteOptions write;
  write.sync = true;
  const rocksdb::Status put =
      db->Put(write, family(Family::kMeta), key, ValueWriter(kFormatVersion).take());
  if (!put.ok()) return failure("cannot write the format", put);
  return {};
}

Rocks::Rocks(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Rocks::~Rocks() {
  for (rocksdb::ColumnFamilyHandle* family : impl_->families) {
    impl_->db->DestroyColumnFamilyHandle(family);
  }
  const rocksdb::Status closed = impl_->db->Close();
  if (!closed.ok()) log::warning("store", "close failed", {{"error", closed.ToString()}});
}

Result<std::shared_ptr<Rocks>> Rocks::open(const StoreOptions& options, rocksdb::Env* env) {
  std::error_code made;
  std::filesystem::create_directories(options.directory, made);
  if (made) {
    return fail(ErrorKind::kIo,
                fmt::format("store: cannot make {}: {}", options.directory, made.message()));
  }
  if (options.durability != Durability::kNone) TRY_VOID(sync_logs(options.directory));
  rocksdb::DBOptions settings = database_options(options);
  if (env != nullptr) settings.env = env;
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status = open_database(settings, options, families, opened);
  if (!status.ok()) {
    if (status.IsIOError() && status.ToString().find("lock") != std::string::npos) {
      return fail(ErrorKind::kUnavailable,
                  fmt::format("store: {} is in use by another process ({})", options.directory,
                              status.ToString()));
    }
    return failure("cannot open " + options.directory, status);
  }
  auto impl = std::make_unique<Impl>();
  impl->db.reset(opened);
  CHECK(families.size() == impl->families.size());
  std::copy(families.begin(), families.end(), impl->families.begin());
  std::shared_ptr<Rocks> rocks(new Rocks(std::move(impl)));
  TRY_VOID(rocks->impl_->check_format());
  return rocks;
}

void Rocks::stage(const Batch& batch) {
  // WriteBatch reports only misuse (a closed family, a key of 4 GB), which the callers cannot
  // cause.
  const auto must = [](const rocksdb::Status& status) { CHECK(status.ok()); };
  for (const Batch::Entry& entry : batch.entries()) {
    rocksdb::ColumnFamilyHandle* const family = impl_->family(entry.family);
    switch (entry.kind) {
      case Batch::Entry::Kind::kPut: must(impl_->staged.Put(family, entry.key, entry.value)); break;
      case Batch::Entry::Kind::kErase: must(impl_->staged.Delete(family, entry.key)); break;
      case Batch::Entry::Kind::kEraseRange:
        // RocksDB refuses a range that runs backwards; here it is merely empty.
        if (entry.key < entry.value) {
          must(impl_->staged.DeleteRange(family, entry.key, entry.value));
        }
        break;
    }
  }
}

std::size_t Rocks::staged_bytes() const { return impl_->staged.GetDataSize(); }

Status Rocks::write(bool sync) {
  rocksdb::WriteOptions options;
  options.sync = sync;
  const rocksdb::Status written = impl_->db->Write(options, &impl_->staged);
  if (impl_->staged.GetDataSize() > kStagingKeptBytes) {
    impl_->staged = rocksdb::WriteBatch();
  } else {
    impl_->staged.Clear();
  }
  if (written.ok()) return {};
  impl_->failed = true;
  return failure("write failed", written);
}

Status Rocks::sync() {
  const rocksdb::Status synced = impl_->db->SyncWAL();
  if (!synced.ok()) return failure("sync failed", synced);
  return {};
}

void Rocks::close() {
  if (impl_->failed) return;
  std::uint64_t unflushed = 0;
  impl_->db->GetAggregatedIntProperty(rocksdb::DB::Properties::kCurSizeActiveMemTable, &unflushed);
  if (unflushed < kFlushAtCloseBytes) return;
  const std::vector<rocksdb::ColumnFamilyHandle*> families(impl_->families.begin(),
                                                           impl_->families.end());
  const rocksdb::Status flushed = impl_->db->Flush({}, families);
  // Nothing is lost: the log has it all.
  if (!flushed.ok())
    log::warning("store", "flush at close failed", {{"error", flushed.ToString()}});
}

Result<std::optional<std::string>> Rocks::get(Family family, std::string_view key,
                                              const Snapshot* snapshot) const {
  rocksdb::ReadOptions options;
  options.snapshot = native(snapshot);
  std::string value;
  const rocksdb::Status found = impl_->db->Get(options, impl_->family(family), slice(key), &value);
  if (found.ok()) return value;
  if (found.IsNotFound()) return std::nullopt;
  return failure("read failed", found);
}

Status Rocks::scan(Family family, std::string_view begin, std::string_view end,
                   const std::function<Next(std::string_view, std::string_view)>& visit,
                   const ScanOptions& options) const {
  if (!end.empty() && begin >= end) return {};
  const rocksdb::Slice lower = slice(begin);
  const rocksdb::Slice upper = slice(end);
  rocksdb::ReadOptions read;
  read.snapshot = native(options.snapshot);
  read.iterate_lower_bound = &lower;
  if (!end.empty()) read.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> at(impl_->db->NewIterator(read, impl_->family(family)));
  if (options.reverse) {
    at->SeekToLast();
  } else {
    at->Seek(lower);
  }
  while (at->Valid()) {
    if (visit(view(at->key()), view(at->value())) == Next::kStop) return {};
    if (options.reverse) {
      at->Prev();
    } else {
      at->Next();
    }
  }
  if (!at->status().ok()) return failure("scan failed", at->status());
  return {};
}

Snapshot Rocks::snapshot(const std::shared_ptr<Rocks>& self) {
  const rocksdb::Snapshot* const taken = self->impl_->db->GetSnapshot();
  CHECK(taken != nullptr);
  return Snapshot(std::shared_ptr<const void>(taken, [self](const void* handle) {
    self->impl_->db->ReleaseSnapshot(static_cast<const rocksdb::Snapshot*>(handle));
  }));
}

std::uint64_t Rocks::approximate_bytes(Family family) const {
  std::uint64_t files = 0;
  std::uint64_t memory = 0;
  rocksdb::ColumnFamilyHandle* const handle = impl_->family(family);
  impl_->db->GetIntProperty(handle, rocksdb::DB::Properties::kEstimateLiveDataSize, &files);
  impl_->db->GetIntProperty(handle, rocksdb::DB::Properties::kCurSizeAllMemTables, &memory);
  return files + memory;
}

}  // namespace penstock::storage::detail
