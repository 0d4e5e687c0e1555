// SET and REMOVE clauses as an update expression. set_add() and set_delete() are ADD and DELETE.
#include <algorithm>

#include "services/dynamodb/expression_checks.h"
#include "services/dynamodb/partiql_compile.h"

namespace penstock::dynamodb {
namespace {

using NodeKind = PartiqlNode::Kind;
using Type = AttributeValue::Type;

std::string upper_name(const PartiqlNode& call) {
  return call.text == "set_add" ? "SET_ADD" : "SET_DELETE";
}

class UpdateCompiler {
 public:
  explicit UpdateCompiler(const PartiqlScope& scope) : scope_(scope) {}

  Checked<UpdateExpression> compile(const std::vector<PartiqlAction>& actions) {
    std::vector<const DocumentPath*> targets;
    for (const PartiqlAction& action : actions) {
      for (const DocumentPath* earlier : targets) {
        if (auto clash = check_clash(*earlier, action.path)) {
          return std::unexpected(std::move(clash->text));
        }
      }
      targets.push_back(&action.path);
      if (auto ok = add(action); !ok) return std::unexpected(ok.error());
    }
    return std::move(update_);
  }

 private:
  Checked<void> add(const PartiqlAction& action) {
    if (!action.value) {
      update_.removes.push_back(action.path);
      return {};
    }
    const PartiqlNode& value = *action.value;
    if (value.kind == NodeKind::kCall && (value.text == "set_add" || value.text == "set_delete")) {
      return add_set_action(action.path, value);
    }
    auto made = operand(value);
    if (!made) return std::unexpected(made.error());
    update_.sets.push_back({action.path, std::move(*made)});
    return {};
  }

  Checked<void> add_set_action(const DocumentPath& path, const PartiqlNode& call) {
    if (call.children.size() != 2) {
      return std::unexpected(upper_name(call) + " must have exactly two arguments" +
                             to_text(call.at));
    }
    const PartiqlNode& target = call.children[0];
    if (target.kind != NodeKind::kPath || target.path != path) {
      return std::unexpected("The first argument to " + upper_name(call) +
                             " must equal the assignment value" + to_text(call.at));
    }
    const std::string refusal = "The second argument to " + upper_name(call) +
                                " must be a value with type SET" + to_text(target.at);
    if (!is_partiql_value(call.children[1])) return std::unexpected(refusal);
    auto value = scope_.value(call.children[1]);
    if (!value) return std::unexpected(value.error());
    if (!(*value)->is_set()) return std::unexpected(refusal);
    (call.text == "set_add" ? update_.adds : update_.deletes).push_back({path, *value});
    return {};
  }

  Checked<Operand> operand(const PartiqlNode& node) {
    auto simple = simple_partiql_operand(node, scope_);
    if (!simple) return std::unexpected(std::move(simple).error());
    if (*simple) return std::move(**simple);
    if (node.kind == NodeKind::kCall) return call(node);
    if (node.kind == NodeKind::kOperator && (node.text == "+" || node.text == "-"))
      return sum(node);
    if (node.kind == NodeKind::kOperator || node.kind == NodeKind::kSign) {
      return std::unexpected(unsupported_operator("Update", node));
    }
    return std::unexpected("Unsupported token in expression" + to_text(node.at));
  }

  Checked<Operand> sum(const PartiqlNode& node) {
    Operand out{.kind = node.text == "+" ? Operand::Kind::kPlus : Operand::Kind::kMinus};
    return with_operands(std::move(out), node, node.text, Type::kN);
  }

  Checked<Operand> call(const PartiqlNode& node) {
    if (node.text != "list_append") return std::unexpected(unrecognized_function(node));
    if (node.children.size() != 2) {
      return std::unexpected(
          "Incorrect number of operands for operator or function; operator or function: "
          "list_append, number of operands: " +
          std::to_string(node.children.size()));
    }
    Operand out{.kind = Operand::Kind::kFunction, .function = node.text};
    return with_operands(std::move(out), node, node.text, Type::kL);
  }

  Checked<Operand> with_operands(Operand out, const PartiqlNode& node, std::string_view name,
                                 Type wanted) {
    for (const PartiqlNode& child : node.children) {
      auto made = operand(child);
      if (!made) return made;
      const auto type = known_type(*made);
      if (type && *type != wanted) {
        return std::unexpected(wrong_operand_type(name, type_name(*type)));
      }
      out.operands.push_back(std::move(*made));
    }
    return out;
  }

  const PartiqlScope& scope_;
  UpdateExpression update_;
};

}  // namespace

Checked<UpdateExpression> compile_partiql_update(const std::vector<PartiqlAction>& actions,
                                                 const PartiqlScope& scope) {
  return UpdateCompiler(scope).compile(actions);
}

}  // namespace penstock::dynamodb
