// Zip writing by libarchive.
#include "cli/zip.h"

#include <archive.h>
#include <archive_entry.h>

namespace penstock::cli {
namespace {

la_ssize_t append(archive*, void* out, const void* bytes, std::size_t size) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(bytes), size);
  return static_cast<la_ssize_t>(size);
}

}  // namespace

Result<std::string> make_zip(const std::vector<std::pair<std::string, std::string_view>>& files) {
  std::string out;
  archive* zip = archive_write_new();
  bool good = archive_write_set_format_zip(zip) == ARCHIVE_OK &&
              archive_write_set_bytes_in_last_block(zip, 1) == ARCHIVE_OK &&
              archive_write_open2(zip, &out, nullptr, append, nullptr, nullptr) == ARCHIVE_OK;
  for (const auto& [name, content] : files) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    good = good && archive_write_header(zip, entry) == ARCHIVE_OK &&
           archive_write_data(zip, content.data(), content.size()) ==
               static_cast<la_ssize_t>(content.size());
    archive_entry_free(entry);
  }
  good = archive_write_close(zip) == ARCHIVE_OK && good;
  archive_write_free(zip);
  if (!good) return fail(ErrorKind::kInternal, "the zip archive could not be written");
  return out;
}

}  // namespace penstock::cli
