// A DuckDB file system over the objects of a run. The one file here that needs DuckDB's C++
// headers, which are slow to compile.

#include <algorithm>
#include <cstring>
#include <duckdb.hpp>
#include <duckdb/common/file_opener.hpp>
#include <duckdb/common/file_system.hpp>
#include <duckdb/common/virtual_file_system.hpp>
#include <duckdb/main/capi/capi_internal.hpp>

#include "base/bytes.h"
#include "sql/parquet.h"
#include "sql/scalar_functions.h"

namespace penstock::sql {

namespace {

constexpr const char* kScheme = "penstock://";

class ObjectFile final : public duckdb::FileHandle {
 public:
  ObjectFile(duckdb::FileSystem& system, const std::string& path, duckdb::FileOpenFlags flags,
             std::shared_ptr<RunState> run, const ScanObject& object)
      : FileHandle(system, path, flags), run(std::move(run)), object(object) {}
  void Close() override {}

  const std::shared_ptr<RunState> run;
  const ScanObject object;
  std::uint64_t position = 0;
};

class ObjectFiles final : public duckdb::FileSystem {
 public:
  explicit ObjectFiles(RunRegistry& registry) : registry_(registry) {}

  // penstock://<run>/<scan>/<object>
  duckdb::unique_ptr<duckdb::FileHandle> OpenFile(
      const duckdb::string& path, duckdb::FileOpenFlags flags,
      duckdb::optional_ptr<duckdb::FileOpener>) override {
    std::shared_ptr<RunState> run;
    const ScanObject* object = find(path, run);
    if (object == nullptr || flags.OpenForWriting()) {
      throw duckdb::IOException("no such object");
    }
    return duckdb::make_uniq<ObjectFile>(*this, path, flags, std::move(run), *object);
  }

  void Read(duckdb::FileHandle& handle, void* buffer, std::int64_t bytes,
            duckdb::idx_t location) override {
    auto& file = handle.Cast<ObjectFile>();
    if (file.run->stop.stop_requested()) throw duckdb::InterruptException();
    auto text = file.run->reader->read(file.object.bucket, file.object.object.key, location,
                                       static_cast<std::uint64_t>(bytes));
    if (!text || text->size() != static_cast<std::size_t>(bytes)) {
      throw duckdb::IOException(
          marked_error("HIVE_CURSOR_ERROR", "Failed to read Parquet file: s3://" +
                                                file.object.bucket + "/" + file.object.object.key));
    }
    std::memcpy(buffer, text->data(), text->size());
    file.run->bytes += text->size();
  }

  std::int64_t Read(duckdb::FileHandle& handle, void* buffer, std::int64_t bytes) override {
    auto& file = handle.Cast<ObjectFile>();
    const std::uint64_t size = file.object.object.size;
    const std::uint64_t left = size > file.position ? size - file.position : 0;
    const auto length =
        static_cast<std::int64_t>(std::min<std::uint64_t>(left, static_cast<std::uint64_t>(bytes)));
    Read(handle, buffer, length, file.position);
    file.position += static_cast<std::uint64_t>(length);
    return length;
  }

  std::int64_t GetFileSize(duckdb::FileHandle& handle) override {
    return static_cast<std::int64_t>(handle.Cast<ObjectFile>().object.object.size);
  }
  duckdb::timestamp_t GetLastModifiedTime(duckdb::FileHandle& handle) override {
    return duckdb::timestamp_t(handle.Cast<ObjectFile>().object.object.modified.micros);
  }
  duckdb::FileType GetFileType(duckdb::FileHandle&) override {
    return duckdb::FileType::FILE_TYPE_REGULAR;
  }
  void Seek(duckdb::FileHandle& handle, duckdb::idx_t location) override {
    handle.Cast<ObjectFile>().position = location;
  }
  duckdb::idx_t SeekPosition(duckdb::FileHandle& handle) override {
    return handle.Cast<ObjectFile>().position;
  }
  bool CanSeek() override { return true; }
  bool OnDiskFile(duckdb::FileHandle&) override { return false; }
  bool FileExists(const duckdb::string& path, duckdb::optional_ptr<duckdb::FileOpener>) override {
    std::shared_ptr<RunState> run;
    return find(path, run) != nullptr;
  }
  duckdb::vector<duckdb::OpenFileInfo> Glob(const duckdb::string& path,
                                            duckdb::FileOpener*) override {
    return {duckdb::OpenFileInfo(path)};
  }
  bool CanHandleFile(const duckdb::string& path) override { return path.rfind(kScheme, 0) == 0; }
  duckdb::string PathSeparator(const duckdb::string&) override { return "/"; }
  std::string GetName() const override { return "ObjectFiles"; }

 private:
  const ScanObject* find(const std::string& path, std::shared_ptr<RunState>& run) {
    long long id = 0;
    unsigned long long scan = 0, object = 0;
    if (std::sscanf(path.c_str(), "penstock://%lld/%llu/%llu", &id, &scan, &object) != 3) {
      return nullptr;
    }
    run = registry_.find(id);
    if (!run || scan >= run->scans.size() || object >= run->scans[scan].objects.size()) {
      return nullptr;
    }
    return &run->scans[scan].objects[object];
  }

  RunRegistry& registry_;
};

}  // namespace

Status register_object_files(duckdb_database database, RunRegistry& registry) {
  try {
    auto* wrapper = reinterpret_cast<duckdb::DatabaseWrapper*>(database);
    wrapper->database->instance->GetFileSystem().RegisterSubSystem(
        duckdb::make_uniq<ObjectFiles>(registry));
    return {};
  } catch (const std::exception& error) {
    return fail(ErrorKind::kInternal, error.what());
  }
}

}  // namespace penstock::sql
