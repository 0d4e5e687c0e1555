// The policies of resources, read from the services that keep them and compiled. Thread-safe once
// the sources are there.
//
//   policies.add("kinesis", [&kinesis](std::string_view arn) {
//     return kinesis::resource_policy(kinesis, arn);
//   });
//   policies.side_of("arn:aws:kinesis:…:stream/s")
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "services/iam/iam.h"

namespace penstock::server {

class ResourcePolicies {
 public:
  // The policy of the resource of that ARN, or of the one it is part of; nullptr: none.
  using Source = std::function<std::shared_ptr<const std::string>(std::string_view arn)>;

  // `service`: as ARNs name it.
  void add(std::string service, Source source);
  iam::ResourceSide side_of(std::string_view arn) const;
  iam::PolicySet compiled(const std::string& document) const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  std::map<std::string, Source, std::less<>> sources_;
  mutable std::mutex mutex_;
  mutable std::unordered_map<std::string, iam::PolicySet, Hash, std::equal_to<>> compiled_;
};

}  // namespace penstock::server
