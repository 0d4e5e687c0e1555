// A directory of its own for each test, and short ways to write batches.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "storage/store.h"

namespace penstock::storage::testing {

class Scratch {
 public:
  Scratch() {
    std::string path =
        (std::filesystem::temp_directory_path() / "penstock-storage-XXXXXX").string();
    EXPECT_NE(::mkdtemp(path.data()), nullptr);
    path_ = path;
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// What a kill would leave of the directory of a store that is open, in a new directory.
inline void copy_live(const std::string& directory, const std::string& to) {
  std::error_code gone;  // A file that the store needed no more, between listing and copying it.
  do {
    std::filesystem::remove_all(to);
    std::filesystem::copy(directory, to, std::filesystem::copy_options::recursive, gone);
  } while (gone == std::errc::no_such_file_or_directory);
  ASSERT_FALSE(gone) << gone.message();
}

inline StoreOptions options_at(const std::string& directory) {
  StoreOptions options;
  options.directory = directory;
  return options;
}

inline Batch put(std::string key, std::string value, Family family = Family::kItems) {
  Batch batch;
  batch.put(family, std::move(key), std::move(value));
  return batch;
}

inline Batch erase(std::string key, Family family = Family::kItems) {
  Batch batch;
  batch.erase(family, std::move(key));
  return batch;
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

inline Pairs scanned(const Store& store, Family family, std::string_view begin,
                     std::string_view end, ScanOptions options = {}) {
  Pairs pairs;
  const Status status = store.scan(
      family, begin, end,
      [&pairs](std::string_view key, std::string_view value) {
        pairs.emplace_back(key, value);
        return Next::kContinue;
      },
      options);
  EXPECT_TRUE(status.has_value()) << status.error().message;
  return pairs;
}

}  // namespace penstock::storage::testing
