// Name resolution: the innermost scope that knows a name wins.

#include "sql/scope.h"

#include <fmt/format.h>

namespace penstock::sql {

namespace {

// The number of path elements that lead to the column (1, 2 or 3), or 0.
std::size_t matches(const ScopeColumn& column, const std::vector<std::string>& path,
                    std::size_t length) {
  if (length > path.size() || column.name.empty()) return 0;
  if (column.name != path[length - 1]) return 0;
  if (length >= 2 && column.qualifier != path[length - 2]) return 0;
  if (length >= 3 && column.database != path[length - 3]) return 0;
  return length;
}

std::string joined(const std::vector<std::string>& path) {
  std::string out;
  for (const std::string& part : path) out += (out.empty() ? "" : ".") + part;
  return out;
}

}  // namespace

std::string quote_literal(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + '\'';
}

Outcome<Typed> row_field(const Typed& base, const std::string& name, Position at) {
  if (base.type.kind == TypeKind::kRow) {
    for (std::size_t i = 0; i < base.type.names.size(); ++i) {
      if (base.type.names[i] == name) {
        return Typed{fmt::format("struct_extract({}, 'f{}')", base.sql, i), base.type.args[i]};
      }
    }
    return std::unexpected(semantic_error(
        "COLUMN_NOT_FOUND", at,
        fmt::format("Column '{}' cannot be resolved or requester is not authorized to access "
                    "requested resources",
                    name)));
  }
  return std::unexpected(
      semantic_error("TYPE_MISMATCH", at, fmt::format("Expression is not of type ROW")));
}

Outcome<Resolved> resolve(const Scope& scope, const std::vector<std::string>& path, Position at) {
  bool local = true;
  for (const Scope* level = &scope; level != nullptr; level = level->parent) {
    // Longest qualification first: t.x is column x of t before it is field x of a column t.
    for (std::size_t length = std::min<std::size_t>(3, path.size()); length >= 1; --length) {
      const ScopeColumn* found = nullptr;
      for (const ScopeColumn& column : level->columns) {
        if (matches(column, path, length) == 0) continue;
        if (found != nullptr) {
          return std::unexpected(semantic_error(
              "AMBIGUOUS_NAME", at, fmt::format("Column '{}' is ambiguous", joined(path))));
        }
        found = &column;
      }
      if (found == nullptr) continue;
      Resolved resolved{{found->sql, found->type}, local && !level->is_lambda, found->scan};
      for (std::size_t i = length; i < path.size(); ++i) {
        TRY(resolved.value, row_field(resolved.value, path[i], at));
      }
      return resolved;
    }
    if (!level->is_lambda) local = false;
  }
  return std::unexpected(semantic_error(
      "COLUMN_NOT_FOUND", at,
      fmt::format("Column '{}' cannot be resolved or requester is not authorized to access "
                  "requested resources",
                  joined(path))));
}

}  // namespace penstock::sql
