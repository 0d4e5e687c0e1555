// The parsers of update and projection expressions.
#include <algorithm>

#include "services/dynamodb/expression_parser.h"

namespace penstock::dynamodb {
namespace {

using Type = AttributeValue::Type;

constexpr Complaint kUpdateOrder[] = {
    Complaint::kReserved,    Complaint::kUnknownFunction, Complaint::kMisusedFunction,
    Complaint::kSection,     Complaint::kUndefinedName,   Complaint::kUndefinedValue,
    Complaint::kOverlap,     Complaint::kConflict,        Complaint::kOperandCount,
    Complaint::kOperandType,
};
constexpr Complaint kProjectionOrder[] = {Complaint::kReserved, Complaint::kUndefinedName,
                                          Complaint::kOverlap, Complaint::kConflict};

// The long names that AWS uses in the messages of ADD and DELETE only.
std::string_view long_type_name(Type type) {
  switch (type) {
    case Type::kS: return "STRING";
    case Type::kN: return "NUMBER";
    case Type::kB: return "BINARY";
    case Type::kNull: return "NULL";
    case Type::kBool: return "BOOLEAN";
    case Type::kL: return "LIST";
    case Type::kM: return "MAP";
    case Type::kSS:
    case Type::kNS:
    case Type::kBS:
    case Type::kInvalid: return type_name(type);
  }
  return {};
}

class UpdateParser final : public ExpressionParser {
 public:
  using ExpressionParser::ExpressionParser;

  Checked<UpdateExpression> parse() {
    if (auto problem = check_text()) return std::unexpected(std::move(*problem));
    do {
      parse_section();
    } while (!failed() && peek().kind != Token::Kind::kEnd);
    if (auto problem = verdict(kUpdateOrder)) return std::unexpected(std::move(*problem));
    return std::move(update_);
  }

 private:
  void parse_section() {
    if (accept_keyword("SET")) {
      once("SET", seen_set_);
      do {
        parse_set();
      } while (accept_symbol(","));
    } else if (accept_keyword("REMOVE")) {
      once("REMOVE", seen_remove_);
      do {
        update_.removes.push_back(target());
      } while (accept_symbol(","));
    } else if (accept_keyword("ADD")) {
      once("ADD", seen_add_);
      do {
        update_.adds.push_back(parse_value_action("ADD"));
      } while (accept_symbol(","));
    } else if (accept_keyword("DELETE")) {
      once("DELETE", seen_delete_);
      do {
        update_.deletes.push_back(parse_value_action("DELETE"));
      } while (accept_symbol(","));
    } else {
      fail_syntax();
    }
  }

  void once(const std::string& section, bool& seen) {
    if (seen) {
      complain(Complaint::kSection,
               "The \"" + section + "\" section can only be used once in an update expression;");
    }
    seen = true;
  }

  DocumentPath target() {
    DocumentPath path = parse_path();
    if (!failed()) check_clashes(targets_, path);
    return path;
  }

  void parse_set() {
    SetAction action;
    action.path = target();
    expect_symbol("=");
    action.value = parse_value();
    if (!failed()) update_.sets.push_back(std::move(action));
  }

  ValueAction parse_value_action(std::string_view section) {
    ValueAction action;
    action.path = target();
    action.value = parse_value_placeholder();
    if (action.value == nullptr) return action;
    const bool number = section == "ADD" && action.value->type() == Type::kN;
    if (!number && !action.value->is_set()) {
      complain(
          Complaint::kOperandType,
          "Incorrect operand type for operator or function; operator: " + std::string(section) +
              ", operand type: " + std::string(long_type_name(action.value->type())));
    }
    return action;
  }

  // operand | operand + operand | operand - operand
  Operand parse_value() {
    Operand left = parse_operand();
    const bool plus = !failed() && peek().is_symbol("+");
    if (failed() || (!plus && !peek().is_symbol("-"))) return left;
    advance();
    count_operator();
    Operand sum{.kind = plus ? Operand::Kind::kPlus : Operand::Kind::kMinus};
    sum.operands.push_back(std::move(left));
    sum.operands.push_back(parse_operand());
    if (failed()) return sum;
    for (const Operand& operand : sum.operands) {
      const auto type = known_type(operand);
      if (type && *type != Type::kN) {
        complain(Complaint::kOperandType, wrong_operand_type(plus ? "+" : "-", type_name(*type)));
      }
    }
    return sum;
  }

  Operand parse_operand() override {
    Operand operand;
    if (failed()) return operand;
    if (peek().is_symbol("(")) {
      advance();
      if (!enter_level()) return operand;
      operand = parse_value();
      leave_level();
      expect_symbol(")");
      if (operand.in_parentheses) {
        complain(Complaint::kOperandType, "The expression has redundant parentheses;");
      }
      operand.in_parentheses = true;
    } else if (at_function()) {
      operand = parse_call();
      check_call(operand);
    } else if (at_path()) {
      operand.path = parse_path();
    } else {
      operand.kind = Operand::Kind::kValue;
      operand.value = parse_value_placeholder();
    }
    return operand;
  }

  void check_call(const Operand& call) {
    if (failed()) return;
    const std::string& name = call.function;
    if (name != "if_not_exists" && name != "list_append") {
      complain(Complaint::kUnknownFunction, "Invalid function name; function: " + name);
      return;
    }
    if (call.operands.size() != 2) {
      complain(Complaint::kOperandCount,
               "Incorrect number of operands for operator or function; operator or function: " +
                   name + ", number of operands: " + std::to_string(call.operands.size()));
      return;
    }
    for (const Operand& operand : call.operands) {
      if (operand.kind == Operand::Kind::kFunction && operand.function == "list_append") {
        complain(Complaint::kMisusedFunction,
                 "The function is not allowed to be used this way in an expression; function: "
                 "list_append");
      }
    }
    if (name == "if_not_exists") {
      if (call.operands.front().kind != Operand::Kind::kPath) {
        complain(
            Complaint::kOperandType,
            "Operator or function requires a document path; operator or function: if_not_exists");
      }
      return;
    }
    for (const Operand& operand : call.operands) {
      const auto type = known_type(operand);
      if (type && *type != Type::kL) {
        complain(Complaint::kOperandType, wrong_operand_type(name, type_name(*type)));
      }
    }
  }

  UpdateExpression update_;
  std::vector<DocumentPath> targets_;
  bool seen_set_ = false, seen_remove_ = false, seen_add_ = false, seen_delete_ = false;
};

class ProjectionParser final : public ExpressionParser {
 public:
  using ExpressionParser::ExpressionParser;

  Checked<std::vector<DocumentPath>> parse() {
    if (auto problem = check_text()) return std::unexpected(std::move(*problem));
    std::vector<DocumentPath> paths;
    do {
      const DocumentPath path = parse_path();
      if (!failed()) check_clashes(paths, path);
    } while (accept_symbol(","));
    expect_end();
    if (auto problem = verdict(kProjectionOrder)) return std::unexpected(std::move(*problem));
    return paths;
  }

 private:
  Operand parse_operand() override { return {}; }
};

}  // namespace

std::vector<DocumentPath> UpdateExpression::paths() const {
  std::vector<DocumentPath> out;
  for (const SetAction& action : sets) out.push_back(action.path);
  out.insert(out.end(), removes.begin(), removes.end());
  for (const ValueAction& action : adds) out.push_back(action.path);
  for (const ValueAction& action : deletes) out.push_back(action.path);
  return out;
}

Checked<UpdateExpression> parse_update(std::string_view text, Placeholders& placeholders) {
  return UpdateParser("UpdateExpression", text, placeholders).parse();
}

Checked<std::vector<DocumentPath>> parse_projection(std::string_view text,
                                                    Placeholders& placeholders) {
  return ProjectionParser("ProjectionExpression", text, placeholders).parse();
}

}  // namespace penstock::dynamodb
