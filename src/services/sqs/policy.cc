// Reading and writing policies. What a client wrote is kept word by word; only whole statements are
// added and taken out.
#include "services/sqs/policy.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/bytes.h"
#include "protocol/json_writer.h"

namespace penstock::sqs {
namespace {

using Element = simdjson::dom::element;
using Object = simdjson::dom::object;
using protocol::JsonWriter;

constexpr std::size_t kLabelMax = 80;
constexpr std::size_t kActionsMax = 7;
constexpr auto kActions = std::to_array<std::string_view>(
    {"*", "ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "GetQueueUrl",
     "ListDeadLetterSourceQueues", "PurgeQueue", "ReceiveMessage", "SendMessage"});

std::vector<std::string> texts_of(const simdjson::simdjson_result<Element>& value) {
  std::vector<std::string> texts;
  std::string_view text;
  simdjson::dom::array array;
  if (value.get(text) == simdjson::SUCCESS) {
    texts.emplace_back(text);
  } else if (value.get(array) == simdjson::SUCCESS) {
    for (const Element each : array) {
      if (each.get(text) == simdjson::SUCCESS) texts.emplace_back(text);
    }
  }
  return texts;
}

// The statements of a policy, which may be one without a list.
std::vector<Object> statements_of(const Object& policy) {
  std::vector<Object> statements;
  Object one;
  simdjson::dom::array array;
  if (policy["Statement"].get(one) == simdjson::SUCCESS) {
    statements.push_back(one);
  } else if (policy["Statement"].get(array) == simdjson::SUCCESS) {
    for (const Element each : array) {
      if (each.get(one) == simdjson::SUCCESS) statements.push_back(one);
    }
  }
  return statements;
}

std::string sid_of(const Object& statement) {
  std::string_view sid;
  return statement["Sid"].get(sid) == simdjson::SUCCESS ? std::string(sid) : std::string();
}

void write_texts(JsonWriter& json, const std::vector<std::string>& texts) {
  if (texts.size() == 1) {
    json.string(texts.front());
    return;
  }
  json.begin_array();
  for (const std::string& text : texts) json.string(text);
  json.end_array();
}

std::string new_statement(std::string_view queue_arn, const Permission& permission) {
  std::vector<std::string> principals, actions;
  for (const std::string& account : permission.accounts) {
    principals.push_back(fmt::format("arn:aws:iam::{}:root", account));
  }
  for (const std::string& action : permission.actions) actions.push_back("SQS:" + action);
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("Sid").string(permission.label).key("Effect").string("Allow");
  json.key("Principal").begin_object().key("AWS");
  write_texts(json, principals);
  json.end_object().key("Action");
  write_texts(json, actions);
  json.key("Resource").string(queue_arn).end_object();
  return out;
}

std::string write_policy(std::string_view version, std::string_view id,
                         const std::vector<std::string>& statements) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("Version").string(version);
  if (!id.empty()) json.key("Id").string(id);
  json.key("Statement").begin_array();
  for (const std::string& statement : statements) json.raw(statement);
  json.end_array().end_object();
  return out;
}

ApiResult<void> check_permission(const Permission& permission) {
  const std::string& label = permission.label;
  const bool plain = std::ranges::all_of(
      label, [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_'; });
  if (label.empty() || label.size() > kLabelMax || !plain) {
    return std::unexpected(
        invalid_value(label, "Label",
                      "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 "
                      "in length."));
  }
  if (permission.actions.empty()) return std::unexpected(missing_parameter("Actions"));
  if (permission.accounts.empty()) return std::unexpected(missing_parameter("PrincipalId"));
  for (const std::string& account : permission.accounts) {
    if (!is_account_id(account)) {
      return std::unexpected(
          invalid_value(fmt::format("[{}]", account), "PrincipalId", "Unable to verify."));
    }
  }
  if (permission.actions.size() > kActionsMax) {
    return protocol::refuse("OverLimit",
                            fmt::format("{} Actions were found, maximum allowed is {}.",
                                        permission.actions.size(), kActionsMax));
  }
  for (const std::string& action : permission.actions) {
    if (std::ranges::find(kActions, action) != kActions.end()) continue;
    return std::unexpected(invalid_value("SQS:" + action, "ActionName",
                                         "Only the queue owner is allowed to invoke this action."));
  }
  return {};
}

bool names_principal(const Object& statement, std::string_view account,
                     std::string_view principal_arn) {
  std::string_view everybody;
  if (statement["Principal"].get(everybody) == simdjson::SUCCESS) return everybody == "*";
  const std::string root = fmt::format("arn:aws:iam::{}:root", account);
  return std::ranges::any_of(texts_of(statement["Principal"]["AWS"]), [&](const std::string& who) {
    return who == "*" || who == account || who == root || who == principal_arn;
  });
}

bool names_action(const Object& statement, std::string_view action) {
  const std::string wanted = "sqs:" + to_lower(action);
  return std::ranges::any_of(texts_of(statement["Action"]), [&](const std::string& each) {
    const std::string pattern = to_lower(each);
    if (pattern.ends_with('*')) {
      return wanted.starts_with(std::string_view(pattern).substr(0, pattern.size() - 1));
    }
    return pattern == wanted;
  });
}

}  // namespace

ApiResult<std::string> with_permission(const std::string& policy, std::string_view queue_arn,
                                       const Permission& permission) {
  TRY_VOID(check_permission(permission));
  simdjson::dom::parser parser;
  Object object;
  std::string_view version = "2008-10-17", id;
  const std::string default_id = fmt::format("{}/SQSDefaultPolicy", queue_arn);
  std::vector<std::string> statements;
  if (policy.empty() || parser.parse(policy).get(object) != simdjson::SUCCESS) {
    id = default_id;
  } else {
    (void)object["Version"].get(version);
    (void)object["Id"].get(id);
    for (const Object& statement : statements_of(object)) {
      if (sid_of(statement) == permission.label) {
        return std::unexpected(invalid_value(permission.label, "Label", "Already exists."));
      }
      statements.push_back(simdjson::minify(statement));
    }
  }
  statements.push_back(new_statement(queue_arn, permission));
  return write_policy(version, id, statements);
}

ApiResult<std::string> without_permission(const std::string& policy, const std::string& label) {
  simdjson::dom::parser parser;
  Object object;
  std::vector<std::string> statements;
  bool found = false;
  std::string_view version = "2008-10-17", id;
  if (!policy.empty() && parser.parse(policy).get(object) == simdjson::SUCCESS) {
    (void)object["Version"].get(version);
    (void)object["Id"].get(id);
    for (const Object& statement : statements_of(object)) {
      if (sid_of(statement) == label) {
        found = true;
      } else {
        statements.push_back(simdjson::minify(statement));
      }
    }
  }
  if (!found) return std::unexpected(invalid_value(label, "Label", "can't find label."));
  return statements.empty() ? std::string() : write_policy(version, id, statements);
}

bool policy_allows(const std::string& policy, std::string_view account,
                   std::string_view principal_arn, std::string_view action) {
  simdjson::dom::parser parser;
  Object object;
  if (policy.empty() || parser.parse(policy).get(object) != simdjson::SUCCESS) return false;
  bool allowed = false;
  for (const Object& statement : statements_of(object)) {
    if (!names_principal(statement, account, principal_arn) || !names_action(statement, action)) {
      continue;
    }
    std::string_view effect;
    if (statement["Effect"].get(effect) != simdjson::SUCCESS) continue;
    if (effect == "Deny") return false;
    Object conditions;
    allowed = allowed || statement["Condition"].get(conditions) != simdjson::SUCCESS;
  }
  return allowed;
}

}  // namespace penstock::sqs
