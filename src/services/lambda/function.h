// Functions as values: configuration, code, versions, permissions, and the names that lead to them.
// Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "protocol/place.h"

namespace penstock::lambda {

using protocol::Place;

inline constexpr std::string_view kLatest = "$LATEST";

// Where the package is kept and what it is.
struct Code {
  std::string sha256;  // Raw.
  std::uint64_t size = 0;
  std::string blob;  // BlobId.
  friend bool operator==(const Code&, const Code&) = default;
};

// What one version of a function is. $LATEST changes; numbered versions never do.
struct FunctionVersion {
  std::string version = std::string(kLatest);
  std::string runtime;
  std::string handler;
  std::string role;
  std::string description;
  std::uint32_t timeout_seconds = 3;
  std::uint32_t memory_mb = 128;
  std::uint32_t tmp_mb = 512;
  std::string architecture = "x86_64";
  std::optional<std::map<std::string, std::string>> environment;
  std::string log_group;  // Empty: /aws/lambda/<name>.
  Code code;
  Timestamp modified;
  std::string revision;  // Changes with everything.
  std::string serial;    // Changes with code and configuration only: names the pool of instances.
};

// True when publishing `a` after `b` would say the same again.
bool same_content(const FunctionVersion& a, const FunctionVersion& b);

// One statement of a resource policy, as JSON text.
struct PolicyStatement {
  std::string id;
  std::string qualifier;  // Empty: of the unqualified function.
  std::string json;
};

struct Function {
  Place place;
  std::string name;
  FunctionVersion latest;
  std::map<std::uint64_t, FunctionVersion> versions;
  std::uint64_t next_version = 1;  // Numbers are not given twice.
  std::map<std::string, std::string> tags;
  std::optional<std::int32_t> reserved;
  std::vector<PolicyStatement> policy;

  // "$LATEST", or empty, or a number that exists; nullptr otherwise.
  const FunctionVersion* find_version(std::string_view qualifier) const;
};

std::string function_arn(const Place& place, std::string_view name,
                         std::string_view qualifier = {});
// "/aws/lambda/<name>" unless configured otherwise.
std::string log_group_of(const Function& function, const FunctionVersion& version);

// What FunctionName and Qualifier of a request mean. FunctionName may be a name, name:qualifier,
// account:function:name[:qualifier], or an ARN with or without qualifier; nullopt: none of these,
// or an ARN of another partition.
struct FunctionReference {
  std::string account;  // Empty: the caller's.
  std::string region;   // Empty: the caller's.
  std::string name;
  std::string qualifier;  // Empty: none was given.
};
std::optional<FunctionReference> parse_reference(std::string_view text);

// The sentence with which AWS refuses an environment; nullopt when it is acceptable.
std::optional<std::string> why_not_environment(const std::map<std::string, std::string>& variables);

}  // namespace penstock::lambda
