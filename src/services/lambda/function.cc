// The domain of functions: names, ARNs, versions, environments.
#include "services/lambda/function.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/ascii.h"
#include "protocol/arn.h"
#include "protocol/json_writer.h"

namespace penstock::lambda {
namespace {

constexpr std::size_t kEnvironmentBytesMax = 4096;

constexpr auto kReservedVariables = std::to_array<std::string_view>(
    {"_HANDLER", "_X_AMZN_TRACE_ID", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION",
     "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_NAME",
     "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME",
     "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_RUNTIME_API", "AWS_REGION", "AWS_SECRET_ACCESS_KEY",
     "AWS_SESSION_TOKEN", "LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT"});

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t colon = text.find(':');
    parts.push_back(text.substr(0, colon));
    if (colon == std::string_view::npos) return parts;
    text.remove_prefix(colon + 1);
  }
}

bool is_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

}  // namespace

bool same_content(const FunctionVersion& a, const FunctionVersion& b) {
  return a.serial == b.serial ||
         (a.code.sha256 == b.code.sha256 && a.runtime == b.runtime && a.handler == b.handler &&
          a.role == b.role && a.description == b.description &&
          a.timeout_seconds == b.timeout_seconds && a.memory_mb == b.memory_mb &&
          a.tmp_mb == b.tmp_mb && a.architecture == b.architecture &&
          a.environment == b.environment && a.log_group == b.log_group);
}

const FunctionVersion* Function::find_version(std::string_view qualifier) const {
  if (qualifier.empty() || qualifier == kLatest) return &latest;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(qualifier.begin(), qualifier.end(), number);
  if (error != std::errc() || end != qualifier.end()) return nullptr;
  const auto found = versions.find(number);
  return found == versions.end() ? nullptr : &found->second;
}

std::string function_arn(const Place& place, std::string_view name, std::string_view qualifier) {
  std::string arn =
      fmt::format("arn:aws:lambda:{}:{}:function:{}", place.region, place.account, name);
  if (!qualifier.empty()) arn.append(":").append(qualifier);
  return arn;
}

std::string log_group_of(const Function& function, const FunctionVersion& version) {
  return version.log_group.empty() ? "/aws/lambda/" + function.name : version.log_group;
}

std::optional<FunctionReference> parse_reference(std::string_view text) {
  FunctionReference reference;
  const bool is_arn = text.starts_with("arn:");
  if (is_arn) {
    auto arn = protocol::parse_arn(text);
    if (!arn || arn->service != "lambda" || !is_account_id(arn->account) || arn->region.empty()) {
      return std::nullopt;
    }
    text.remove_prefix(text.size() - arn->resource.size());
    reference.region = std::move(arn->region);
    reference.account = std::move(arn->account);
  }
  std::vector<std::string_view> parts = split(text);
  if (!is_arn && parts.size() >= 3 && is_account_id(parts[0])) {
    reference.account = parts[0];
    parts.erase(parts.begin());
  }
  // "function:" stands before the name in every long form, and may in the short ones.
  if (parts.size() >= 2 && parts[0] == "function") {
    parts.erase(parts.begin());
  } else if (!reference.account.empty()) {
    return std::nullopt;
  }
  if (parts.size() > 2 || !is_name(parts[0])) return std::nullopt;
  reference.name = parts[0];
  if (parts.size() == 2) {
    if (parts[1] != kLatest && !is_name(parts[1])) return std::nullopt;
    reference.qualifier = parts[1];
  }
  return reference;
}

std::optional<std::string> why_not_environment(
    const std::map<std::string, std::string>& variables) {
  std::string json;
  protocol::JsonWriter writer(json);
  writer.begin_object();
  std::vector<std::string> reserved;
  for (const auto& [name, value] : variables) {
    writer.key(name).string(value);
    if (std::ranges::find(kReservedVariables, name) != kReservedVariables.end())
      reserved.push_back(name);
  }
  writer.end_object();
  if (!reserved.empty()) {
    return fmt::format(
        "Lambda was unable to configure your environment variables because the environment "
        "variables you have "
        "provided contains reserved keys that are currently not supported for modification. "
        "Reserved keys used in "
        "this request: {}",
        fmt::join(reserved, ", "));
  }
  if (json.size() > kEnvironmentBytesMax) {
    return fmt::format(
        "Lambda was unable to configure your environment variables because the environment "
        "variables you have "
        "provided exceeded the 4KB limit. String measured: {}",
        json);
  }
  return std::nullopt;
}

}  // namespace penstock::lambda
