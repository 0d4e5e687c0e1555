// The accessors behind Shape and Member, made by templates. For generated files only.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "protocol/shape.h"

namespace penstock::protocol {

template <typename T>
struct FieldAccess {
  static const void* peek(const void* field) { return field; }
  static void* make(void* field) { return field; }
};
template <typename T>
struct FieldAccess<std::optional<T>> {
  static const void* peek(const void* field) {
    const auto& value = *static_cast<const std::optional<T>*>(field);
    return value.has_value() ? &*value : nullptr;
  }
  static void* make(void* field) { return &static_cast<std::optional<T>*>(field)->emplace(); }
};
template <typename T>
struct FieldAccess<Box<T>> {
  static const void* peek(const void* field) {
    const auto& value = *static_cast<const Box<T>*>(field);
    return value.has_value() ? &*value : nullptr;
  }
  static void* make(void* field) { return &static_cast<Box<T>*>(field)->emplace(); }
};
template <typename T>
inline constexpr FieldOps kFieldOps{&FieldAccess<T>::peek, &FieldAccess<T>::make};

template <typename T>
inline constexpr ListOps kListOps{
    [](const void* list) { return static_cast<const std::vector<T>*>(list)->size(); },
    [](const void* list, std::size_t index) -> const void* {
      return &(*static_cast<const std::vector<T>*>(list))[index];
    },
    [](void* list) -> void* { return &static_cast<std::vector<T>*>(list)->emplace_back(); },
    [](void* list, std::size_t count) { static_cast<std::vector<T>*>(list)->reserve(count); },
};

template <typename T>
inline constexpr MapOps kMapOps{
    [](const void* map) { return static_cast<const std::map<std::string, T>*>(map)->size(); },
    [](void* map, std::string key) -> void* {
      auto& value = (*static_cast<std::map<std::string, T>*>(map))[std::move(key)];
      value = T{};
      return &value;
    },
    [](const void* map, void* cookie, void (*visit)(void*, const std::string&, const void*)) {
      for (const auto& [key, value] : *static_cast<const std::map<std::string, T>*>(map)) {
        visit(cookie, key, &value);
      }
    },
};

}  // namespace penstock::protocol
