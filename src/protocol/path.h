// Path: where in a request a value stands, kept as a chain on the stack and written out only for
// errors. Written as AWS does: records.1.member.data (first letter lower, list index from 1,
// ".member").
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace penstock::protocol {

struct Path {
  const Path* parent = nullptr;
  std::string_view name = {};  // Of a member or a map key.
  std::size_t index = 0;       // Of a list element, from 1.
  bool is_key = false;

  Path member(std::string_view member_name) const { return {this, member_name, 0, false}; }
  Path element(std::size_t from_zero) const { return {this, {}, from_zero + 1, false}; }
  Path value_of(std::string_view key) const { return {this, key, 0, true}; }
  std::string text() const;
};

}  // namespace penstock::protocol
