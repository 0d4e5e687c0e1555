// What IAM keeps, and its stored form (family kMeta, tags 0x10 role, 0x11 policy, 0x12 session).
//
//   role     0x10 | account | name          policy  0x11 | account | ARN          session 0x12 |
//   access key
//
// Values begin with a version byte; see docs/storage_format.md.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace penstock::iam {

inline constexpr std::uint8_t kTagRole = 0x10;
inline constexpr std::uint8_t kTagPolicy = 0x11;
inline constexpr std::uint8_t kTagSession = 0x12;

struct EntityId {
  std::string account;
  std::string name;  // Role name, or policy ARN.
  friend auto operator<=>(const EntityId&, const EntityId&) = default;
};

using Tags = std::map<std::string, std::string>;

// Of the roles that services of AWS make for themselves: nobody else can make one, and nothing but
// policies of resources limits it.
inline constexpr std::string_view kServiceLinkedPrefix = "AWSServiceRoleFor";

struct RoleRecord {
  std::string path, id, trust_policy, description;
  Timestamp created;
  std::int32_t max_session_seconds = 3600;
  std::map<std::string, std::string> inline_policies;
  std::map<std::string, std::string> attached;  // ARN → name.
  Tags tags;
};

struct PolicyRecord {
  std::string name, path, id, document, description;
  Timestamp created;
  Tags tags;
};

struct SessionRecord {
  std::string account, secret_key, session_token, principal_arn, principal_id;
  Timestamp expires;
};

std::string role_arn(const EntityId& id, const RoleRecord& role);

std::string role_key(const EntityId& id);
std::string policy_key(const EntityId& id);
std::string session_key(std::string_view access_key);
std::optional<EntityId> parse_entity_key(std::uint8_t tag, std::string_view key);
std::optional<std::string> parse_session_key(std::string_view key);

std::string encode(const RoleRecord& role);
std::string encode(const PolicyRecord& policy);
std::string encode(const SessionRecord& session);
Result<RoleRecord> decode_role(std::string_view value);
Result<PolicyRecord> decode_policy(std::string_view value);
Result<SessionRecord> decode_session(std::string_view value);

}  // namespace penstock::iam
