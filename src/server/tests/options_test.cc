// The configuration file. How the expectations are known: docs/options.md and the TOML 1.0 grammar.
#include "server/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace penstock::server {
namespace {

TEST(Options, AreReadFromToml) {
  Options options;
  const auto status = load_text(
      "# comment\nhost = \"0.0.0.0\"\nport = 1234\nauth = \"strict\"\n\"access-key\" = 'AKID'\n"
      "secret-key = \"\"\"s\"\"\"\n",
      "p.toml", options);
  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(options.host, "0.0.0.0");
  EXPECT_EQ(options.port, 1234);
  EXPECT_EQ(options.auth, protocol::AuthMode::kStrict);
  EXPECT_EQ(options.access_key, "AKID");
  EXPECT_EQ(options.secret_key, "s");
  EXPECT_TRUE(check(options));
}

TEST(Options, AreDocumentedAsTheyAre) {
  std::ifstream file(PENSTOCK_SOURCE_DIR "/docs/options.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  EXPECT_THAT(page, ::testing::HasSubstr(options_table()));
}

TEST(Options, FaultsNameTheirPlace) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"host = ", "p.toml:1: "},
      {"[.", "p.toml:1: "},
      {"\nport = 70000", "port: '70000' is not a number from "},
      {"port = -1", "port: '-1' is not a number from "},
      {"port = 1.5", "p.toml: port is not a plain value"},
      {"[host]\na = 1", "p.toml: host is not a plain value"},
      {"nothing = 1", "there is no option 'nothing'"},
  };
  for (const auto& [toml, message] : cases) {
    Options options;
    const auto status = load_text(toml, "p.toml", options);
    ASSERT_FALSE(status) << toml;
    EXPECT_TRUE(status.error().message.starts_with(message)) << status.error().message;
  }
}

}  // namespace
}  // namespace penstock::server
