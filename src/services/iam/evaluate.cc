// Policy documents compiled into statements, and the verdict over them.
#include "services/iam/evaluate.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <optional>

#include "base/ascii.h"
#include "base/bytes.h"
#include "protocol/json_list.h"
#include "services/iam/statement.h"

namespace penstock::iam {
namespace {

using Element = simdjson::dom::element;
using Object = simdjson::dom::object;
using protocol::each_of;

struct Names {
  bool negated = false;  // NotAction, NotResource.
  std::vector<std::string> patterns;
};

// `${aws:PrincipalAccount}`, `${aws:username, 'anyone'}`, `${*}`. nullopt: a variable without
// value, so that the pattern fits nothing. Text that is no variable stays.
std::optional<std::string> expand(std::string_view pattern, const AccessRequest& request) {
  std::string out;
  while (true) {
    const std::size_t begin = pattern.find("${");
    const std::size_t end = begin == pattern.npos ? pattern.npos : pattern.find('}', begin);
    if (end == pattern.npos) break;
    out += pattern.substr(0, begin);
    std::string_view name = pattern.substr(begin + 2, end - begin - 2);
    pattern.remove_prefix(end + 1);
    std::optional<std::string> fallback;
    if (const std::size_t comma = name.find(','); comma != name.npos) {
      std::string_view text = trim(name.substr(comma + 1));
      if (text.size() >= 2 && text.front() == '\'' && text.back() == '\'') {
        fallback = text.substr(1, text.size() - 2);
      }
      name = trim(name.substr(0, comma));
    }
    if (name == "*" || name == "?" || name == "$") {
      out += name;
      continue;
    }
    const auto found = request.context.find(to_lower(name));
    if (found != request.context.end()) {
      out += found->second;
    } else if (fallback) {
      out += *fallback;
    } else {
      return std::nullopt;
    }
  }
  return out += pattern;
}

std::optional<Names> names_in(const Object& statement, std::string_view key,
                              std::string_view negated_key) {
  Names names;
  Element value;
  if (statement.at_key(key).get(value) != simdjson::SUCCESS) {
    if (statement.at_key(negated_key).get(value) != simdjson::SUCCESS) return std::nullopt;
    names.negated = true;
  }
  each_of(value, [&](const Element& one) {
    std::string_view text;
    if (one.get(text) == simdjson::SUCCESS) names.patterns.emplace_back(text);
  });
  return names;
}

bool fits_action(const Names& names, std::string_view lower_action) {
  return names.negated !=
         std::any_of(names.patterns.begin(), names.patterns.end(),
                     [&](const std::string& pattern) { return is_like(pattern, lower_action); });
}

bool fits_resource(const Names& names, const AccessRequest& request) {
  const auto fits = [&](const std::string& pattern) {
    if (pattern.find("${") == pattern.npos) return is_like(pattern, request.resource);
    const auto expanded = expand(pattern, request);
    return expanded && is_like(*expanded, request.resource);
  };
  return names.negated != std::any_of(names.patterns.begin(), names.patterns.end(), fits);
}

std::string root_of(std::string_view account) {
  return fmt::format("arn:aws:iam::{}:root", account);
}

// Whom Principal or NotPrincipal names: services and federated users are nobody who calls here.
struct Principals {
  bool negated = false;
  bool everybody = false;
  std::vector<std::string> arns;  // Accounts as their root.

  bool name(const std::string& arn) const {
    return !arn.empty() && std::find(arns.begin(), arns.end(), arn) != arns.end();
  }
  bool name_itself(const Principal& who) const {
    return everybody || name(who.arn) || name(who.role_arn);
  }
  // Spared from a Deny: documented is to name the account and the user, or the account and the
  // role.
  bool spare(const Principal& who) const {
    return everybody || (name(root_of(who.account)) && name_itself(who));
  }
};

std::optional<Principals> principals_in(const Object& statement) {
  Principals principals;
  Element value;
  if (statement.at_key("Principal").get(value) != simdjson::SUCCESS) {
    if (statement.at_key("NotPrincipal").get(value) != simdjson::SUCCESS) return std::nullopt;
    principals.negated = true;
  }
  std::string_view text;
  Object kinds;
  if (value.get(text) == simdjson::SUCCESS) {
    principals.everybody = text == "*";
  } else if (value.get(kinds) == simdjson::SUCCESS) {
    Element named;
    if (kinds.at_key("AWS").get(named) != simdjson::SUCCESS) return principals;
    each_of(named, [&](const Element& one) {
      if (one.get(text) != simdjson::SUCCESS) return;
      if (text == "*") principals.everybody = true;
      principals.arns.push_back(is_account_id(text) ? root_of(text) : std::string(text));
    });
  }
  return principals;
}

}  // namespace

struct PolicySet::Statement {
  bool allows = false;
  Names actions, resources;  // Actions in lower case.
  std::optional<Principals> principals;
  std::vector<Condition> conditions;

  bool applies(const AccessRequest& request, std::string_view lower_action) const {
    return fits_action(actions, lower_action) &&
           (request.resource.empty() || fits_resource(resources, request)) &&
           std::all_of(conditions.begin(), conditions.end(), [&](const Condition& condition) {
             std::vector<std::string> wanted;
             for (const std::string& value : condition.values) {
               if (auto text = expand(value, request)) wanted.push_back(std::move(*text));
             }
             std::optional<std::string> value;
             const auto found = request.context.find(condition.key);
             if (found != request.context.end()) value = found->second;
             return is_met(condition, wanted, value).value_or(!allows);
           });
  }

  Grant about(const Principal& who) const {
    if (!principals) return Grant::kNone;
    if (principals->negated) {
      return allows || principals->spare(who) ? Grant::kNone : Grant::kDenied;
    }
    const bool itself = principals->name_itself(who);
    if (!itself && !principals->name(root_of(who.account))) return Grant::kNone;
    if (!allows) return Grant::kDenied;
    return itself ? Grant::kPrincipal : Grant::kAccount;
  }
};

Judgement judge(Verdict identity, Grant resource, bool same_account) {
  if (identity == Verdict::kDenied) return Judgement::kIdentityDenies;
  if (resource == Grant::kDenied) return Judgement::kResourceDenies;
  const bool allows = identity == Verdict::kAllowed;
  if (same_account) {
    return allows || resource == Grant::kPrincipal ? Judgement::kAllowed
                                                   : Judgement::kNoIdentityAllows;
  }
  if (resource == Grant::kNone) return Judgement::kNoResourceAllows;
  return allows ? Judgement::kAllowed : Judgement::kNoIdentityAllows;
}

bool is_like(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = pattern.npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != pattern.npos) {  // The last star takes one character more.
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == pattern.npos;
}

PolicySet PolicySet::compile(const std::vector<std::string>& documents) {
  auto statements = std::make_shared<std::vector<Statement>>();
  simdjson::dom::parser parser;
  for (const std::string& document : documents) {
    Object root;
    Element list;
    if (parser.parse(document).get(root) != simdjson::SUCCESS ||
        root.at_key("Statement").get(list) != simdjson::SUCCESS) {
      continue;
    }
    each_of(list, [&](const Element& element) {
      Object object;
      std::string_view effect;
      if (element.get(object) != simdjson::SUCCESS ||
          object.at_key("Effect").get(effect) != simdjson::SUCCESS) {
        return;
      }
      auto actions = names_in(object, "Action", "NotAction");
      auto resources = names_in(object, "Resource", "NotResource");
      auto principals = principals_in(object);
      // The policy of a resource may leave open that it is about that resource.
      if (principals && !resources) resources = Names{.patterns = {"*"}};
      if (!actions || !resources) return;
      for (std::string& pattern : actions->patterns) pattern = to_lower(pattern);
      statements->push_back({effect == "Allow", std::move(*actions), std::move(*resources),
                             std::move(principals), conditions_in(object)});
    });
  }
  PolicySet set;
  set.statements_ = std::move(statements);
  return set;
}

Verdict PolicySet::decide(const AccessRequest& request) const {
  const std::string action = to_lower(request.action);
  Verdict verdict = Verdict::kNotAllowed;
  for (const Statement& statement : *statements_) {
    if (statement.allows && verdict == Verdict::kAllowed) continue;
    if (!statement.applies(request, action)) continue;
    if (!statement.allows) return Verdict::kDenied;
    verdict = Verdict::kAllowed;
  }
  return verdict;
}

Grant PolicySet::grant(const AccessRequest& request, const Principal& principal) const {
  const std::string action = to_lower(request.action);
  Grant most = Grant::kNone;
  for (const Statement& statement : *statements_) {
    const Grant grant = statement.about(principal);
    if (grant > most && statement.applies(request, action)) most = grant;
  }
  return most;
}

}  // namespace penstock::iam
