// The maps behind Registry, and the ARN forms of a log group.
#include "services/logs/registry.h"

#include <fmt/format.h>

namespace penstock::logs {

std::string group_arn(const Place& place, std::string_view name) {
  return fmt::format("arn:aws:logs:{}:{}:log-group:{}", place.region, place.account, name);
}

std::optional<std::string> group_name_of(const Place& place, std::string_view identifier) {
  if (!identifier.starts_with("arn:")) return std::string(identifier);
  const std::string prefix = group_arn(place, "");
  if (!identifier.starts_with(prefix)) return std::nullopt;
  identifier.remove_prefix(prefix.size());
  if (identifier.ends_with(":*")) identifier.remove_suffix(2);
  if (identifier.empty() || identifier.find(':') != std::string_view::npos) return std::nullopt;
  return std::string(identifier);
}

std::shared_ptr<Group> Registry::find(const Place& place, std::string_view name) const {
  const std::scoped_lock lock(mutex_);
  const auto groups = groups_.find(place);
  if (groups == groups_.end()) return nullptr;
  const auto group = groups->second.find(name);
  return group == groups->second.end() ? nullptr : group->second;
}

bool Registry::insert(std::shared_ptr<Group> group) {
  const std::scoped_lock lock(mutex_);
  return groups_[group->config.place].try_emplace(group->config.name, group).second;
}

void Registry::erase(const Place& place, const std::string& name) {
  const std::scoped_lock lock(mutex_);
  const auto groups = groups_.find(place);
  if (groups != groups_.end()) groups->second.erase(name);
}

std::vector<std::shared_ptr<Group>> Registry::list(const Place& place,
                                                   std::string_view after) const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::shared_ptr<Group>> result;
  const auto groups = groups_.find(place);
  if (groups == groups_.end()) return result;
  for (auto it = groups->second.upper_bound(after); it != groups->second.end(); ++it) {
    result.push_back(it->second);
  }
  return result;
}

std::vector<std::shared_ptr<Group>> Registry::all() const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::shared_ptr<Group>> result;
  for (const auto& [place, groups] : groups_) {
    for (const auto& [name, group] : groups) result.push_back(group);
  }
  return result;
}

}  // namespace penstock::logs
