// Document paths: a.b[3].c. What they name in an item, and how they are shown in messages. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/attribute_value.h"

namespace penstock::dynamodb {

// A member name or a list index.
struct PathElement {
  std::string name;
  std::uint32_t index = 0;
  bool is_index = false;

  friend auto operator<=>(const PathElement&, const PathElement&) = default;
};

// The first element is a name. Ordering puts list indexes in numeric order.
struct DocumentPath {
  std::vector<PathElement> elements;

  const std::string& root() const { return elements.front().name; }
  bool is_nested() const { return elements.size() > 1; }
  friend auto operator<=>(const DocumentPath&, const DocumentPath&) = default;
};

// [a, b, [3]]
std::string to_text(const DocumentPath& path);

// The value that the path names, or nullptr.
const AttributeValue* find_value(const AttributeMap& item, const DocumentPath& path);

// How two paths of one expression get into each other's way.
enum class PathClash : std::uint8_t { kNone, kOverlap, kConflict };
PathClash clash_of(const DocumentPath& one, const DocumentPath& two);

// What `paths` name in the item: maps keep their skeleton, lists come compacted in index order.
AttributeMap project(const AttributeMap& item, const std::vector<DocumentPath>& paths);

}  // namespace penstock::dynamodb
