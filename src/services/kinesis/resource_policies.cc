// PutResourcePolicy, GetResourcePolicy, DeleteResourcePolicy of streams and registered consumers.
// Whoever stands before the operations decides by them (access.cc).
#include <fmt/format.h>
#include <simdjson.h>

#include "base/limits.h"
#include "services/kinesis/change.h"
#include "services/kinesis/errors.h"
#include "services/kinesis/find_consumer.h"
#include "services/kinesis/kinesis.h"
#include "services/kinesis/operations.h"
#include "services/kinesis/resolve.h"

namespace penstock::kinesis {
namespace {

using protocol::ApiResult;
using Object = simdjson::dom::object;

// The wording of the refusals is deduced.
std::unexpected<protocol::ApiError> bad_policy(std::string_view why) {
  return std::unexpected(
      invalid_argument(fmt::format("The resource policy is not valid: {}", why)));
}

bool has(const Object& object, std::string_view name) {
  return object.at_key(name).error() == simdjson::SUCCESS;
}

ApiResult<void> check_statement(const simdjson::dom::element& element) {
  Object statement;
  if (element.get(statement) != simdjson::SUCCESS) {
    return bad_policy("a statement must be an object.");
  }
  std::string_view effect;
  if (statement["Effect"].get(effect) != simdjson::SUCCESS ||
      (effect != "Allow" && effect != "Deny")) {
    return bad_policy("the Effect of a statement must be Allow or Deny.");
  }
  if (!has(statement, "Principal") && !has(statement, "NotPrincipal")) {
    return bad_policy("a statement must have a Principal.");
  }
  if (!has(statement, "Action") && !has(statement, "NotAction")) {
    return bad_policy("a statement must have an Action.");
  }
  if (!has(statement, "Resource") && !has(statement, "NotResource")) {
    return bad_policy("a statement must have a Resource.");
  }
  return {};
}

ApiResult<void> check_policy(const std::string& policy) {
  if (policy.size() > limits::kKinesisPolicyBytesMax) {
    return protocol::refuse("LimitExceededException",
                            fmt::format("A resource policy cannot be larger than {} bytes.",
                                        limits::kKinesisPolicyBytesMax));
  }
  simdjson::dom::parser parser;
  Object document;
  simdjson::dom::element statements;
  if (parser.parse(policy).get(document) != simdjson::SUCCESS) {
    return bad_policy("it must be a JSON object.");
  }
  if (document["Statement"].get(statements) != simdjson::SUCCESS) {
    return bad_policy("it must have a Statement.");
  }
  simdjson::dom::array list;
  if (statements.get(list) != simdjson::SUCCESS) return check_statement(statements);
  for (const simdjson::dom::element statement : list) TRY_VOID(check_statement(statement));
  return {};
}

// Of the stream or the consumer of that ARN.
Reply<std::monostate> set_policy(Service& service, const Context& context, std::string arn,
                                 std::string policy) {
  if (is_consumer_arn(arn)) {
    CO_TRY(const auto consumer, find_consumer(service, context, {.arn = arn}));
    DecideConsumer decide = [&policy](ConsumerConfig config) -> Result<ConsumerConfig> {
      config.policy = policy;
      return config;
    };
    co_return co_await change_consumer(service, consumer, std::move(decide));
  }
  CO_TRY(const std::shared_ptr<LiveStream> stream,
         resolve_stream(service, context, std::nullopt, arn));
  Decide decide = [&policy](StreamConfig config) -> ApiResult<StreamConfig> {
    config.policy = policy;
    return config;
  };
  co_return co_await change_stream(service, stream, Visible::kNot, std::move(decide));
}

}  // namespace

Reply<api::PutResourcePolicyOutput> put_resource_policy(Service& service, const Context& context,
                                                        api::PutResourcePolicyInput input) {
  CO_TRY_VOID(check_policy(input.policy));
  CO_TRY_VOID(co_await set_policy(service, context, input.resource_arn, std::move(input.policy)));
  co_return api::PutResourcePolicyOutput{};
}

Reply<api::GetResourcePolicyOutput> get_resource_policy(Service& service, const Context& context,
                                                        api::GetResourcePolicyInput input) {
  api::GetResourcePolicyOutput output;
  if (is_consumer_arn(input.resource_arn)) {
    CO_TRY(const auto consumer, find_consumer(service, context, {.arn = input.resource_arn}));
    output.policy = consumer->config()->policy;
  } else {
    CO_TRY(const std::shared_ptr<LiveStream> stream,
           resolve_stream(service, context, std::nullopt, input.resource_arn));
    output.policy = stream->config()->policy;
  }
  if (output.policy.empty()) output.policy = "{}";  // Recorded.
  co_return output;
}

Reply<api::DeleteResourcePolicyOutput> delete_resource_policy(
    Service& service, const Context& context, api::DeleteResourcePolicyInput input) {
  CO_TRY_VOID(co_await set_policy(service, context, input.resource_arn, {}));
  co_return api::DeleteResourcePolicyOutput{};
}

}  // namespace penstock::kinesis
