// Reading policy documents.
#include "services/iam/policy.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <functional>

#include "base/bytes.h"
#include "services/iam/evaluate.h"
#include "services/iam/json_list.h"

namespace penstock::iam {
namespace {

using Element = simdjson::dom::element;
using Object = simdjson::dom::object;

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

// One operator of a Condition on sts:ExternalId. A negated one holds when there is no value.
bool external_id_meets(std::string_view name, const Element& wanted,
                       std::optional<std::string_view> given) {
  if (name == "Null") {
    std::string_view text;
    bool absent = false;
    if (wanted.get(absent) != simdjson::SUCCESS) {
      absent = wanted.get(text) == simdjson::SUCCESS && equals_ignore_case(text, "true");
    }
    return absent == !given;
  }
  constexpr std::string_view kIfExists = "IfExists";
  if (name.ends_with(kIfExists)) {
    if (!given) return true;
    name.remove_suffix(kIfExists.size());
  }
  const bool negated = name.starts_with("StringNot");
  if (!given) return negated;
  bool matches = false;
  each_of(wanted, [&](const Element& value) {
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS) return;
    if (name.ends_with("IgnoreCase")) {
      matches = matches || equals_ignore_case(text, *given);
    } else {
      matches = matches || (name.ends_with("Like") ? is_like(text, *given) : text == *given);
    }
  });
  return matches != negated;
}

bool meets_conditions(const Object& statement, std::optional<std::string_view> external_id) {
  Object operators;
  if (!has(statement, "Condition") ||
      statement.at_key("Condition").get(operators) != simdjson::SUCCESS) {
    return true;
  }
  for (const auto& [name, block] : operators) {
    Object keys;
    if (block.get(keys) != simdjson::SUCCESS) continue;
    for (const auto& [key, wanted] : keys) {
      if (!equals_ignore_case(key, "sts:ExternalId")) continue;
      if (!external_id_meets(name, wanted, external_id)) return false;
    }
  }
  return true;
}

// True when some Allow (and no Deny) statement that `counts` has a principal of `kind` that
// `is_named` accepts.
bool decides(std::string_view document, std::string_view kind,
             const std::function<bool(std::string_view)>& is_named,
             const std::function<bool(const Object&)>& counts) {
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
        !matches_action(statement, "sts:AssumeRole") || !counts(statement) ||
        statement.at_key("Effect").get(effect) != simdjson::SUCCESS ||
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
      [](const Object&) { return true; });
}

bool trusts_principal(std::string_view trust_policy, const Caller& caller) {
  const std::string root = fmt::format("arn:aws:iam::{}:root", caller.account);
  return decides(
      trust_policy, "AWS",
      [&](std::string_view name) {
        return name == caller.principal_arn || name == caller.account || name == root;
      },
      [&](const Object& statement) { return meets_conditions(statement, caller.external_id); });
}

}  // namespace penstock::iam
