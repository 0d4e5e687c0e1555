// Reading resource policies. The canonical form and the texts were measured on AWS in 2026. That an
// action exists is checked for what tells tables and streams apart only.
#include "services/dynamodb/resource_policy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <simdjson.h>

#include <algorithm>
#include <set>
#include <vector>

#include "base/ascii.h"
#include "base/bytes.h"
#include "protocol/json_list.h"
#include "protocol/json_writer.h"
#include "services/dynamodb/limits.h"

namespace penstock::dynamodb {
namespace {

using Element = simdjson::dom::element;
using Object = simdjson::dom::object;
using protocol::JsonWriter;
using protocol::write_texts;

std::unexpected<ApiError> bad_document(std::string_view what) {
  return invalid_parameter(fmt::format("Invalid policy document: {}", what));
}

bool has_member(const Object& object, std::string_view key) {
  return object.at_key(key).error() == simdjson::SUCCESS;
}

// The texts of a value that is one text or a list of them; nullopt for anything else.
std::optional<std::vector<std::string>> texts_of(const Element& value) {
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) return std::vector{std::string(text)};
  simdjson::dom::array array;
  if (value.get(array) != simdjson::SUCCESS) return std::nullopt;
  std::vector<std::string> out;
  for (const Element child : array) {
    if (child.get(text) != simdjson::SUCCESS) return std::nullopt;
    out.emplace_back(text);
  }
  return out;
}

// {"AWS": …}; an account stands for its root, and what is named twice counts once.
bool write_principal(JsonWriter& json, const Element& value) {
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) {
    json.string(text);
    return text == "*";
  }
  Object kinds;
  if (value.get(kinds) != simdjson::SUCCESS) return false;
  json.begin_object();
  for (const auto& [kind, named] : kinds) {
    auto texts = texts_of(named);
    if (!texts) return false;
    std::vector<std::string> principals;
    for (std::string& principal : *texts) {
      if (is_account_id(principal)) principal = fmt::format("arn:aws:iam::{}:root", principal);
      if (std::ranges::find(principals, principal) == principals.end())
        principals.push_back(std::move(principal));
    }
    json.key(kind);
    write_texts(json, principals);
  }
  json.end_object();
  return true;
}

bool is_everybody(const Element& principal) {
  std::string_view text;
  if (principal.get(text) == simdjson::SUCCESS) return text == "*";
  Object kinds;
  if (principal.get(kinds) != simdjson::SUCCESS) return false;
  for (const auto& [kind, named] : kinds) {
    const auto texts = texts_of(named);
    if (texts && std::ranges::find(*texts, "*") != texts->end()) return true;
  }
  return false;
}

// Only these are of a stream; a pattern is of both.
bool is_valid_action(std::string_view action, bool of_stream) {
  constexpr std::string_view kPrefix = "dynamodb:";
  if (action == "*") return true;
  if (action.size() <= kPrefix.size() ||
      !equals_ignore_case(action.substr(0, kPrefix.size()), kPrefix)) {
    return false;
  }
  const std::string_view name = action.substr(kPrefix.size());
  if (name.find_first_of("*?") != name.npos) return true;
  const bool reads_stream = equals_ignore_case(name, "GetRecords") ||
                            equals_ignore_case(name, "GetShardIterator") ||
                            equals_ignore_case(name, "DescribeStream");
  const bool of_policy = equals_ignore_case(name, "GetResourcePolicy") ||
                         equals_ignore_case(name, "PutResourcePolicy") ||
                         equals_ignore_case(name, "DeleteResourcePolicy");
  return of_policy || reads_stream == of_stream;
}

ApiResult<void> check_actions(const std::vector<std::string>& actions, bool of_stream) {
  std::vector<std::string> bad;
  for (const std::string& action : actions) {
    if (!is_valid_action(action, of_stream)) bad.push_back('"' + action + '"');
  }
  if (bad.empty()) return {};
  return bad_document(
      fmt::format("The following action names are invalid: {}", fmt::join(bad, ", ")));
}

ApiResult<std::string> effect_of(const Object& statement) {
  std::string_view effect;
  if (!has_member(statement, "Effect")) return bad_document("Missing required field Effect");
  if (statement.at_key("Effect").get(effect) == simdjson::SUCCESS) {
    if (equals_ignore_case(effect, "Allow")) return "Allow";
    if (equals_ignore_case(effect, "Deny")) return "Deny";
  }
  return bad_document("Invalid effect in the policy");
}

// Action, NotAction, Resource or NotResource.
ApiResult<void> write_list(JsonWriter& json, const Object& statement, std::string_view name,
                           std::optional<bool> actions_of_stream) {
  if (!has_member(statement, name)) return {};
  const auto texts = texts_of(statement.at_key(name).value());
  if (!texts || texts->empty()) return bad_document(fmt::format("Missing required field {}", name));
  if (actions_of_stream) TRY_VOID(check_actions(*texts, *actions_of_stream));
  json.key(name);
  write_texts(json, *texts);
  return {};
}

ApiResult<void> write_statement(JsonWriter& json, const Object& statement, bool of_stream) {
  TRY(const std::string effect, effect_of(statement));
  for (const std::string_view required : {"Principal", "Action", "Resource"}) {
    if (has_member(statement, required) || has_member(statement, fmt::format("Not{}", required)))
      continue;
    return bad_document(fmt::format("Missing required field {}", required));
  }
  json.begin_object();
  std::string_view sid;
  if (statement.at_key("Sid").get(sid) == simdjson::SUCCESS) json.key("Sid").string(sid);
  json.key("Effect").string(effect);
  for (const std::string_view name : {"Principal", "NotPrincipal"}) {
    if (!has_member(statement, name)) continue;
    const Element principal = statement.at_key(name).value();
    const bool open = name == "Principal" && is_everybody(principal);
    if (open && effect == "Allow" && !has_member(statement, "Condition")) {
      return invalid(
          "Resource-based policy grants unbounded access in one or more elements. Please revise "
          "the policy to ensure least-privilege form of access");
    }
    json.key(name);
    if (!write_principal(json, principal)) return invalid("Invalid principal in policy document.");
  }
  TRY_VOID(write_list(json, statement, "Action", of_stream));
  TRY_VOID(write_list(json, statement, "NotAction", of_stream));
  TRY_VOID(write_list(json, statement, "Resource", std::nullopt));
  TRY_VOID(write_list(json, statement, "NotResource", std::nullopt));
  if (has_member(statement, "Condition"))
    json.key("Condition").raw(simdjson::minify(statement.at_key("Condition").value()));
  json.end_object();
  return {};
}

std::vector<Element> statements_of(const Object& document) {
  std::vector<Element> out;
  Element value;
  if (document.at_key("Statement").get(value) != simdjson::SUCCESS) return out;
  protocol::each_of(value, [&](const Element& one) { out.push_back(one); });
  return out;
}

ApiResult<void> write_statements(JsonWriter& json, const Object& document, bool of_stream) {
  const std::vector<Element> statements = statements_of(document);
  if (statements.empty()) return bad_document("Could not parse the policy: Statement is empty!");
  std::set<std::string, std::less<>> sids;
  json.key("Statement").begin_array();
  for (const Element& element : statements) {
    Object statement;
    if (element.get(statement) != simdjson::SUCCESS)
      return bad_document("Could not parse the policy: Statement is not an object");
    std::string_view sid;
    const bool has_sid = statement.at_key("Sid").get(sid) == simdjson::SUCCESS;
    if (has_sid && !sids.emplace(sid).second)
      return bad_document("The Statement Ids in the policy are not unique");
    TRY_VOID(write_statement(json, statement, of_stream));
  }
  json.end_array();
  return {};
}

}  // namespace

ApiResult<std::string> canonical_policy(std::string_view document, bool of_stream) {
  if (document.size() > kPolicyBytesMax) {
    return invalid_parameter(
        fmt::format("Maximum policy size of {} bytes exceeded", kPolicyBytesMax));
  }
  simdjson::dom::parser parser;
  Object root;
  if (parser.parse(simdjson::padded_string(document)).get(root) != simdjson::SUCCESS)
    return bad_document("This policy contains invalid Json");
  std::string out;
  JsonWriter json(out);
  std::string_view version;
  if (root.at_key("Version").get(version) != simdjson::SUCCESS) version = "2008-10-17";
  json.begin_object().key("Version").string(version);
  std::string_view id;
  if (root.at_key("Id").get(id) == simdjson::SUCCESS) json.key("Id").string(id);
  TRY_VOID(write_statements(json, root, of_stream));
  json.end_object();
  return out;
}

}  // namespace penstock::dynamodb
