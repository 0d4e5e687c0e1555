// Where a resource is: nearly every service keeps its things apart by account and region.
#pragma once

#include <compare>
#include <string>

namespace penstock::protocol {

struct Place {
  std::string account;
  std::string region;
  friend auto operator<=>(const Place&, const Place&) = default;
};

}  // namespace penstock::protocol
