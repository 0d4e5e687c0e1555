// The expression parameters of a request. The order of checks and the wording are dynalite's record
// of AWS.
#include "services/dynamodb/request.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "services/dynamodb/limits.h"

namespace penstock::dynamodb {
namespace {

struct NamedText {
  std::string_view name;
  const MaybeText* text;
};

// In the order in which AWS lists them, which is not that of processing.
std::vector<NamedText> parameters_of(const ExpressionTexts& texts) {
  std::vector<NamedText> out;
  const NamedText all[] = {{"UpdateExpression", texts.update},
                           {"ConditionExpression", texts.condition},
                           {"ProjectionExpression", texts.projection},
                           {"FilterExpression", texts.filter},
                           {"KeyConditionExpression", texts.key_condition}};
  std::ranges::copy_if(all, std::back_inserter(out),
                       [](const NamedText& n) { return n.text != nullptr; });
  return out;
}

void append_name(std::string& out, std::string_view separator, std::string_view name) {
  if (!out.empty()) out += separator;
  out += name;
}

bool has_names(const ExpressionTexts& texts) {
  return texts.names != nullptr && texts.names->has_value();
}
bool has_values(const ExpressionTexts& texts) {
  return texts.values != nullptr && texts.values->has_value();
}

ApiResult<void> check_values_have_use(const std::vector<NamedText>& parameters) {
  std::string users;
  std::size_t count = 0;
  for (const auto& [name, text] : parameters) {
    if (name == "ProjectionExpression") continue;
    if (text->has_value()) return {};
    append_name(users, " and ", name);
    ++count;
  }
  return invalid(fmt::format(
      "ExpressionAttributeValues can only be specified when using expressions: {} {} null", users,
      count > 1 ? "are" : "is"));
}

template <typename T, typename Parse>
ApiResult<void> parse_into(std::optional<T>& out, const MaybeText* text, Parse parse) {
  if (text == nullptr || !text->has_value()) return {};
  auto parsed = parse(**text);
  if (!parsed) return invalid(std::move(parsed).error());
  out = std::move(*parsed);
  return {};
}

}  // namespace

ApiResult<void> check_parameters(const ExpressionTexts& texts,
                                 std::span<const LegacyParameter> legacy) {
  const std::vector<NamedText> parameters = parameters_of(texts);
  std::string expressions, others;
  for (const auto& [name, text] : parameters) {
    if (text->has_value()) append_name(expressions, ", ", name);
  }
  for (const auto& [name, present] : legacy) {
    // KeyConditions may stand beside a filter or projection expression.
    if (name == "KeyConditions" && !(texts.key_condition && *texts.key_condition)) continue;
    if (present) append_name(others, ", ", name);
  }
  if (!expressions.empty() && !others.empty()) {
    return invalid(fmt::format(
        "Can not use both expression and non-expression parameters in the same request: "
        "Non-expression parameters: {{{}}} Expression parameters: {{{}}}",
        others, expressions));
  }
  if (has_names(texts) && expressions.empty()) {
    return invalid("ExpressionAttributeNames can only be specified when using expressions");
  }
  if (has_values(texts)) TRY_VOID(check_values_have_use(parameters));
  return {};
}

ApiResult<Expressions> parse_expressions(const ExpressionTexts& texts) {
  Placeholders placeholders;
  if (has_names(texts)) placeholders.names = &**texts.names;
  if (has_values(texts)) placeholders.values = &**texts.values;
  TRY_VOID(checked(check_placeholders(placeholders)));

  const auto predicate = [&placeholders](std::string_view name) {
    return [&placeholders, name](const std::string& text) {
      return parse_condition(name, text, placeholders);
    };
  };
  Expressions out;
  TRY_VOID(parse_into(out.update, texts.update,
                      [&](const std::string& text) { return parse_update(text, placeholders); }));
  TRY_VOID(parse_into(out.condition, texts.condition, predicate("ConditionExpression")));
  TRY_VOID(parse_into(out.key_condition, texts.key_condition, predicate("KeyConditionExpression")));
  TRY_VOID(parse_into(out.filter, texts.filter, predicate("FilterExpression")));
  TRY_VOID(parse_into(out.projection, texts.projection, [&](const std::string& text) {
    return parse_projection(text, placeholders);
  }));
  TRY_VOID(checked(check_all_used(placeholders)));
  return out;
}

ApiResult<std::vector<DocumentPath>> attributes_to_get(const std::vector<std::string>& names) {
  std::vector<DocumentPath> paths;
  std::set<std::string_view> seen;
  for (const std::string& name : names) {
    if (name.size() > kAttributeNameBytesMax) return invalid(kNameTooLarge);
    if (!seen.insert(name).second) {
      return invalid_parameter(fmt::format("Duplicate value in attribute name: {}", name));
    }
    DocumentPath path;
    path.elements.push_back({name});
    paths.push_back(std::move(path));
  }
  return paths;
}

ApiResult<void> check_values(const AttributeMap& map) {
  if (const std::string* problem = first_problem(map)) return invalid(*problem);
  return {};
}

}  // namespace penstock::dynamodb
