// From the text of a statement to a command.
#include "services/dynamodb/partiql_compile.h"

#include <algorithm>

namespace penstock::dynamodb {
namespace {

using CommandKind = PartiqlCommand::Kind;

// A path shows under its last name, with the indexes after it: m.k[0] is the column k[0].
std::string column_name(const DocumentPath& path) {
  std::string name;
  for (const PathElement& element : path.elements) {
    if (element.is_index) {
      name += "[" + std::to_string(element.index) + "]";
    } else {
      name = element.name;
    }
  }
  return name;
}

Checked<void> compile_source(const PartiqlStatement& statement, PartiqlCommand& command) {
  command.table = statement.source.front();
  if (statement.source.size() == 1) return {};
  if (statement.kind == CommandKind::kInsert) {
    return std::unexpected("FROM clause may only contain a single table name");
  }
  if (statement.kind == CommandKind::kUpdate || statement.kind == CommandKind::kDelete) {
    return std::unexpected("This operation is not supported on an index");
  }
  command.index = statement.source[1];
  return {};
}

Checked<void> compile_columns(PartiqlStatement& statement, PartiqlCommand& command) {
  command.star = statement.star;
  for (PartiqlNode& node : statement.columns) {
    if (node.kind != PartiqlNode::Kind::kPath) {
      return std::unexpected("Unexpected path component" + to_text(node.at));
    }
    std::string name = column_name(node.path);
    if (std::ranges::find(command.columns, name, &PartiqlColumn::name) != command.columns.end()) {
      return std::unexpected("Duplicate identifiers in select clause: " + name);
    }
    command.columns.push_back({std::move(name), std::move(node.path)});
  }
  return {};
}

Checked<void> compile_returning(const PartiqlStatement& statement, PartiqlCommand& command) {
  if (!statement.returning) return {};
  if (statement.kind == CommandKind::kInsert) {
    return std::unexpected("RETURNING is not supported in INSERT");
  }
  const PartiqlReturning& asked = *statement.returning;
  if (statement.kind == CommandKind::kDelete && (asked.modified || !asked.old_values)) {
    return std::unexpected(std::string("Invalid returning clause: RETURNING ") +
                           (asked.modified ? "MODIFIED " : "ALL ") +
                           (asked.old_values ? "OLD" : "NEW") +
                           " *. Only RETURNING ALL OLD * is allowed in DELETE statements.");
  }
  command.returning = asked;
  return {};
}

}  // namespace

Checked<PartiqlCommand> compile_partiql(std::string_view text,
                                        const PartiqlParameters& parameters) {
  auto statement = parse_partiql(text);
  if (!statement) return std::unexpected(std::move(statement).error());
  if (!statement->unsupported.empty()) return std::unexpected(std::move(statement->unsupported));
  PartiqlCommand command{.kind = statement->kind};
  command.values = std::make_unique<std::deque<AttributeValue>>();
  const PartiqlScope scope{parameters, *command.values};
  const auto all = [&]() -> Checked<void> {
    TRY_VOID(compile_source(*statement, command));
    TRY_VOID(compile_columns(*statement, command));
    TRY_VOID(compile_returning(*statement, command));
    if (statement->item) {
      TRY(command.item, compile_partiql_item(*statement->item, scope));
    }
    if (!statement->actions.empty()) {
      TRY(command.update, compile_partiql_update(statement->actions, scope));
    }
    if (statement->where) {
      TRY(command.where, compile_partiql_condition(*statement->where, scope));
    }
    return {};
  };
  if (auto ok = all(); !ok) return std::unexpected(std::move(ok).error());
  command.order = std::move(statement->order);
  return command;
}

}  // namespace penstock::dynamodb
