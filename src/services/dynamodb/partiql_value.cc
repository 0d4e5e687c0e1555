// Literals of PartiQL as values. Numbers, sets and nesting are checked as in requests, but worded
// with the place in the literal.
#include <fmt/format.h>

#include <algorithm>

#include "protocol/number.h"
#include "services/dynamodb/limits.h"
#include "services/dynamodb/partiql_compile.h"

namespace penstock::dynamodb {
namespace {

using NodeKind = PartiqlNode::Kind;
using Type = AttributeValue::Type;

std::string duplicates_text(const std::vector<PartiqlNode>& members) {
  std::string list;
  for (const PartiqlNode& member : members) list += (list.empty() ? "" : ", ") + member.text;
  return "One or more parameter values were invalid: Input collection [" + list +
         "] contains duplicates";
}

// What a node is called in "Unsupported data type".
std::string data_type_of(const PartiqlNode& node) {
  switch (node.kind) {
    case NodeKind::kParameter: return "Parameter";
    case NodeKind::kPath: return node.path.root();
    default: return node.text;
  }
}

class LiteralReader {
 public:
  Checked<AttributeValue> read(const PartiqlNode& node) {
    if (depth_ >= kValueDepthMax) {
      return std::unexpected("Nesting Levels have exceeded supported limits under " + place_);
    }
    switch (node.kind) {
      case NodeKind::kString: return AttributeValue::s(node.text);
      case NodeKind::kNumber: return read_number(node);
      case NodeKind::kTrue: return AttributeValue::boolean(true);
      case NodeKind::kFalse: return AttributeValue::boolean(false);
      case NodeKind::kNull: return AttributeValue::null();
      case NodeKind::kList: return read_list(node);
      case NodeKind::kBag: return read_bag(node);
      case NodeKind::kTuple: {
        auto map = read_tuple(node);
        if (!map) return std::unexpected(map.error());
        return AttributeValue::map(std::move(*map));
      }
      default:
        return std::unexpected("Unsupported data type: " + data_type_of(node) + " under key " +
                               place_ + to_text(node.at));
    }
  }

 private:
  Checked<AttributeValue> read_number(const PartiqlNode& node) {
    auto number = normalise_number(node.text);
    if (!number) {
      return std::unexpected(number_problem_message(number.error(), node.text) + " under " +
                             place_);
    }
    return AttributeValue::n(std::move(*number));
  }

  Checked<AttributeValue> read_within(const PartiqlNode& node, const std::string& step) {
    const std::size_t length = place_.size();
    place_ += step;
    ++depth_;
    auto value = read(node);
    --depth_;
    place_.resize(length);
    return value;
  }

  Checked<AttributeValue> read_list(const PartiqlNode& node) {
    AttributeValue::List list;
    for (const PartiqlNode& child : node.children) {
      auto value = read_within(child, "[" + std::to_string(list.size()) + "]");
      if (!value) return value;
      list.push_back(std::move(*value));
    }
    return AttributeValue::list(std::move(list));
  }

  Checked<AttributeMap> read_tuple(const PartiqlNode& node) {
    AttributeMap map;
    for (std::size_t i = 0; i < node.children.size(); i += 2) {
      const PartiqlNode& key = node.children[i];
      if (key.kind != NodeKind::kString) {
        return std::unexpected("Tuple keys must be of type String under " + place_ +
                               to_text(key.at));
      }
      auto value = read_within(node.children[i + 1], "." + key.text);
      if (!value) return std::unexpected(value.error());
      if (map.contains(key.text)) {
        return std::unexpected(
            fmt::format("Duplicate keys in tuple. Key: {} under {}", key.text, place_));
      }
      map.set(key.text, std::move(*value));
    }
    return map;
  }

  Checked<AttributeValue> read_bag(const PartiqlNode& node) {
    if (node.children.empty()) return std::unexpected("Empty bags are not supported");
    const NodeKind kind = node.children.front().kind;
    const bool uniform = std::ranges::all_of(
        node.children, [kind](const PartiqlNode& child) { return child.kind == kind; });
    if (!uniform || (kind != NodeKind::kString && kind != NodeKind::kNumber)) {
      return std::unexpected(
          "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags");
    }
    AttributeValue::Set members;
    for (const PartiqlNode& child : node.children) {
      auto value = read(child);
      if (!value) return value;
      if (std::ranges::find(members, value->scalar()) != members.end()) {
        const std::string text = duplicates_text(node.children);
        return std::unexpected(kind == NodeKind::kString ? text + "." : text + "! under " + place_);
      }
      members.push_back(value->scalar());
    }
    return AttributeValue::set(kind == NodeKind::kString ? Type::kSS : Type::kNS,
                               std::move(members));
  }

  std::string place_ = "root";
  std::size_t depth_ = 0;
};

}  // namespace

bool is_partiql_value(const PartiqlNode& node) {
  return node.kind <= NodeKind::kParameter && node.kind != NodeKind::kMissing;
}

Checked<void> check_partiql_parameters(const PartiqlParameters& parameters) {
  if (!parameters) return {};
  for (const AttributeValue& value : *parameters) {
    if (!value.is_valid()) return std::unexpected(value.scalar());
  }
  return {};
}

Checked<const AttributeValue*> PartiqlScope::value(const PartiqlNode& node) const {
  if (node.kind == NodeKind::kParameter) {
    // More parameters than the statement has are let pass.
    if (!parameters || node.parameter >= parameters->size()) {
      return std::unexpected("Number of parameters in request and statement don't match.");
    }
    return &(*parameters)[node.parameter];
  }
  auto value = LiteralReader().read(node);
  if (!value) return std::unexpected(std::move(value).error());
  return keep(std::move(*value));
}

Checked<AttributeMap> compile_partiql_item(const PartiqlNode& node, const PartiqlScope& scope) {
  if (node.kind == NodeKind::kParameter) {
    auto value = scope.value(node);
    if (!value) return std::unexpected(value.error());
    if ((*value)->type() == Type::kM) return (*value)->attributes();
  }
  if (node.kind != NodeKind::kTuple) {
    return std::unexpected("Unsupported data type in INSERT" + to_text(node.at));
  }
  AttributeMap item;
  for (std::size_t i = 0; i < node.children.size(); i += 2) {
    const PartiqlNode& key = node.children[i];
    if (key.kind != NodeKind::kString) {
      return std::unexpected("Tuple keys must be of type String under root" + to_text(key.at));
    }
    auto value = scope.value(node.children[i + 1]);
    if (!value) return std::unexpected(value.error());
    if (item.contains(key.text)) {
      return std::unexpected(fmt::format("Duplicate keys in tuple. Key: {} under root", key.text));
    }
    item.set(key.text, **value);
  }
  return item;
}

}  // namespace penstock::dynamodb
