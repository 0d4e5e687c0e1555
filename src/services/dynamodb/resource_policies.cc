// PutResourcePolicy, GetResourcePolicy, DeleteResourcePolicy. A policy is there at once, where AWS
// takes seconds and then refuses changes for a while. Whoever stands before the operations decides
// by them.
#include <fmt/format.h>

#include <algorithm>

#include "protocol/arn.h"
#include "services/dynamodb/dynamodb.h"
#include "services/dynamodb/keys.h"
#include "services/dynamodb/names.h"
#include "services/dynamodb/operations.h"
#include "services/dynamodb/resource_policy.h"
#include "services/dynamodb/tables.h"

namespace penstock::dynamodb {
namespace {

// A table, or one of its streams.
struct PolicyPlace {
  TablePtr live;
  std::string stream_label;
};

std::unexpected<ApiError> policy_not_found(std::string_view what) {
  return protocol::refuse(
      "PolicyNotFoundException",
      fmt::format("Resource-based policy not found for the provided ResourceArn: {}", what));
}

ApiResult<PolicyPlace> look_up_place(Service& service, const Context& context,
                                     const std::string& arn) {
  if (!arn.starts_with("arn:"))
    return invalid_parameter(fmt::format("ARNs must start with 'arn:': {}", arn));
  const std::size_t at = arn.find(":table/");
  if (!arn.starts_with("arn:aws:dynamodb:") || at == arn.npos) {
    return invalid_parameter(fmt::format("Provided Arn is not a DynamoDB resource arn: {}", arn));
  }
  const std::string prefix = table_arn(context.place(), {});
  if (!arn.starts_with(prefix)) {
    if (arn.starts_with("arn:aws:dynamodb:" + context.region + ":")) {
      return invalid(
          "This action is only supported by accounts that match the resource owner\u2019s "
          "account.");
    }
    return invalid_parameter(fmt::format("Invalid resource Arn: {}", arn));
  }
  const std::string_view rest = std::string_view(arn).substr(prefix.size());
  const std::string_view name = rest.substr(0, rest.find('/'));
  const std::string_view below = rest.substr(name.size());
  constexpr std::string_view kStream = "/stream/";
  if (below.starts_with("/backup/"))
    return invalid_parameter(fmt::format("Provided Arn is not a DynamoDB resource arn: {}", arn));
  if (!below.empty() && !below.starts_with(kStream)) {
    return invalid_parameter(
        fmt::format("Invalid resource arn provided, only table or stream is accepted. Provided "
                    "resource arn: {}",
                    arn));
  }
  PolicyPlace place;
  place.live = service.registry.find_table(context.account, context.region, name);
  if (below.empty() && place.live == nullptr) return table_not_found(name);
  if (below.empty()) return place;
  if (place.live == nullptr) return policy_not_found(arn);  // Of a deleted table's stream.
  if (service.registry.find_stream(arn) == nullptr) return stream_not_found(arn);
  place.stream_label = below.substr(kStream.size());
  return place;
}

std::vector<ResourcePolicy>::iterator find_policy(Table& table, const std::string& label) {
  return std::ranges::find(table.policies, label, &ResourcePolicy::stream_label);
}

ApiResult<void> check_revision(const std::optional<std::string>& expected, const Table& table,
                               const ResourcePolicy* policy, const std::string& arn) {
  if (!expected) return {};
  if (expected == "NO_POLICY") {
    if (policy == nullptr) return {};
    return policy_not_found(
        fmt::format("Requested policy update expecting none to be present for table {}, but a "
                    "policy exists with revision id {}.",
                    table.name, policy->revision));
  }
  if (policy == nullptr) return policy_not_found(arn);
  if (*expected == policy->revision) return {};
  return policy_not_found(
      fmt::format("Requested update for policy with revision id {}, but the policy associated to "
                  "target table {} has revision id {}.",
                  *expected, table.name, policy->revision));
}

// Milliseconds of the change, as on AWS; later ones are greater.
std::string next_revision(Timestamp now, const ResourcePolicy* policy) {
  std::int64_t revision = now.millis();
  if (policy != nullptr)
    revision = std::max<std::int64_t>(revision, std::stoll(policy->revision) + 1);
  return std::to_string(revision);
}

}  // namespace

Reply<api::PutResourcePolicyOutput> put_resource_policy(Service& service, const Context& context,
                                                        api::PutResourcePolicyInput input) {
  CO_TRY(const PolicyPlace named, look_up_place(service, context, input.resource_arn));
  CO_TRY(std::string document, canonical_policy(input.policy, !named.stream_label.empty()));
  const auto turn = co_await service.control_turns.enter(
      hash_bytes(table_key(named.live->table.place, named.live->table.name)));
  CO_TRY(const PolicyPlace place, look_up_place(service, context, input.resource_arn));
  Table next = place.live->table;
  const auto known = find_policy(next, place.stream_label);
  const ResourcePolicy* policy = known != next.policies.end() ? &*known : nullptr;
  CO_TRY_VOID(check_revision(input.expected_revision_id, next, policy, input.resource_arn));
  api::PutResourcePolicyOutput output;
  if (policy != nullptr && policy->document == document) {
    output.revision_id = policy->revision;
    co_return output;
  }
  ResourcePolicy changed{.stream_label = place.stream_label,
                         .document = std::move(document),
                         .revision = next_revision(service.deps.clock.now(), policy)};
  output.revision_id = changed.revision;
  if (policy != nullptr) {
    *known = std::move(changed);
  } else {
    next.policies.push_back(std::move(changed));
  }
  CO_TRY_VOID(co_await change_table(service, place.live, std::move(next), {}, nullptr));
  co_return output;
}

Reply<api::GetResourcePolicyOutput> get_resource_policy(Service& service, const Context& context,
                                                        api::GetResourcePolicyInput input) {
  CO_TRY(const PolicyPlace place, look_up_place(service, context, input.resource_arn));
  const std::vector<ResourcePolicy>& policies = place.live->table.policies;
  const auto policy =
      std::ranges::find(policies, place.stream_label, &ResourcePolicy::stream_label);
  if (policy == policies.end()) co_return policy_not_found(input.resource_arn);
  api::GetResourcePolicyOutput output;
  output.policy = policy->document;
  output.revision_id = policy->revision;
  co_return output;
}

Reply<api::DeleteResourcePolicyOutput> delete_resource_policy(
    Service& service, const Context& context, api::DeleteResourcePolicyInput input) {
  CO_TRY(const PolicyPlace named, look_up_place(service, context, input.resource_arn));
  const auto turn = co_await service.control_turns.enter(
      hash_bytes(table_key(named.live->table.place, named.live->table.name)));
  CO_TRY(const PolicyPlace place, look_up_place(service, context, input.resource_arn));
  Table next = place.live->table;
  const auto known = find_policy(next, place.stream_label);
  const ResourcePolicy* policy = known != next.policies.end() ? &*known : nullptr;
  CO_TRY_VOID(check_revision(input.expected_revision_id, next, policy, input.resource_arn));
  api::DeleteResourcePolicyOutput output;
  if (policy == nullptr) co_return output;
  output.revision_id = policy->revision;
  next.policies.erase(known);
  CO_TRY_VOID(co_await change_table(service, place.live, std::move(next), {}, nullptr));
  co_return output;
}

// What else has a table's ARN before its own (backups, exports) has no policy.
std::shared_ptr<const std::string> resource_policy(const Service& service, std::string_view text) {
  constexpr std::string_view kTable = "table/", kIndex = "/index/", kStream = "/stream/";
  const auto arn = protocol::parse_arn(text);
  if (!arn || arn->service != "dynamodb" || !arn->resource.starts_with(kTable)) return nullptr;
  const std::string_view rest = std::string_view(arn->resource).substr(kTable.size());
  const std::string_view name = rest.substr(0, rest.find('/'));
  std::string_view below = rest.substr(name.size());
  if (below.starts_with(kStream)) {
    below.remove_prefix(kStream.size());
  } else if (below.empty() || below.starts_with(kIndex)) {
    below = {};
  } else {
    return nullptr;
  }
  const TablePtr live = service.registry.find_table(arn->account, arn->region, name);
  if (live == nullptr) return nullptr;
  const auto policy = std::ranges::find(live->table.policies, below, &ResourcePolicy::stream_label);
  if (policy == live->table.policies.end()) return nullptr;
  return {live, &policy->document};
}

}  // namespace penstock::dynamodb
