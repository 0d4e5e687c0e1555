// KeySchema parameters. The rules of tables and local indexes as dynalite recorded them, those of
// multi-attribute keys as measured in 2026.
#include "services/dynamodb/key_schema.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "services/dynamodb/limits.h"

namespace penstock::dynamodb {
namespace {

using Elements = std::vector<api::KeySchemaElement>;

std::vector<std::string> element_names(const Elements& elements) {
  std::vector<std::string> names;
  for (const api::KeySchemaElement& element : elements) names.push_back(element.attribute_name);
  return names;
}

ApiResult<void> check_defined(const Elements& elements, const Definitions& definitions) {
  if (elements.size() > definitions.size()) {
    return invalid("Invalid KeySchema: Some index key attribute have no definition");
  }
  const std::vector<std::string> names = element_names(elements);
  for (const std::string& name : names) {
    if (find_definition(definitions, name) == nullptr) {
      return invalid_parameter(
          fmt::format("Some index key attributes are not defined in AttributeDefinitions. Keys: "
                      "[{}], AttributeDefinitions: [{}]",
                      fmt::join(names, ", "), fmt::join(names_of(definitions), ", ")));
    }
  }
  return {};
}

ApiResult<void> check_first(const Elements& elements) {
  if (!elements.empty() && elements.front().key_type == "HASH") return {};
  return invalid("Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
}

// AWS's model had a limit of two where the list may be longer now.
std::unexpected<ApiError> too_long(const Elements& elements, const std::string& path) {
  std::vector<std::string> shown;
  for (const api::KeySchemaElement& element : elements) {
    shown.push_back(
        fmt::format("{{AttributeName={}, KeyType={}}}", element.attribute_name, element.key_type));
  }
  return invalid(
      fmt::format("1 validation error detected: Value '[{}]' at '{}' failed to satisfy constraint: "
                  "Member must have length less than or equal to 2",
                  fmt::join(shown, ", "), path));
}

}  // namespace

std::vector<std::string> names_of(const Definitions& definitions) {
  std::vector<std::string> names;
  for (const KeyAttribute& definition : definitions) names.push_back(definition.name);
  return names;
}

const KeyAttribute* find_definition(const Definitions& definitions, const std::string& name) {
  const auto found = std::ranges::find(definitions, name, &KeyAttribute::name);
  return found != definitions.end() ? &*found : nullptr;
}

ApiResult<KeySchema> check_key_schema(const Elements& elements, const Definitions& definitions,
                                      const std::string& path) {
  if (elements.size() > 2) return too_long(elements, path);
  TRY_VOID(check_defined(elements, definitions));
  if (elements.size() == 2 && elements[0].attribute_name == elements[1].attribute_name) {
    return invalid(
        "Both the Hash Key and the Range Key element in the KeySchema have the same name");
  }
  TRY_VOID(check_first(elements));
  if (elements.size() == 2 && elements[1].key_type != "RANGE") {
    return invalid("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
  }
  KeySchema keys;
  keys.hash = *find_definition(definitions, elements[0].attribute_name);
  if (elements.size() == 2) keys.range = *find_definition(definitions, elements[1].attribute_name);
  return keys;
}

ApiResult<IndexKeys> check_index_schema(const Elements& elements, const Definitions& definitions) {
  TRY_VOID(check_defined(elements, definitions));
  std::set<std::string_view> seen;
  for (const api::KeySchemaElement& element : elements) {
    if (!seen.insert(element.attribute_name).second)
      return invalid("The KeySchema contains multiple key attributes with the same name");
  }
  TRY_VOID(check_first(elements));
  IndexKeys keys;
  for (const api::KeySchemaElement& element : elements) {
    const bool is_hash = element.key_type == "HASH";
    if (is_hash && !keys.range.empty()) {
      return invalid_parameter(
          "All HASH key attributes must precede RANGE key attributes in the KeySchema");
    }
    (is_hash ? keys.hash : keys.range)
        .push_back(*find_definition(definitions, element.attribute_name));
  }
  for (const auto& [attributes, kind] :
       {std::pair(&keys.hash, "HASH"), std::pair(&keys.range, "RANGE")}) {
    if (attributes->size() > kKeyAttributesMax) {
      return invalid_parameter(fmt::format(
          "The KeySchema exceeds the maximum allowed number of {} key attributes", kind));
    }
  }
  return keys;
}

}  // namespace penstock::dynamodb
