// Pages of a list that is small enough to be held: the token is the name after which to go on.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "protocol/api_error.h"
#include "services/athena/errors.h"

namespace penstock::athena {

// `items` is sorted by `name_of`. Cuts it to one page and returns the token of the next.
template <typename T, typename NameOf>
protocol::ApiResult<std::optional<std::string>> cut_page(std::vector<T>& items,
                                                         const std::optional<std::string>& token,
                                                         std::size_t count, NameOf name_of) {
  if (token) {
    const auto after = base64_decode(*token);
    if (!after) return std::unexpected(invalid_input("Malformed nextPageToken " + *token));
    const auto first = std::ranges::find_if(
        items, [&](const T& item) { return std::string(name_of(item)) > *after; });
    items.erase(items.begin(), first);
  }
  if (items.size() <= count) return std::optional<std::string>();
  items.resize(count);
  return std::optional<std::string>(base64_encode(std::string(name_of(items.back()))));
}

inline std::size_t page_size(const std::optional<std::int32_t>& asked, int most) {
  return static_cast<std::size_t>(asked && *asked > 0 ? std::min(*asked, most) : most);
}

}  // namespace penstock::athena
