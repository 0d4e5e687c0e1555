// All functions in memory, as immutable values that are replaced as a whole. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "services/lambda/function.h"

namespace penstock::lambda {

class Registry {
 public:
  std::shared_ptr<const Function> find(const Place& place, std::string_view name) const;
  void put(std::shared_ptr<const Function> function);
  void erase(const Place& place, std::string_view name);
  // In order of name.
  std::vector<std::shared_ptr<const Function>> list(const Place& place) const;
  std::vector<std::shared_ptr<const Function>> all() const;
  // The reserved concurrency of all functions of the place together.
  std::int64_t reserved(const Place& place) const;

 private:
  struct Functions {
    std::map<std::string, std::shared_ptr<const Function>, std::less<>> by_name;
    std::int64_t reserved = 0;
  };
  mutable std::mutex mutex_;
  std::map<Place, Functions> places_;
};

}  // namespace penstock::lambda
