// The JSON of statements and documents, with members in AWS's order.
#include "services/lambda/policy.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"
#include "protocol/json_writer.h"

namespace penstock::lambda {
namespace {

Status write_principal(protocol::JsonWriter& json, const std::string& principal) {
  json.key("Principal");
  if (principal == "*") {
    json.string("*");
    return {};
  }
  json.begin_object();
  if (is_account_id(principal)) {
    json.key("AWS").string(fmt::format("arn:aws:iam::{}:root", principal));
  } else if (principal.starts_with("arn:")) {
    json.key("AWS").string(principal);
  } else if (principal.find('.') != std::string::npos) {
    json.key("Service").string(principal);
  } else {
    return fail(ErrorKind::kInvalid,
                "The provided principal was invalid. Please check the principal and try again.");
  }
  json.end_object();
  return {};
}

}  // namespace

Result<std::string> policy_statement(const Permission& permission) {
  std::string text;
  protocol::JsonWriter json(text);
  json.begin_object().key("Sid").string(permission.id).key("Effect").string("Allow");
  TRY_VOID(write_principal(json, permission.principal));
  json.key("Action").string(permission.action).key("Resource").string(permission.resource);
  if (permission.source_arn || permission.source_account || permission.organization ||
      permission.event_source_token) {
    json.key("Condition").begin_object();
    if (permission.source_account || permission.organization || permission.event_source_token) {
      json.key("StringEquals").begin_object();
      if (permission.source_account)
        json.key("AWS:SourceAccount").string(*permission.source_account);
      if (permission.organization) json.key("aws:PrincipalOrgID").string(*permission.organization);
      if (permission.event_source_token) {
        json.key("lambda:EventSourceToken").string(*permission.event_source_token);
      }
      json.end_object();
    }
    if (permission.source_arn) {
      json.key("ArnLike")
          .begin_object()
          .key("AWS:SourceArn")
          .string(*permission.source_arn)
          .end_object();
    }
    json.end_object();
  }
  json.end_object();
  return text;
}

std::optional<std::string> policy_document(const Function& function, std::string_view qualifier) {
  std::string text;
  protocol::JsonWriter json(text);
  json.begin_object().key("Version").string("2012-10-17").key("Id").string("default");
  json.key("Statement").begin_array();
  bool any = false;
  for (const PolicyStatement& statement : function.policy) {
    if (statement.qualifier != qualifier) continue;
    json.raw(statement.json);
    any = true;
  }
  json.end_array().end_object();
  if (!any) return std::nullopt;
  return text;
}

}  // namespace penstock::lambda
