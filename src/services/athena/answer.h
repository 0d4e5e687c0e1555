// What a statement comes to: an answer that becomes the result files, or a failure of the
// execution.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "async/task.h"
#include "gen/athena/shapes.h"
#include "protocol/api_error.h"
#include "protocol/context.h"
#include "sql/error.h"
#include "sql/statement.h"

namespace penstock::athena {

struct Service;

struct Answer {
  std::vector<api::ColumnInfo> columns;
  std::string body;         // of <id>.csv or <id>.txt
  bool has_header = false;  // the first line of the body is column names
  std::optional<std::int64_t> update_count;
  bool has_metadata = false;
  std::uint64_t rows = 0;
};

// The end of a failed execution, as GetQueryExecution shows it.
struct Failure {
  std::string reason;         // StateChangeReason
  std::string error_message;  // AthenaError.ErrorMessage; empty: the reason
  int category = 2;
  int type = 0;
  bool is_hive = false;  // found by the DDL engine: the reason is written to the .txt file
  bool is_canceled = false;

  Failure() = default;
  Failure(protocol::ApiError error);  // NOLINT: a refusal of Glue or S3 ends the execution.
  Failure(sql::SqlError error);       // NOLINT
};

// "FAILED: SemanticException [Error 10001]: ..." and its kin.
Failure hive_failure(std::string reason, int type = 1006, std::string error_message = {});

template <typename T>
using Attempt = Task<std::expected<T, Failure>>;

// Everything but queries. `database` is the session's.
Attempt<Answer> run_catalog_statement(Service& service, protocol::Context context,
                                      const sql::Statement& statement, std::string database);

// Lines as the text files hold them: joined, without a newline at the end.
Answer text_answer(std::vector<std::string> lines, std::vector<api::ColumnInfo> columns);
api::ColumnInfo text_column(std::string name);

}  // namespace penstock::athena
