// Reading and writing policies. What a client wrote is kept word by word; only whole statements are
// added and taken out.
#include "services/sqs/policy.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "protocol/json_list.h"
#include "protocol/json_writer.h"

namespace penstock::sqs {
namespace {

using Element = simdjson::dom::element;
using Object = simdjson::dom::object;
using protocol::each_of;
using protocol::JsonWriter;
using protocol::write_texts;

constexpr std::size_t kLabelMax = 80;
constexpr std::size_t kActionsMax = 7;
constexpr auto kActions = std::to_array<std::string_view>(
    {"*", "ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "GetQueueUrl",
     "ListDeadLetterSourceQueues", "PurgeQueue", "ReceiveMessage", "SendMessage"});

std::vector<Object> statements_of(const Object& policy) {
  std::vector<Object> statements;
  Element list;
  if (policy["Statement"].get(list) != simdjson::SUCCESS) return statements;
  each_of(list, [&](const Element& element) {
    Object one;
    if (element.get(one) == simdjson::SUCCESS) statements.push_back(one);
  });
  return statements;
}

std::string sid_of(const Object& statement) {
  std::string_view sid;
  return statement["Sid"].get(sid) == simdjson::SUCCESS ? std::string(sid) : std::string();
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

}  // namespace penstock::sqs
