// Packages from clients are not trusted: every way out of the directory, and every way to lie about
// size.
#include "services/lambda/package.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "services/lambda/tests/zip_maker.h"

namespace penstock::lambda {
namespace {

namespace fs = std::filesystem;
using testing::make_zip;
using testing::ZipEntry;

class PackageTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::temp_directory_path() / ("penstock_package_" + std::to_string(::getpid()));
    fs::remove_all(root_);
    fs::create_directories(root_);
  }
  void TearDown() override { fs::remove_all(root_); }
  std::string target() const { return (root_ / "code").string(); }
  std::string content(const std::string& name) const {
    std::ifstream file(root_ / "code" / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  fs::path root_;
};

TEST_F(PackageTest, UnpacksFilesFoldersAndTheExecutableBit) {
  const std::string zip = make_zip({{.name = "lib/", .mode = 040755},
                                    {.name = "lib/util.py", .data = "x = 1\n"},
                                    {.name = "deep/er/mod.py", .data = "y = 2\n"},
                                    {.name = "bootstrap", .data = "#!/bin/sh\n", .mode = 0100755}});
  const auto summary = unpack_package(zip, target());
  ASSERT_TRUE(summary.has_value()) << summary.error().message;
  EXPECT_EQ(summary->entries, 4U);
  EXPECT_EQ(summary->unpacked_bytes, 22U);
  EXPECT_EQ(content("lib/util.py"), "x = 1\n");
  EXPECT_EQ(content("deep/er/mod.py"), "y = 2\n");
  struct stat state{};
  ASSERT_EQ(::stat((target() + "/bootstrap").c_str(), &state), 0);
  EXPECT_EQ(state.st_mode & 0777, 0555U);
  ASSERT_EQ(::stat((target() + "/lib/util.py").c_str(), &state), 0);
  EXPECT_EQ(state.st_mode & 0777, 0444U);
}

TEST_F(PackageTest, TheLastOfTwoEntriesWithOneNameWins) {
  ASSERT_TRUE(unpack_package(
      make_zip({{.name = "a.py", .data = "1"}, {.name = "a.py", .data = "2"}}), target()));
  EXPECT_EQ(content("a.py"), "2");
}

struct BadPackage {
  std::string what;
  std::string zip;
  ErrorKind kind;
};

// Deduced from the zip format; nothing outside the directory may appear, and no directory stays
// behind.
TEST_F(PackageTest, RefusesWhatIsDamagedOrLeavesItsDirectory) {
  const std::string good = make_zip("a.py", "print(1)\n");
  const std::vector<BadPackage> packages = {
      {"not a zip", "hello", ErrorKind::kInvalid},
      {"nothing at all", "", ErrorKind::kInvalid},
      {"no entries", make_zip(std::vector<ZipEntry>{}), ErrorKind::kInvalid},
      {"cut off", good.substr(0, good.size() / 2), ErrorKind::kInvalid},
      {"parent", make_zip("../evil.py", "x"), ErrorKind::kInvalid},
      {"parent in the middle", make_zip("a/../../evil.py", "x"), ErrorKind::kInvalid},
      {"absolute", make_zip("/tmp/evil.py", "x"), ErrorKind::kInvalid},
      {"backslashes", make_zip("..\\evil.py", "x"), ErrorKind::kInvalid},
      {"control byte", make_zip("a\nb.py", "x"), ErrorKind::kInvalid},
      {"long name", make_zip(std::string(300, 'a'), "x"), ErrorKind::kInvalid},
      {"symbolic link", make_zip({{.name = "l", .data = "/etc/passwd", .mode = 0120777}}),
       ErrorKind::kInvalid},
      {"link, then through it",
       make_zip(
           {{.name = "d", .data = "/tmp", .mode = 0120777}, {.name = "d/evil.py", .data = "x"}}),
       ErrorKind::kInvalid},
      {"device", make_zip({{.name = "null", .mode = 020666}}), ErrorKind::kInvalid},
      {"wrong checksum", make_zip({{.name = "a.py", .data = "x", .crc_flip = 1}}),
       ErrorKind::kInvalid},
      {"longer than it is", make_zip({{.name = "a.py", .data = "x", .claimed_size = 4000}}),
       ErrorKind::kInvalid},
      {"a file is a folder", make_zip({{.name = "a", .data = "x"}, {.name = "a/b", .data = "y"}}),
       ErrorKind::kInvalid},
  };
  for (const BadPackage& package : packages) {
    SCOPED_TRACE(package.what);
    const auto outcome = unpack_package(package.zip, target());
    ASSERT_FALSE(outcome.has_value());
    EXPECT_EQ(outcome.error().kind, package.kind) << outcome.error().message;
    EXPECT_FALSE(fs::exists(target()));
    EXPECT_FALSE(fs::exists(root_ / "evil.py"));
  }
}

TEST_F(PackageTest, CountsWhatIsUnpackedAgainstTheLimits) {
  const PackageLimits limits{.unpacked_bytes_max = 1000, .entries_max = 3};
  const auto large = unpack_package(make_zip("a.py", std::string(1001, 'x')), target(), limits);
  ASSERT_FALSE(large.has_value());
  EXPECT_EQ(large.error().kind, ErrorKind::kLimit);
  EXPECT_EQ(large.error().message, "Unzipped size must be smaller than 1000 bytes");
  EXPECT_TRUE(inspect_package(make_zip("a.py", std::string(1000, 'x')), limits).has_value());
  const auto many = inspect_package(
      make_zip({{.name = "a"}, {.name = "b"}, {.name = "c"}, {.name = "d"}}), limits);
  ASSERT_FALSE(many.has_value());
  EXPECT_EQ(many.error().kind, ErrorKind::kLimit);
}

}  // namespace
}  // namespace penstock::lambda
