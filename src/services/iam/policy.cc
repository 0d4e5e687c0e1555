// Reading policy documents.
#include "services/iam/policy.h"

#include <simdjson.h>

#include "base/bytes.h"
#include "protocol/json_list.h"
#include "services/iam/evaluate.h"

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

bool fits_assume_role(const Element& patterns) {
  bool found = false;
  each_of(patterns, [&](const Element& value) {
    std::string_view text;
    found = found ||
            (value.get(text) == simdjson::SUCCESS && is_like(to_lower(text), "sts:assumerole"));
  });
  return found;
}

bool is_about_assume_role(const Object& statement) {
  if (has(statement, "Action")) return fits_assume_role(statement.at_key("Action").value());
  return has(statement, "NotAction") && !fits_assume_role(statement.at_key("NotAction").value());
}

bool names_service(const Object& statement, std::string_view service_principal) {
  Element principal;
  if (statement.at_key("Principal").get(principal) != simdjson::SUCCESS) return false;
  std::string_view text;
  if (principal.get(text) == simdjson::SUCCESS) return text == "*";
  Object by_kind;
  bool named = false;
  if (principal.get(by_kind) == simdjson::SUCCESS && has(by_kind, "Service")) {
    each_of(by_kind.at_key("Service").value(), [&](const Element& value) {
      const bool is_text = value.get(text) == simdjson::SUCCESS;
      named = named || (is_text && (text == "*" || text == service_principal));
    });
  }
  return named;
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
  simdjson::dom::parser parser;
  Object root;
  Element statements;
  if (parser.parse(trust_policy.data(), trust_policy.size()).get(root) != simdjson::SUCCESS ||
      root.at_key("Statement").get(statements) != simdjson::SUCCESS) {
    return false;
  }
  bool allowed = false, denied = false;
  each_of(statements, [&](const Element& element) {
    Object statement;
    std::string_view effect;
    if (element.get(statement) == simdjson::SUCCESS && is_about_assume_role(statement) &&
        statement.at_key("Effect").get(effect) == simdjson::SUCCESS &&
        names_service(statement, service_principal)) {
      (effect == "Allow" ? allowed : denied) = true;
    }
  });
  return allowed && !denied;
}

}  // namespace penstock::iam
