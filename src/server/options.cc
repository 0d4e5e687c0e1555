// The option table and the three places its values come from.
#include "server/options.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>

// Its assertions fire on files that it goes on to refuse in an orderly way ("[.").
#define TOML_ASSERT(condition) static_cast<void>(0)
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

namespace penstock::server {
namespace {

Status bad(std::string_view value, std::string_view wanted) {
  return fail(ErrorKind::kInvalid, fmt::format("'{}' is not {}", value, wanted));
}

template <typename Number>
Status set_number(Number& field, std::string_view value, std::uint64_t max) {
  std::uint64_t parsed = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), parsed);
  if (value.empty() || error != std::errc() || end != value.data() + value.size() || parsed > max) {
    return bad(value, fmt::format("a number from 0 to {}", max));
  }
  field = static_cast<Number>(parsed);
  return {};
}

Status set_auth(Options& o, std::string_view v) {
  if (v == "off")
    o.auth = protocol::AuthMode::kOff;
  else if (v == "soft")
    o.auth = protocol::AuthMode::kSoft;
  else if (v == "strict")
    o.auth = protocol::AuthMode::kStrict;
  else
    return bad(v, "off, soft or strict");
  return {};
}

std::string show_auth(const Options& o) {
  switch (o.auth) {
    case protocol::AuthMode::kOff: return "off";
    case protocol::AuthMode::kSoft: return "soft";
    case protocol::AuthMode::kStrict: return "strict";
  }
  return "off";
}

Status set_durability(Options& o, std::string_view v) {
  if (v == "always")
    o.durability = storage::Durability::kAlways;
  else if (v == "interval")
    o.durability = storage::Durability::kInterval;
  else if (v == "none")
    o.durability = storage::Durability::kNone;
  else
    return bad(v, "always, interval or none");
  return {};
}

std::string show_durability(const Options& o) {
  switch (o.durability) {
    case storage::Durability::kAlways: return "always";
    case storage::Durability::kInterval: return "interval";
    case storage::Durability::kNone: return "none";
  }
  return "always";
}

Status set_account(Options& o, std::string_view v) {
  if (v.size() != 12 || v.find_first_not_of("0123456789") != std::string_view::npos) {
    return bad(v, "an account id of 12 digits");
  }
  o.account = v;
  return {};
}

Status set_level(Options& o, std::string_view v) {
  for (const std::string_view known : {"debug", "info", "warning", "error", "off"}) {
    if (v == known) {
      o.log_level = v;
      return {};
    }
  }
  return bad(v, "debug, info, warning, error or off");
}

Status set_format(Options& o, std::string_view v) {
  if (v != "text" && v != "json") return bad(v, "text or json");
  o.log_format = v;
  return {};
}

Status set_boolean(bool& option, std::string_view v) {
  if (v != "true" && v != "false") return bad(v, "true or false");
  option = v == "true";
  return {};
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    if (!part.empty()) parts.emplace_back(part);
  }
  return parts;
}

// service=url,service=url
Status set_bindings(Options& o, std::string_view v) {
  constexpr std::string_view kBindable[] = {"kinesis", "sqs", "s3", "glue", "lambda"};
  std::map<std::string, std::string> bindings;
  for (const std::string& part : split(v)) {
    const std::size_t equals = part.find('=');
    const std::string service = part.substr(0, equals);
    const std::string url = equals == std::string::npos ? std::string() : part.substr(equals + 1);
    const bool known =
        std::find(std::begin(kBindable), std::end(kBindable), service) != std::end(kBindable);
    if (!known || (!url.starts_with("http://") && !url.starts_with("https://"))) {
      return bad(part, "service=url with a service of kinesis, sqs, s3, glue, lambda");
    }
    bindings[service] = url;
  }
  o.bindings = std::move(bindings);
  return {};
}

template <std::string Options::* field>
Status set_text(Options& o, std::string_view v) {
  o.*field = v;
  return {};
}
template <std::string Options::* field>
std::string show_text(const Options& o) {
  return o.*field;
}

constexpr OptionRow kRows[] = {
    {"host", "ADDRESS", "Address to listen on. Other than loopback needs auth=strict.",
     show_text<&Options::host>, set_text<&Options::host>},
    {"port", "N", "Port of every service; 0 takes a free one.",
     [](const Options& o) { return std::to_string(o.port); },
     [](Options& o, std::string_view v) { return set_number(o.port, v, 65535); }},
    {"data", "DIR", "Data directory; made when absent.", show_text<&Options::data>,
     set_text<&Options::data>},
    {"auth", "MODE", "Signatures: off, soft (what would be refused is logged) or strict.",
     show_auth, set_auth},
    {"access-key", "ID", "Access key of the root user, for soft and strict.",
     show_text<&Options::access_key>, set_text<&Options::access_key>},
    {"secret-key", "SECRET", "Secret key of the root user.", show_text<&Options::secret_key>,
     set_text<&Options::secret_key>},
    {"account", "ID", "Account of keys that are no account id themselves.",
     show_text<&Options::account>, set_account},
    {"region", "NAME", "Region of unsigned requests.", show_text<&Options::region>,
     set_text<&Options::region>},
    {"host-names", "A,B",
     "Names that clients may address us by; `<bucket>.<name>` is a bucket. `*`: any.",
     [](const Options& o) { return fmt::format("{}", fmt::join(o.host_names, ",")); },
     [](Options& o, std::string_view v) {
       o.host_names = split(v);
       return Status();
     }},
    {"durability", "MODE",
     "When a write is answered: always (synced), interval (synced in the background) or none.",
     show_durability, set_durability},
    {"durability-interval-ms", "N", "For durability=interval: how much a power cut may cost.",
     [](const Options& o) { return std::to_string(o.durability_interval_ms); },
     [](Options& o, std::string_view v) {
       return set_number(o.durability_interval_ms, v, 60'000);
     }},
    {"log-level", "LEVEL", "debug, info, warning, error or off.", show_text<&Options::log_level>,
     set_level},
    {"log-format", "FORMAT", "text or json, one line an event, on standard error.",
     show_text<&Options::log_format>, set_format},
    {"threads", "N", "Event loops; 0: one per core.",
     [](const Options& o) { return std::to_string(o.threads); },
     [](Options& o, std::string_view v) { return set_number(o.threads, v, 256); }},
    {"connections-max", "N", "Open connections; further ones get 503.",
     [](const Options& o) { return std::to_string(o.connections_max); },
     [](Options& o, std::string_view v) { return set_number(o.connections_max, v, 1'000'000); }},
    {"allow-reset", "BOOL",
     "Whether POST /_penstock/reset empties the server. For tests; on loopback only.",
     [](const Options& o) { return std::string(o.allow_reset ? "true" : "false"); },
     [](Options& o, std::string_view v) { return set_boolean(o.allow_reset, v); }},
    {"stream-shard-seconds", "N",
     "How long a shard of a DynamoDB stream is open before a child takes over.",
     [](const Options& o) { return std::to_string(o.stream_shard_seconds); },
     [](Options& o, std::string_view v) {
       return set_number(o.stream_shard_seconds, v, 24 * 60 * 60);
     }},
    {"dynamodb-throttle", "BOOL",
     "Whether the throughput of DynamoDB's tables and indexes limits requests, as on AWS.",
     [](const Options& o) { return std::string(o.dynamodb_throttle ? "true" : "false"); },
     [](Options& o, std::string_view v) { return set_boolean(o.dynamodb_throttle, v); }},
    {"kinesis-throttle", "BOOL",
     "Whether the limits of Kinesis shards (1 MiB/s in, 2 MiB/s out, ...) refuse requests, as on "
     "AWS.",
     [](const Options& o) { return std::string(o.kinesis_throttle ? "true" : "false"); },
     [](Options& o, std::string_view v) { return set_boolean(o.kinesis_throttle, v); }},
    {"bind", "SERVICE=URL,...",
     "Stages that use another endpoint (AWS or compatible): kinesis, sqs, s3, glue, lambda.",
     [](const Options& o) {
       std::string out;
       for (const auto& [service, url] : o.bindings) {
         out += fmt::format("{}{}={}", out.empty() ? "" : ",", service, url);
       }
       return out;
     },
     set_bindings},
    {"bind-region", "NAME", "Region of bound endpoints; empty: that of the calling resource.",
     show_text<&Options::bind_region>, set_text<&Options::bind_region>},
    {"bind-access-key", "ID", "Credentials for bound endpoints.",
     show_text<&Options::bind_access_key>, set_text<&Options::bind_access_key>},
    {"bind-secret-key", "SECRET", "Credentials for bound endpoints.",
     show_text<&Options::bind_secret_key>, set_text<&Options::bind_secret_key>},
    {"bind-session-token", "TOKEN", "Credentials for bound endpoints.",
     show_text<&Options::bind_session_token>, set_text<&Options::bind_session_token>},
};

}  // namespace

std::span<const OptionRow> option_rows() { return kRows; }

std::string environment_name(std::string_view option_name) {
  std::string out = "PENSTOCK_";
  for (const char c : option_name) {
    out += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  }
  return out;
}

Status set_option(Options& options, std::string_view name, std::string_view value) {
  for (const OptionRow& row : kRows) {
    if (row.name != name) continue;
    auto status = row.set(options, value);
    if (!status)
      return fail(ErrorKind::kInvalid, fmt::format("{}: {}", name, status.error().message));
    return {};
  }
  return fail(ErrorKind::kInvalid, fmt::format("there is no option '{}'", name));
}

namespace {

Status apply(const toml::parse_result& parsed, const std::string& path, Options& options) {
  if (!parsed) {
    return fail(ErrorKind::kInvalid,
                fmt::format("{}:{}: {}", path, parsed.error().source().begin.line,
                            parsed.error().description()));
  }
  for (const auto& [key, node] : parsed.table()) {
    std::string text;
    if (const auto* string = node.as_string())
      text = string->get();
    else if (const auto* integer = node.as_integer())
      text = std::to_string(integer->get());
    else if (const auto* boolean = node.as_boolean())
      text = boolean->get() ? "true" : "false";
    else
      return fail(ErrorKind::kInvalid, fmt::format("{}: {} is not a plain value", path, key.str()));
    TRY_VOID(set_option(options, key.str(), text));
  }
  return {};
}

}  // namespace

Status load_file(const std::string& path, Options& options) {
  return path.empty() ? Status() : apply(toml::parse_file(path), path, options);
}

Status load_text(std::string_view toml, const std::string& source, Options& options) {
  return apply(toml::parse(toml), source, options);
}

Status load_environment(Options& options) {
  for (const OptionRow& row : kRows) {
    const char* value = std::getenv(environment_name(row.name).c_str());
    if (value != nullptr) TRY_VOID(set_option(options, row.name, value));
  }
  return {};
}

Status check(const Options& options) {
  const bool loopback =
      options.host == "127.0.0.1" || options.host == "::1" || options.host == "localhost";
  if (!loopback && options.auth != protocol::AuthMode::kStrict) {
    return fail(
        ErrorKind::kInvalid,
        fmt::format(
            "host {} can be reached by others: it needs auth=strict (this server runs code)",
            options.host));
  }
  if (!loopback && options.allow_reset) {
    return fail(ErrorKind::kInvalid,
                fmt::format("allow-reset=true needs a loopback address, not {}", options.host));
  }
  if (options.auth == protocol::AuthMode::kStrict &&
      (options.access_key.empty() || options.secret_key.empty())) {
    return fail(ErrorKind::kInvalid,
                "auth=strict needs access-key and secret-key of the root user");
  }
  return {};
}

std::string options_table() {
  std::string out = "| flag | environment | default | meaning |\n|---|---|---|---|\n";
  const Options defaults;
  for (const OptionRow& row : kRows) {
    const std::string shown = row.show(defaults);
    out +=
        fmt::format("| `--{} {}` | `{}` | {} | {} |\n", row.name, row.value_name,
                    environment_name(row.name), shown.empty() ? "" : "`" + shown + "`", row.help);
  }
  return out;
}

}  // namespace penstock::server
