// ExportFile: one data file of an export, packed with gzip while it is written. Only what is not
// yet uploaded is in memory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace penstock::dynamodb {

class ExportFile {
 public:
  ExportFile();
  ~ExportFile();
  ExportFile(const ExportFile&) = delete;
  ExportFile& operator=(const ExportFile&) = delete;

  void append(std::string_view text);
  // No text comes after this.
  void finish();

  std::size_t ready_bytes() const { return ready_.size(); }
  std::string take_ready() { return std::exchange(ready_, {}); }
  std::uint64_t text_bytes() const { return text_bytes_; }
  // Of the whole file, base64. Requires finish().
  const std::string& md5_text() const { return md5_text_; }

 private:
  struct Impl;
  void deflate_all(std::string_view text, bool last);

  std::unique_ptr<Impl> impl_;
  std::string ready_;
  std::string md5_text_;
  std::uint64_t text_bytes_ = 0;
};

}  // namespace penstock::dynamodb
