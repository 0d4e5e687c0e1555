// Blob files: whole or not at all, readable while removed, swept at start.
#include "storage/blobs.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "storage/tests/scratch.h"

namespace penstock::storage {
namespace {

using testing::Scratch;

class BlobsTest : public ::testing::TestWithParam<Durability> {
 protected:
  std::unique_ptr<BlobFiles> open() {
    return std::move(BlobFiles::open(scratch_.path() + "/blobs", GetParam()).value());
  }
  static BlobId store(BlobFiles& files, const std::vector<std::string>& parts) {
    const auto writer = std::move(files.create().value());
    for (const std::string& part : parts) EXPECT_TRUE(writer->append(part));
    return writer->finish().value();
  }
  std::size_t file_count() const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(scratch_.path())) {
      if (entry.is_regular_file()) ++count;
    }
    return count;
  }
  Scratch scratch_;
};
INSTANTIATE_TEST_SUITE_P(All, BlobsTest,
                         ::testing::Values(Durability::kAlways, Durability::kInterval,
                                           Durability::kNone));

TEST_P(BlobsTest, WritesAndReadsAnySizeAndRange) {
  const auto files = open();
  // Around the writer's buffer of 128 KiB, in small and large parts.
  for (const std::size_t size : {0UL, 1UL, 131'071UL, 131'072UL, 131'073UL, 1'000'000UL}) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 31 + i / 251);
    std::vector<std::string> parts;
    for (std::size_t at = 0, step = 1; at < size; at += step, step = step * 3 + 1)
      parts.push_back(bytes.substr(at, step));
    const BlobId id = store(*files, parts);
    const auto reader = files->open_blob(id).value();
    EXPECT_EQ(reader->size(), size);
    EXPECT_EQ(reader->read(0, size + 5).value(), bytes);
    EXPECT_EQ(reader->read(size / 2, 10).value(), bytes.substr(size / 2, 10));
    EXPECT_EQ(reader->read(size, 10).value(), "");
    EXPECT_EQ(reader->read(size + 1, ~0ULL).value(), "");
  }
}

TEST_P(BlobsTest, AnUnfinishedBlobLeavesNothing) {
  const auto files = open();
  {
    const auto writer = std::move(files->create().value());
    ASSERT_TRUE(writer->append(std::string(500'000, 'x')));
    EXPECT_EQ(file_count(), 1U);
  }
  EXPECT_EQ(file_count(), 0U);
}

TEST_P(BlobsTest, RemovalSparesOpenReaders) {
  const auto files = open();
  const BlobId id = store(*files, {"hello"});
  const auto reader = files->open_blob(id).value();
  ASSERT_TRUE(files->remove(id));
  EXPECT_EQ(file_count(), 0U);
  EXPECT_EQ(reader->read(0, 5).value(), "hello");
  EXPECT_EQ(files->open_blob(id).error().kind, ErrorKind::kNotFound);
  EXPECT_TRUE(files->remove(id));  // Absent is fine.
}

TEST_P(BlobsTest, SweepKeepsOnlyWhatIsReferenced) {
  std::set<BlobId> kept;
  {
    const auto files = open();
    for (int i = 0; i < 20; ++i) {
      const BlobId id = store(*files, {"x"});
      if (i % 2 == 0) kept.insert(id);
    }
  }
  // What a crash may leave, and what is none of ours.
  const std::string directory = scratch_.path() + "/blobs";
  std::filesystem::copy(
      directory + "/" + kept.begin()->value.substr(0, 2) + "/" + kept.begin()->value,
      directory + "/tmp/" + kept.begin()->value);
  std::filesystem::create_directory(directory + "/lost+found");
  const auto files = open();
  ASSERT_TRUE(files->sweep([&](const BlobId& id) { return kept.contains(id); }));
  EXPECT_EQ(file_count(), kept.size());
  for (const BlobId& id : kept) EXPECT_EQ((*files->open_blob(id))->read(0, 9).value(), "x");
  EXPECT_TRUE(std::filesystem::exists(directory + "/lost+found"));
}

TEST_P(BlobsTest, OnlyIdsBecomePaths) {
  const auto files = open();
  for (const char* id : {"", "x", "../../../../../../etc/passwd",
                         "0123456789abcdef0123456789abcde/", "0123456789ABCDEF0123456789ABCDEF"}) {
    EXPECT_EQ(files->open_blob({id}).error().kind, ErrorKind::kCorrupt) << id;
    EXPECT_EQ(files->remove({id}).error().kind, ErrorKind::kCorrupt) << id;
  }
}

TEST_P(BlobsTest, ReadersAndWritersInParallel) {
  const auto files = open();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 10; ++i) {
        const std::string bytes(static_cast<std::size_t>(200'000 + t), static_cast<char>('a' + t));
        const BlobId id = store(*files, {bytes});
        EXPECT_EQ((*files->open_blob(id))->read(0, 1 << 20).value(), bytes);
        EXPECT_TRUE(files->remove(id));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(file_count(), 0U);
}

}  // namespace
}  // namespace penstock::storage
