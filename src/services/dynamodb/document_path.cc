// Document paths: look-up and projection.
#include "services/dynamodb/document_path.h"

#include <algorithm>
#include <span>

namespace penstock::dynamodb {
namespace {

using Type = AttributeValue::Type;

const AttributeValue* step(const AttributeValue& value, const PathElement& element) {
  if (element.is_index) {
    if (value.type() != Type::kL || element.index >= value.elements().size()) return nullptr;
    return &value.elements()[element.index];
  }
  if (value.type() != Type::kM) return nullptr;
  return value.attributes().find(element.name);
}

// The paths from `depth` on that begin with one element. Paths are sorted, so they lie side by
// side.
using Paths = std::span<const DocumentPath* const>;

Paths same_element(Paths paths, std::size_t depth) {
  const PathElement& element = paths.front()->elements[depth];
  std::size_t count = 1;
  while (count < paths.size() && paths[count]->elements[depth] == element) ++count;
  return paths.first(count);
}

std::optional<AttributeValue> project_value(const AttributeValue& value, Paths paths,
                                            std::size_t depth) {
  for (const DocumentPath* path : paths) {
    if (path->elements.size() == depth) return value;
  }
  AttributeMap map;
  AttributeValue::List list;
  while (!paths.empty()) {
    const Paths group = same_element(paths, depth);
    const PathElement& element = group.front()->elements[depth];
    paths = paths.subspan(group.size());
    const AttributeValue* child = step(value, element);
    if (child == nullptr) continue;
    auto projected = project_value(*child, group, depth + 1);
    if (!projected) continue;
    if (element.is_index) {
      list.push_back(std::move(*projected));
    } else {
      map.set(element.name, std::move(*projected));
    }
  }
  if (value.type() == Type::kL && !list.empty()) return AttributeValue::list(std::move(list));
  if (value.type() == Type::kM && !map.empty()) return AttributeValue::map(std::move(map));
  return std::nullopt;
}

}  // namespace

std::string to_text(const DocumentPath& path) {
  std::string out = "[";
  for (const PathElement& element : path.elements) {
    if (out.size() > 1) out += ", ";
    out += element.is_index ? "[" + std::to_string(element.index) + "]" : element.name;
  }
  return out + "]";
}

const AttributeValue* find_value(const AttributeMap& item, const DocumentPath& path) {
  const AttributeValue* value = item.find(path.root());
  for (std::size_t i = 1; i < path.elements.size() && value != nullptr; ++i) {
    value = step(*value, path.elements[i]);
  }
  return value;
}

PathClash clash_of(const DocumentPath& one, const DocumentPath& two) {
  const std::size_t common = std::min(one.elements.size(), two.elements.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (one.elements[i].is_index != two.elements[i].is_index) return PathClash::kConflict;
    if (one.elements[i] != two.elements[i]) return PathClash::kNone;
  }
  return PathClash::kOverlap;
}

AttributeMap project(const AttributeMap& item, const std::vector<DocumentPath>& paths) {
  std::vector<const DocumentPath*> sorted;
  sorted.reserve(paths.size());
  for (const DocumentPath& path : paths) sorted.push_back(&path);
  std::ranges::sort(sorted, [](const DocumentPath* a, const DocumentPath* b) { return *a < *b; });
  AttributeMap result;
  Paths rest(sorted);
  while (!rest.empty()) {
    const Paths group = same_element(rest, 0);
    rest = rest.subspan(group.size());
    const AttributeValue* value = item.find(group.front()->root());
    if (value == nullptr) continue;
    if (auto projected = project_value(*value, group, 1)) {
      result.set(group.front()->root(), std::move(*projected));
    }
  }
  return result;
}

}  // namespace penstock::dynamodb
