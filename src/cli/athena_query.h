// One Athena query from start to rows.
#pragma once

#include <string>
#include <vector>

#include "cli/session.h"

namespace penstock::cli {

struct QueryRequest {
  std::string sql;
  std::string database;
  std::string output;  // s3://bucket/prefix; empty: the workgroup's.
};

struct QueryAnswer {
  std::vector<std::vector<std::string>> rows;  // The header first.
  std::int64_t scanned_bytes = 0;
  std::int64_t engine_millis = 0;
};

// Refused with the code QueryFailed and Athena's StateChangeReason when the query fails.
protocol::ApiResult<QueryAnswer> run_query(Session& session, QueryRequest request);

}  // namespace penstock::cli
