// Blob files on a POSIX file system.
//
//   <directory>/tmp/<id>       being written
//   <directory>/<2 of id>/<id> finished
#include "storage/blobs.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <vector>

#include "base/check.h"
#include "base/crash_points.h"
#include "base/random.h"

namespace penstock::storage {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kUnfinished = "tmp";
constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::size_t kIdLength = 32;
constexpr std::size_t kBufferBytes = 128 << 10;
// The kernel is told to start writing after so many bytes: one huge sync at the end would hold up
// the syncs of the log.
constexpr std::uint64_t kWriteBehindBytes = 8 << 20;

std::unexpected<Error> failure(std::string_view doing, const std::string& path, int code) {
  const ErrorKind kind = code == ENOENT ? ErrorKind::kNotFound : ErrorKind::kIo;
  return fail(kind, fmt::format("blobs: cannot {} {}: {}", doing, path,
                                std::error_code(code, std::generic_category()).message()));
}

class File {
 public:
  File() = default;
  explicit File(int descriptor) : descriptor_(descriptor) {}
  File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  File& operator=(File&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int get() const { return descriptor_; }

 private:
  int descriptor_ = -1;
};

Result<File> open_file(const std::string& path, int flags) {
  File file(::open(path.c_str(), flags | O_CLOEXEC, 0640));
  if (file.get() < 0) return failure("open", path, errno);
  return file;
}

Status sync_directory(const std::string& path) {
  TRY(const File directory, open_file(path, O_RDONLY | O_DIRECTORY));
  if (::fsync(directory.get()) != 0) return failure("sync", path, errno);
  return {};
}

// Makes one directory, durably when asked to. One that exists is fine.
Status make_directory(const std::string& parent, const std::string& path, bool sync) {
  if (::mkdir(path.c_str(), 0750) != 0) {
    if (errno == EEXIST) return {};
    return failure("make", path, errno);
  }
  return sync ? sync_directory(parent) : Status();
}

// Ids come back from stored metadata: nothing but what create() makes may become a path.
bool is_id(std::string_view value) {
  return value.size() == kIdLength && value.find_first_not_of(kHexDigits) == std::string_view::npos;
}

bool is_shelf(std::string_view name) {
  return name.size() == 2 && name.find_first_not_of(kHexDigits) == std::string_view::npos;
}

struct Places {
  std::string directory;
  bool sync;

  std::string unfinished(std::string_view id) const {
    return fmt::format("{}/{}/{}", directory, kUnfinished, id);
  }
  std::string shelf(std::string_view id) const {
    return fmt::format("{}/{}", directory, id.substr(0, 2));
  }
  std::string finished(std::string_view id) const { return fmt::format("{}/{}", shelf(id), id); }
};

class Writer final : public BlobWriter {
 public:
  Writer(std::shared_ptr<const Places> places, std::string id, File file)
      : places_(std::move(places)), id_(std::move(id)), file_(std::move(file)) {}
  ~Writer() override {
    if (!finished_) ::unlink(places_->unfinished(id_).c_str());
  }

  Status append(std::string_view bytes) override {
    CHECK(!finished_);
    if (buffer_.size() + bytes.size() < kBufferBytes) {
      buffer_.append(bytes);
      return {};
    }
    TRY_VOID(flush());
    if (bytes.size() < kBufferBytes) {
      buffer_.append(bytes);
      return {};
    }
    return write(bytes);
  }

  Result<BlobId> finish() override {
    CHECK(!finished_);
    TRY_VOID(flush());
    if (places_->sync && ::fdatasync(file_.get()) != 0) {
      return failure("sync", places_->unfinished(id_), errno);
    }
    TRY_VOID(make_directory(places_->directory, places_->shelf(id_), places_->sync));
    crash_point("blob.before_rename");
    const std::string target = places_->finished(id_);
    if (::rename(places_->unfinished(id_).c_str(), target.c_str()) != 0) {
      return failure("name", target, errno);
    }
    finished_ = true;
    crash_point("blob.after_rename");
    if (places_->sync) {
      if (Status named = sync_directory(places_->shelf(id_)); !named) {
        ::unlink(target.c_str());
        return std::unexpected(std::move(named).error());
      }
    }
    return BlobId{id_};
  }

 private:
  Status flush() {
    TRY_VOID(write(buffer_));
    buffer_.clear();
    return {};
  }

  Status write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(file_.get(), bytes.data(), bytes.size());
      if (written < 0) {
        if (errno == EINTR) continue;
        return failure("write", places_->unfinished(id_), errno);
      }
      bytes.remove_prefix(static_cast<std::size_t>(written));
      size_ += static_cast<std::uint64_t>(written);
    }
    if (places_->sync && size_ - behind_ >= kWriteBehindBytes) {
      // A hint: finish() finds out what did not reach the disk.
      ::sync_file_range(file_.get(), static_cast<off_t>(behind_),
                        static_cast<off_t>(size_ - behind_), SYNC_FILE_RANGE_WRITE);
      behind_ = size_;
    }
    return {};
  }

  const std::shared_ptr<const Places> places_;
  const std::string id_;
  const File file_;
  std::string buffer_;
  std::uint64_t size_ = 0;
  std::uint64_t behind_ = 0;  // Up to here the kernel was told to write.
  bool finished_ = false;
};

class Reader final : public BlobReader {
 public:
  Reader(std::string path, File file, std::uint64_t size)
      : path_(std::move(path)), file_(std::move(file)), size_(size) {}

  std::uint64_t size() const override { return size_; }

  Result<std::string> read(std::uint64_t offset, std::uint64_t length) const override {
    std::string bytes;
    if (offset >= size_) return bytes;
    bytes.resize(std::min(length, size_ - offset));
    std::size_t filled = 0;
    while (filled < bytes.size()) {
      const ssize_t got = ::pread(file_.get(), bytes.data() + filled, bytes.size() - filled,
                                  static_cast<off_t>(offset + filled));
      if (got < 0) {
        if (errno == EINTR) continue;
        return failure("read", path_, errno);
      }
      if (got == 0) return fail(ErrorKind::kCorrupt, "blobs: " + path_ + " became shorter");
      filled += static_cast<std::size_t>(got);
    }
    return bytes;
  }

 private:
  const std::string path_;
  const File file_;
  const std::uint64_t size_;
};

class PosixBlobFiles final : public BlobFiles {
 public:
  explicit PosixBlobFiles(Places places)
      : places_(std::make_shared<const Places>(std::move(places))) {}

  Result<std::unique_ptr<BlobWriter>> create() override {
    std::string id = random_->token(kIdLength, kHexDigits);
    TRY(File file, open_file(places_->unfinished(id), O_WRONLY | O_CREAT | O_EXCL));
    return std::make_unique<Writer>(places_, std::move(id), std::move(file));
  }

  Result<std::shared_ptr<BlobReader>> open_blob(const BlobId& id) const override {
    TRY_VOID(check(id));
    std::string path = places_->finished(id.value);
    TRY(File file, open_file(path, O_RDONLY));
    struct stat about{};
    if (::fstat(file.get(), &about) != 0) return failure("measure", path, errno);
    return std::make_shared<Reader>(std::move(path), std::move(file),
                                    static_cast<std::uint64_t>(about.st_size));
  }

  // Whoever has the file open keeps its bytes; so POSIX says.
  Status remove(const BlobId& id) override {
    TRY_VOID(check(id));
    const std::string path = places_->finished(id.value);
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failure("remove", path, errno);
    return {};
  }

  Status sweep(const std::function<bool(const BlobId&)>& is_referenced) override {
    TRY(const std::vector<fs::path> shelves, list(places_->directory));
    for (const fs::path& shelf : shelves) {
      const std::string name = shelf.filename();
      if (name != kUnfinished && !is_shelf(name)) continue;  // Not ours.
      TRY(const std::vector<fs::path> files, list(shelf));
      for (const fs::path& file : files) {
        const BlobId id{file.filename()};
        if (is_id(id.value) && id.value.starts_with(name) && is_referenced(id)) continue;
        if (::unlink(file.c_str()) != 0) return failure("remove", file, errno);
      }
    }
    return {};
  }

 private:
  static Status check(const BlobId& id) {
    if (is_id(id.value)) return {};
    return fail(ErrorKind::kCorrupt, fmt::format("blobs: {:?} is not the id of a blob", id.value));
  }

  static Result<std::vector<fs::path>> list(const fs::path& directory) {
    std::error_code error;
    std::vector<fs::path> found;
    fs::directory_iterator at(directory, error);
    while (!error && at != fs::directory_iterator()) {
      found.push_back(at->path());
      at.increment(error);
    }
    if (error) return failure("list", directory, error.value());
    return found;
  }

  const std::shared_ptr<const Places> places_;
  // Ids are names nobody chooses or compares: not a part of what a simulation replays.
  const std::unique_ptr<Random> random_ = make_system_random();
};

}  // namespace

Result<std::unique_ptr<BlobFiles>> BlobFiles::open(std::string directory, Durability durability) {
  std::error_code made;
  fs::create_directories(directory, made);
  if (made) return failure("make", directory, made.value());
  // With kInterval too: metadata may be synced at any moment and must not point at missing bytes.
  Places places{std::move(directory), durability != Durability::kNone};
  const std::string unfinished = fmt::format("{}/{}", places.directory, kUnfinished);
  TRY_VOID(make_directory(places.directory, unfinished, places.sync));
  return std::make_unique<PosixBlobFiles>(std::move(places));
}

}  // namespace penstock::storage
