// The action and the resource of a statement. One that is not well formed still has the verb it
// begins with.
#include "services/dynamodb/partiql_target.h"

#include "services/dynamodb/partiql_parser.h"

namespace penstock::dynamodb {
namespace {

using StatementKind = PartiqlStatement::Kind;

std::string_view verb_of(StatementKind kind) {
  switch (kind) {
    case StatementKind::kSelect:
    case StatementKind::kExists: return "Select";
    case StatementKind::kInsert: return "Insert";
    case StatementKind::kUpdate: return "Update";
    case StatementKind::kDelete: return "Delete";
  }
  return {};
}

StatementKind kind_by(const PartiqlToken& first) {
  if (first.is_keyword("insert")) return StatementKind::kInsert;
  if (first.is_keyword("update")) return StatementKind::kUpdate;
  if (first.is_keyword("delete")) return StatementKind::kDelete;
  return StatementKind::kSelect;
}

}  // namespace

PartiqlTarget partiql_target(std::string_view text) {
  auto tokens = tokenize_partiql(text);
  if (!tokens) return {.verb = verb_of(StatementKind::kSelect), .table = {}, .index = {}};
  PartiqlTarget target{.verb = verb_of(kind_by(tokens->front())), .table = {}, .index = {}};
  auto statement = PartiqlParser(std::move(*tokens)).parse();
  if (!statement) return target;
  target.verb = verb_of(statement->kind);
  target.table = std::move(statement->source[0]);
  if (statement->source.size() > 1) target.index = std::move(statement->source[1]);
  return target;
}

}  // namespace penstock::dynamodb
