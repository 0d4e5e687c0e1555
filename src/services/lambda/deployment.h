// What the execution engine knows of a function: one published state of it, never changed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "base/clock.h"

namespace penstock::lambda {

// An unpacked package. The directory exists while somebody holds it.
struct Package {
  std::string directory;
};

struct Deployment {
  // Two invocations may share an instance exactly when this is equal: it changes with every change
  // of code or configuration.
  std::string pool;
  std::string account;
  std::string region;
  std::string function_name;
  std::string version = "$LATEST";
  std::string role_arn;
  std::string runtime;  // "python3.12"
  std::string handler;
  std::map<std::string, std::string> environment;
  std::uint32_t memory_mb = 128;
  std::uint32_t timeout_seconds = 3;
  std::uint32_t tmp_mb = 512;
  std::string log_group;
  std::shared_ptr<const Package> package;
};

// A session of the function's role.
struct RoleCredentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;
  Timestamp expiration;
};

}  // namespace penstock::lambda
