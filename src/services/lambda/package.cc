// Reads a zip with libarchive, entry by entry, and writes it below one directory. The only file
// that knows libarchive; every name is checked here before the file system sees it.
#include "services/lambda/package.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <system_error>

namespace penstock::lambda {
namespace {

// AWS's sentence for every archive it cannot read.
constexpr std::string_view kCannotUnzip =
    "Could not unzip uploaded file. Please check your file, then try to upload again.";
constexpr std::size_t kCopyBytes = 64 << 10;

struct ArchiveFree {
  void operator()(archive* reader) const { archive_read_free(reader); }
};
using Reader = std::unique_ptr<archive, ArchiveFree>;

class FileHandle {
 public:
  explicit FileHandle(int fd) : fd_(fd) {}
  ~FileHandle() {
    if (fd_ >= 0) ::close(fd_);
  }
  FileHandle(const FileHandle&) = delete;
  FileHandle& operator=(const FileHandle&) = delete;
  bool open() const { return fd_ >= 0; }
  int get() const { return fd_; }

 private:
  int fd_;
};

std::unexpected<Error> io_error(std::string_view what, const std::string& path) {
  const int code = errno;
  return fail(ErrorKind::kIo,
              fmt::format("{} {}: {}", what, path, std::generic_category().message(code)));
}

Status write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return io_error("cannot write", path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<Reader> open_archive(std::string_view zip) {
  Reader reader(archive_read_new());
  if (reader == nullptr) return fail(ErrorKind::kIo, "no memory for the archive reader");
  // Zip alone, with its central directory: no other format, no decompression filter around it.
  archive_read_support_format_zip_seekable(reader.get());
  if (archive_read_open_memory(reader.get(), zip.data(), zip.size()) != ARCHIVE_OK) {
    return fail(ErrorKind::kInvalid, std::string(kCannotUnzip));
  }
  return reader;
}

struct Entry {
  std::string name;
  bool directory = false;
  bool executable = false;
};

Result<Entry> checked_entry(archive_entry* raw, const PackageLimits& limits) {
  const char* name = archive_entry_pathname(raw);
  if (name == nullptr) return fail(ErrorKind::kInvalid, std::string(kCannotUnzip));
  Entry entry{.name = name};
  const auto type = archive_entry_filetype(raw);
  // Some archivers write no type at all: a trailing slash then marks a directory.
  entry.directory = type == AE_IFDIR || entry.name.ends_with('/');
  if (archive_entry_symlink(raw) != nullptr || archive_entry_hardlink(raw) != nullptr ||
      (type != AE_IFREG && type != AE_IFDIR && type != 0)) {
    return fail(
        ErrorKind::kInvalid,
        fmt::format("The package entry {} is a link or a special file, which is not supported.",
                    entry.name));
  }
  while (entry.name.starts_with("./")) entry.name.erase(0, 2);
  while (entry.name.ends_with('/')) entry.name.pop_back();
  if (entry.name == "." || (entry.name.empty() && entry.directory)) {
    entry.name.clear();
    return entry;
  }
  if (!is_safe_entry_name(entry.name, limits)) {
    return fail(ErrorKind::kInvalid, std::string(kCannotUnzip));
  }
  entry.executable = (archive_entry_perm(raw) & 0111) != 0;
  return entry;
}

// Hands each piece of the entry's data to `sink` and counts it against the limit.
template <typename Sink>
Status read_data(archive* reader, PackageSummary& summary, const PackageLimits& limits, Sink sink) {
  std::string buffer(kCopyBytes, '\0');
  while (true) {
    const la_ssize_t count = archive_read_data(reader, buffer.data(), buffer.size());
    // ARCHIVE_WARN is how a wrong checksum or length is reported: the file is damaged.
    if (count < 0) return fail(ErrorKind::kInvalid, std::string(kCannotUnzip));
    if (count == 0) return {};
    summary.unpacked_bytes += static_cast<std::uint64_t>(count);
    if (summary.unpacked_bytes > limits.unpacked_bytes_max) {
      return fail(ErrorKind::kLimit, fmt::format("Unzipped size must be smaller than {} bytes",
                                                 limits.unpacked_bytes_max));
    }
    TRY_VOID(sink(std::string_view(buffer.data(), static_cast<std::size_t>(count))));
  }
}

template <typename Visit>
Result<PackageSummary> walk(std::string_view zip, const PackageLimits& limits, Visit visit) {
  TRY(const Reader reader, open_archive(zip));
  PackageSummary summary;
  while (true) {
    archive_entry* raw = nullptr;
    const int status = archive_read_next_header(reader.get(), &raw);
    if (status == ARCHIVE_EOF) break;
    if (status != ARCHIVE_OK) return fail(ErrorKind::kInvalid, std::string(kCannotUnzip));
    if (++summary.entries > limits.entries_max) {
      return fail(ErrorKind::kLimit,
                  fmt::format("The package has more than {} entries.", limits.entries_max));
    }
    TRY(const Entry entry, checked_entry(raw, limits));
    if (entry.name.empty()) continue;
    TRY_VOID(visit(entry, reader.get(), summary));
  }
  if (summary.entries == 0)
    return fail(ErrorKind::kInvalid, "Uploaded file must be a non-empty zip");
  return summary;
}

Status write_entry(const std::string& root, const Entry& entry, archive* reader,
                   PackageSummary& summary, const PackageLimits& limits) {
  const std::filesystem::path path = std::filesystem::path(root) / entry.name;
  std::error_code error;
  std::filesystem::create_directories(entry.directory ? path : path.parent_path(), error);
  if (error)
    return fail(ErrorKind::kInvalid, std::string(kCannotUnzip));  // A file where a folder is.
  if (entry.directory) return {};
  // Nothing below `root` is ever a link, so O_NOFOLLOW on the last part is a second lock on the
  // door.
  const mode_t mode = entry.executable ? 0555 : 0444;
  ::unlink(path.c_str());  // A name given twice: the last one wins, as with unzip.
  const FileHandle file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!file.open()) {
    if (errno == EISDIR || errno == EEXIST || errno == ENOTDIR || errno == ENAMETOOLONG) {
      return fail(ErrorKind::kInvalid, std::string(kCannotUnzip));
    }
    return io_error("cannot create", path.string());
  }
  return read_data(reader, summary, limits, [&](std::string_view bytes) {
    return write_all(file.get(), bytes, path.string());
  });
}

}  // namespace

bool is_safe_entry_name(std::string_view name, const PackageLimits& limits) {
  if (name.empty() || name.size() > limits.name_bytes_max || name.front() == '/') return false;
  for (const char c : name) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '\\') return false;
  }
  while (!name.empty()) {
    const std::size_t slash = name.find('/');
    const std::string_view part = name.substr(0, slash);
    if (part.empty() || part == "." || part == ".." || part.size() > 255) return false;
    name.remove_prefix(slash == std::string_view::npos ? name.size() : slash + 1);
  }
  return true;
}

Result<PackageSummary> unpack_package(std::string_view zip, const std::string& directory,
                                      const PackageLimits& limits) {
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(directory).parent_path(), error);
  if (::mkdir(directory.c_str(), 0755) != 0) return io_error("cannot make", directory);
  auto outcome =
      walk(zip, limits, [&](const Entry& entry, archive* reader, PackageSummary& summary) {
        return write_entry(directory, entry, reader, summary, limits);
      });
  if (!outcome) std::filesystem::remove_all(directory, error);
  return outcome;
}

Result<PackageSummary> inspect_package(std::string_view zip, const PackageLimits& limits) {
  return walk(zip, limits, [&](const Entry&, archive* reader, PackageSummary& summary) {
    return read_data(reader, summary, limits, [](std::string_view) { return Status{}; });
  });
}

}  // namespace penstock::lambda
