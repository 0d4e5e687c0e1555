// The server's settings: one table is the source of flags, environment variables, the TOML file,
// the help and docs/options.md.
//
// Precedence: flag, then environment (PENSTOCK_<NAME>), then the TOML file, then the default.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "protocol/dispatcher.h"
#include "storage/store.h"

namespace penstock::server {

struct Options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 4566;
  std::string data = "penstock-data";
  protocol::AuthMode auth = protocol::AuthMode::kOff;
  std::string access_key;  // The root credentials that soft and strict know.
  std::string secret_key;
  std::string account = "000000000000";
  std::string region = "us-east-1";
  std::vector<std::string> host_names = {"localhost", "127.0.0.1", "[::1]",
                                         "localhost.localstack.cloud"};
  storage::Durability durability = storage::Durability::kAlways;
  std::uint32_t durability_interval_ms = 100;
  std::string log_level = "info";
  std::string log_format = "text";
  std::uint32_t threads = 0;
  std::uint32_t connections_max = 4096;
  bool allow_reset = false;
  std::uint32_t stream_shard_seconds = 4 * 60 * 60;
  bool dynamodb_throttle = false;
  bool kinesis_throttle = false;
  // Stages bound to another endpoint instead of this process: service id → URL.
  std::map<std::string, std::string> bindings;
  std::string bind_region;
  std::string bind_access_key;
  std::string bind_secret_key;
  std::string bind_session_token;
};

// One row of the table. `name` is the flag without dashes; the environment variable is PENSTOCK_
// and the name in upper case with underscores.
struct OptionRow {
  std::string_view name;
  std::string_view value_name;
  std::string_view help;
  std::string (*show)(const Options&);
  Status (*set)(Options&, std::string_view);
};
std::span<const OptionRow> option_rows();

std::string environment_name(std::string_view option_name);

// Applies the TOML file (when `path` is not empty) and then the environment to `options`.
Status load_file(const std::string& path, Options& options);
// The same for the text of such a file; `source` names it in errors.
Status load_text(std::string_view toml, const std::string& source, Options& options);
Status load_environment(Options& options);
Status set_option(Options& options, std::string_view name, std::string_view value);

// What does not fit together, e.g. auth=off on an address that others reach.
Status check(const Options& options);

// The table in Markdown, as docs/options.md has it.
std::string options_table();

}  // namespace penstock::server
