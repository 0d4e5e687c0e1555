// The map behind Registry, and the running sum of reservations.
#include "services/lambda/registry.h"

namespace penstock::lambda {

std::shared_ptr<const Function> Registry::find(const Place& place, std::string_view name) const {
  const std::scoped_lock lock(mutex_);
  const auto functions = places_.find(place);
  if (functions == places_.end()) return nullptr;
  const auto found = functions->second.by_name.find(name);
  return found == functions->second.by_name.end() ? nullptr : found->second;
}

void Registry::put(std::shared_ptr<const Function> function) {
  const std::scoped_lock lock(mutex_);
  Functions& functions = places_[function->place];
  auto& slot = functions.by_name[function->name];
  if (slot != nullptr) functions.reserved -= slot->reserved.value_or(0);
  functions.reserved += function->reserved.value_or(0);
  slot = std::move(function);
}

void Registry::erase(const Place& place, std::string_view name) {
  const std::scoped_lock lock(mutex_);
  const auto functions = places_.find(place);
  if (functions == places_.end()) return;
  const auto found = functions->second.by_name.find(name);
  if (found == functions->second.by_name.end()) return;
  functions->second.reserved -= found->second->reserved.value_or(0);
  functions->second.by_name.erase(found);
}

std::vector<std::shared_ptr<const Function>> Registry::list(const Place& place) const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::shared_ptr<const Function>> result;
  const auto functions = places_.find(place);
  if (functions == places_.end()) return result;
  for (const auto& [name, function] : functions->second.by_name) result.push_back(function);
  return result;
}

std::vector<std::shared_ptr<const Function>> Registry::all() const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::shared_ptr<const Function>> result;
  for (const auto& [place, functions] : places_) {
    for (const auto& [name, function] : functions.by_name) result.push_back(function);
  }
  return result;
}

std::int64_t Registry::reserved(const Place& place) const {
  const std::scoped_lock lock(mutex_);
  const auto functions = places_.find(place);
  return functions == places_.end() ? 0 : functions->second.reserved;
}

}  // namespace penstock::lambda
