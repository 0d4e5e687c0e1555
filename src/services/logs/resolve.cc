// Name or ARN, and the refusals when they do not lead to a group.
#include "services/logs/resolve.h"

#include "services/logs/errors.h"

namespace penstock::logs {

using protocol::ApiResult;

ApiResult<std::shared_ptr<Group>> find_group(Service& service, const protocol::Context& context,
                                             std::string_view name) {
  auto group = service.groups.find(context.place(), name);
  if (group == nullptr) return std::unexpected(group_not_found());
  return group;
}

ApiResult<std::shared_ptr<Group>> find_group(Service& service, const protocol::Context& context,
                                             const std::optional<std::string>& name,
                                             const std::optional<std::string>& identifier) {
  if (name.has_value() == identifier.has_value()) {
    return std::unexpected(
        invalid_parameter(name ? "LogGroup name and LogGroup ARN are mutually exclusive parameters."
                               : "Either logGroupName or logGroupIdentifier must be given."));
  }
  if (name) return find_group(service, context, *name);
  const auto found = group_name_of(context.place(), *identifier);
  if (!found) return std::unexpected(group_not_found());
  return find_group(service, context, *found);
}

}  // namespace penstock::logs
