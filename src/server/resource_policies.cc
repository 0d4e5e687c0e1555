// Policies by their text: whoever changes one changes the text, so nothing is ever stale.
#include "server/resource_policies.h"

namespace penstock::server {
namespace {

// Documents that are kept compiled. Beyond, all are compiled anew when they are asked for.
constexpr std::size_t kCompiledMax = 1'024;

// arn:aws:<service>:…
std::string_view service_in(std::string_view arn) {
  constexpr std::string_view kPrefix = "arn:aws:";
  if (!arn.starts_with(kPrefix)) return {};
  arn.remove_prefix(kPrefix.size());
  return arn.substr(0, arn.find(':'));
}

}  // namespace

void ResourcePolicies::add(std::string service, Source source) {
  sources_.insert_or_assign(std::move(service), std::move(source));
}

iam::ResourceSide ResourcePolicies::side_of(std::string_view arn) const {
  iam::ResourceSide side;
  const auto source = sources_.find(service_in(arn));
  if (source == sources_.end()) return side;
  side.can_have_policy = true;
  const std::shared_ptr<const std::string> document = source->second(arn);
  if (document && !document->empty()) side.policy = compiled(*document);
  return side;
}

iam::PolicySet ResourcePolicies::compiled(const std::string& document) const {
  {
    const std::scoped_lock lock(mutex_);
    if (const auto known = compiled_.find(document); known != compiled_.end()) return known->second;
  }
  iam::PolicySet policy = iam::PolicySet::compile({document});
  const std::scoped_lock lock(mutex_);
  if (compiled_.size() >= kCompiledMax) compiled_.clear();
  return compiled_.emplace(document, std::move(policy)).first->second;
}

}  // namespace penstock::server
