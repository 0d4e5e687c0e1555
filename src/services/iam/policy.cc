// Reading policy documents.
#include "services/iam/policy.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <functional>

#include "base/bytes.h"
#include "protocol/json_list.h"
#include "services/iam/statement.h"

namespace penstock::iam {
namespace {

using Element = simdjson::dom::element;
using Object = simdjson::dom::object;
using protocol::each_of;

constexpr std::string_view kBadJson = "This policy contains invalid Json";
constexpr std::string_view kSyntax = "Syntax errors in policy.";

bool has(const Object& object, std::string_view key) {
  return object.at_key(key).error() == simdjson::SUCCESS;
}

std::optional<std::string> statement_fault(const Object& statement, PolicyKind kind) {
  std::string_view effect;
  if (statement.at_key("Effect").get(effect) != simdjson::SUCCESS ||
      (effect != "Allow" && effect != "Deny")) {
    return std::string(kSyntax);
  }
  if (!has(statement, "Action") && !has(statement, "NotAction"))
    return "Policy statement must contain actions.";
  const bool has_resource = has(statement, "Resource") || has(statement, "NotResource");
  const bool has_principal = has(statement, "Principal") || has(statement, "NotPrincipal");
  if (kind == PolicyKind::kIdentity) {
    if (has_principal) return "Policy document should not specify a principal.";
    if (!has_resource) return "Policy statement must contain resources.";
  } else {
    if (has_resource) return "Has prohibited field Resource";
    if (!has_principal) return "Missing required field Principal";
  }
  return std::nullopt;
}

bool matches_action(const Object& statement, std::string_view action) {
  bool found = false;
  if (!has(statement, "Action")) return true;  // NotAction of something else.
  each_of(statement.at_key("Action").value(), [&](const Element& value) {
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS) return;
    found = found || text == "*" || equals_ignore_case(text, "sts:*") ||
            equals_ignore_case(text, action);
  });
  return found;
}

// `counts_unknown`: the answer for an operator that is not known.
bool meets_conditions(const Object& statement, const std::optional<std::string>& external_id,
                      bool counts_unknown) {
  const std::vector<Condition> conditions = conditions_in(statement);
  return std::all_of(conditions.begin(), conditions.end(), [&](const Condition& condition) {
    return condition.key != "sts:externalid" ||
           is_met(condition, condition.values, external_id).value_or(counts_unknown);
  });
}

// True when some Allow (and no Deny) statement that `counts` has a principal of `kind` that
// `is_named` accepts.
bool decides(std::string_view document, std::string_view kind,
             const std::function<bool(std::string_view)>& is_named,
             const std::function<bool(const Object&, bool allows)>& counts) {
  simdjson::dom::parser parser;
  Object root;
  if (parser.parse(document.data(), document.size()).get(root) != simdjson::SUCCESS) return false;
  Element statements;
  if (root.at_key("Statement").get(statements) != simdjson::SUCCESS) return false;
  bool allowed = false, denied = false;
  each_of(statements, [&](const Element& element) {
    Object statement;
    Element principal;
    std::string_view effect;
    if (element.get(statement) != simdjson::SUCCESS ||
        !matches_action(statement, "sts:AssumeRole") ||
        statement.at_key("Effect").get(effect) != simdjson::SUCCESS ||
        !counts(statement, effect == "Allow") ||
        statement.at_key("Principal").get(principal) != simdjson::SUCCESS) {
      return;
    }
    bool named = false;
    std::string_view star;
    Object by_kind;
    if (principal.get(star) == simdjson::SUCCESS) {
      named = star == "*";
    } else if (principal.get(by_kind) == simdjson::SUCCESS && has(by_kind, kind)) {
      each_of(by_kind.at_key(kind).value(), [&](const Element& value) {
        std::string_view text;
        if (value.get(text) == simdjson::SUCCESS) named = named || text == "*" || is_named(text);
      });
    }
    if (named) (effect == "Allow" ? allowed : denied) = true;
  });
  return allowed && !denied;
}

}  // namespace

std::optional<std::string> policy_fault(std::string_view document, PolicyKind kind) {
  simdjson::dom::parser parser;
  Object root;
  if (parser.parse(document.data(), document.size()).get(root) != simdjson::SUCCESS) {
    return std::string(kBadJson);
  }
  std::string_view version;
  if (has(root, "Version") && (root.at_key("Version").get(version) != simdjson::SUCCESS ||
                               (version != "2012-10-17" && version != "2008-10-17"))) {
    return std::string(kSyntax);
  }
  Element statements;
  if (root.at_key("Statement").get(statements) != simdjson::SUCCESS) return std::string(kSyntax);
  std::optional<std::string> fault;
  each_of(statements, [&](const Element& element) {
    Object statement;
    if (fault) return;
    if (element.get(statement) != simdjson::SUCCESS) {
      fault = std::string(kSyntax);
    } else {
      fault = statement_fault(statement, kind);
    }
  });
  return fault;
}

bool trusts_service(std::string_view trust_policy, std::string_view service_principal) {
  return decides(
      trust_policy, "Service", [&](std::string_view name) { return name == service_principal; },
      [](const Object&, bool) { return true; });
}

bool trusts_principal(std::string_view trust_policy, const Caller& caller) {
  const std::string root = fmt::format("arn:aws:iam::{}:root", caller.account);
  std::optional<std::string> external_id;
  if (caller.external_id) external_id = *caller.external_id;
  return decides(
      trust_policy, "AWS",
      [&](std::string_view name) {
        return name == caller.principal_arn || name == caller.account || name == root;
      },
      [&](const Object& statement, bool allows) {
        return meets_conditions(statement, external_id, !allows);
      });
}

}  // namespace penstock::iam
