// Keys and values of IAM's records.
#include "services/iam/records.h"

#include <fmt/format.h>

#include "storage/key.h"

namespace penstock::iam {
namespace {

using storage::KeyReader;
using storage::KeyWriter;
using storage::ValueReader;
using storage::ValueWriter;

constexpr std::uint8_t kVersion = 1;
constexpr std::uint64_t kEntriesMax = 100'000;

std::unexpected<Error> corrupt() {
  return fail(ErrorKind::kCorrupt, "an IAM record cannot be read");
}

void write_map(ValueWriter& out, const std::map<std::string, std::string>& map) {
  out.u64(map.size());
  for (const auto& [key, value] : map) out.text(key).text(value);
}

std::map<std::string, std::string> read_map(ValueReader& in) {
  std::map<std::string, std::string> map;
  const std::uint64_t count = in.u64();
  for (std::uint64_t i = 0; i < count && i < kEntriesMax && in.ok(); ++i) {
    std::string key(in.text());
    map[std::move(key)] = std::string(in.text());
  }
  return map;
}

}  // namespace

std::string role_arn(const EntityId& id, const RoleRecord& role) {
  return fmt::format("arn:aws:iam::{}:role{}{}", id.account, role.path, id.name);
}

std::string role_key(const EntityId& id) {
  return KeyWriter(kTagRole).text(id.account).text(id.name).take();
}
std::string policy_key(const EntityId& id) {
  return KeyWriter(kTagPolicy).text(id.account).text(id.name).take();
}
std::string session_key(std::string_view access_key) {
  return KeyWriter(kTagSession).text(access_key).take();
}

std::optional<EntityId> parse_entity_key(std::uint8_t tag, std::string_view key) {
  KeyReader reader(key);
  if (!reader.tag(tag)) return std::nullopt;
  auto account = reader.text(), name = reader.text();
  if (!reader.done()) return std::nullopt;
  return EntityId{std::move(*account), std::move(*name)};
}

std::optional<std::string> parse_session_key(std::string_view key) {
  KeyReader reader(key);
  if (!reader.tag(kTagSession)) return std::nullopt;
  auto access_key = reader.text();
  if (!reader.done()) return std::nullopt;
  return access_key;
}

std::string encode(const RoleRecord& role) {
  ValueWriter out(kVersion);
  out.text(role.path).text(role.id).text(role.trust_policy).text(role.description);
  out.i64(role.created.micros).i64(role.max_session_seconds);
  write_map(out, role.inline_policies);
  write_map(out, role.attached);
  write_map(out, role.tags);
  return out.take();
}

std::string encode(const PolicyRecord& policy) {
  ValueWriter out(kVersion);
  out.text(policy.name)
      .text(policy.path)
      .text(policy.id)
      .text(policy.document)
      .text(policy.description);
  out.i64(policy.created.micros);
  write_map(out, policy.tags);
  return out.take();
}

std::string encode(const SessionRecord& session) {
  ValueWriter out(kVersion);
  out.text(session.account).text(session.secret_key).text(session.session_token);
  out.text(session.principal_arn).text(session.principal_id).i64(session.expires.micros);
  return out.take();
}

Result<RoleRecord> decode_role(std::string_view value) {
  ValueReader in(value);
  if (in.version() != kVersion) return corrupt();
  RoleRecord role;
  role.path = in.text(), role.id = in.text(), role.trust_policy = in.text(),
  role.description = in.text();
  role.created.micros = in.i64();
  role.max_session_seconds = static_cast<std::int32_t>(in.i64());
  role.inline_policies = read_map(in);
  role.attached = read_map(in);
  role.tags = read_map(in);
  if (!in.done()) return corrupt();
  return role;
}

Result<PolicyRecord> decode_policy(std::string_view value) {
  ValueReader in(value);
  if (in.version() != kVersion) return corrupt();
  PolicyRecord policy;
  policy.name = in.text(), policy.path = in.text(), policy.id = in.text(),
  policy.document = in.text();
  policy.description = in.text();
  policy.created.micros = in.i64();
  policy.tags = read_map(in);
  if (!in.done()) return corrupt();
  return policy;
}

Result<SessionRecord> decode_session(std::string_view value) {
  ValueReader in(value);
  if (in.version() != kVersion) return corrupt();
  SessionRecord session;
  session.account = in.text(), session.secret_key = in.text(), session.session_token = in.text();
  session.principal_arn = in.text(), session.principal_id = in.text();
  session.expires.micros = in.i64();
  if (!in.done()) return corrupt();
  return session;
}

}  // namespace penstock::iam
