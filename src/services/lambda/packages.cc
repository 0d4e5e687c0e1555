// Keeping, unpacking and evicting packages.
#include "services/lambda/packages.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "base/bytes.h"

namespace penstock::lambda {

Packages::Packages(storage::BlobFiles& files, std::string directory, std::uint64_t cache_bytes_max)
    : files_(files), directory_(std::move(directory)), cache_bytes_max_(cache_bytes_max) {
  std::error_code error;
  std::filesystem::remove_all(directory_, error);
  std::filesystem::create_directories(directory_, error);
}

std::shared_ptr<const Package> Packages::find(const std::string& sha256) {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(sha256);
  if (found == entries_.end()) return nullptr;
  found->second.used = ++clock_;
  return found->second.package;
}

Result<Code> Packages::add(std::string_view zip) {
  Code code{.sha256 = sha256(zip), .size = zip.size()};
  TRY_VOID(find_or_unpack(code.sha256, zip));
  TRY(const auto writer, files_.create());
  TRY_VOID(writer->append(zip));
  TRY(storage::BlobId id, writer->finish());
  code.blob = std::move(id.value);
  return code;
}

Result<std::shared_ptr<const Package>> Packages::unpacked(const Code& code) {
  if (auto package = find(code.sha256)) return package;
  TRY(const auto reader, files_.open_blob({code.blob}));
  TRY(const std::string zip, reader->read(0, reader->size()));
  if (sha256(zip) != code.sha256)
    return fail(ErrorKind::kCorrupt, "a function's package is damaged");
  return find_or_unpack(code.sha256, zip);
}

Result<std::shared_ptr<const Package>> Packages::find_or_unpack(const std::string& sha256,
                                                                std::string_view zip) {
  const std::scoped_lock turn(unpacking_);
  if (auto package = find(sha256)) return package;
  const std::string directory = fmt::format("{}/{}", directory_, to_hex(sha256));
  std::error_code error;
  std::filesystem::remove_all(directory, error);
  TRY(const PackageSummary summary, unpack_package(zip, directory));
  auto package = std::make_shared<const Package>(Package{directory});
  const std::scoped_lock lock(mutex_);
  entries_[sha256] = {package, summary.unpacked_bytes, ++clock_};
  bytes_ += summary.unpacked_bytes;
  evict();
  return package;
}

// Requires the mutex. Drops the packages used longest ago that nobody holds.
void Packages::evict() {
  while (bytes_ > cache_bytes_max_) {
    auto victim = entries_.end();
    for (auto it = entries_.begin(); it != entries_.end(); ++it) {
      if (it->second.package.use_count() > 1 || it->second.used == clock_) continue;
      if (victim == entries_.end() || it->second.used < victim->second.used) victim = it;
    }
    if (victim == entries_.end()) return;
    std::error_code error;
    std::filesystem::remove_all(victim->second.package->directory, error);
    bytes_ -= victim->second.bytes;
    entries_.erase(victim);
  }
}

}  // namespace penstock::lambda
