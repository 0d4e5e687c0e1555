// Policy documents compiled into statements, and the verdict over them.
#include "services/iam/evaluate.h"

#include <simdjson.h>

#include <algorithm>
#include <functional>
#include <optional>

#include "base/ascii.h"
#include "services/iam/condition.h"
#include "services/iam/json_list.h"

namespace penstock::iam {
namespace {

using Element = simdjson::dom::element;
using Object = simdjson::dom::object;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

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
    const auto found = request.context.find(lower(name));
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

std::string text_of(const Element& value) {
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) return std::string(text);
  return simdjson::minify(value);  // true, 5
}

std::vector<Condition> conditions_in(const Object& statement) {
  std::vector<Condition> conditions;
  Object operators;
  if (statement.at_key("Condition").get(operators) != simdjson::SUCCESS) return conditions;
  for (const auto& [name, block] : operators) {
    Object keys;
    if (block.get(keys) != simdjson::SUCCESS) continue;
    for (const auto& [key, wanted] : keys) {
      Condition condition = parse_operator(name);
      condition.key = lower(key);
      each_of(wanted, [&](const Element& one) { condition.values.push_back(text_of(one)); });
      conditions.push_back(std::move(condition));
    }
  }
  return conditions;
}

bool fits(const Names& names, std::string_view text, const AccessRequest& request, bool actions) {
  const bool any =
      std::any_of(names.patterns.begin(), names.patterns.end(), [&](const std::string& pattern) {
        if (actions) return is_like(lower(pattern), lower(text));
        if (pattern.find("${") == pattern.npos) return is_like(pattern, text);
        const auto expanded = expand(pattern, request);
        return expanded && is_like(*expanded, text);
      });
  return any != names.negated;
}

}  // namespace

struct PolicySet::Statement {
  bool allows = false;
  Names actions, resources;
  std::vector<Condition> conditions;

  bool applies(const AccessRequest& request) const {
    return fits(actions, request.action, request, true) &&
           (request.resource.empty() || fits(resources, request.resource, request, false)) &&
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
};

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
      if (!actions || !resources) return;
      statements->push_back(
          {effect == "Allow", std::move(*actions), std::move(*resources), conditions_in(object)});
    });
  }
  PolicySet set;
  set.statements_ = std::move(statements);
  return set;
}

Verdict PolicySet::decide(const AccessRequest& request) const {
  Verdict verdict = Verdict::kNotAllowed;
  for (const Statement& statement : *statements_) {
    if (statement.allows && verdict == Verdict::kAllowed) continue;
    if (!statement.applies(request)) continue;
    if (!statement.allows) return Verdict::kDenied;
    verdict = Verdict::kAllowed;
  }
  return verdict;
}

}  // namespace penstock::iam
