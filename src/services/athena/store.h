// What Athena keeps, and the only file here that knows storage.
//
//   0x90 account region id                          -> an execution
//   0x91 account region workgroup newest-first id   -> (empty): the order of ListQueryExecutions
//   0x92 account region token                       -> the execution a ClientRequestToken made
//   0x93 account region name                        -> a workgroup
//   0x94 account region id                          -> a named query
//   0x95 account region workgroup name              -> a prepared statement
//   0x96 account region arn                         -> the tags of a resource
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.h"
#include "base/result.h"
#include "gen/athena/shapes.h"
#include "protocol/place.h"
#include "storage/store.h"

namespace penstock::athena {

using protocol::Place;

struct Execution {
  api::QueryExecution shown;
  // What GetQueryResults says besides the rows, which are in the result object.
  api::GetQueryResultsOutput results;
  bool has_header = false;
  std::uint64_t rows_in = 0, rows_out = 0, bytes_out = 0;
  std::string principal_arn;  // On whose behalf it runs.
};

struct TokenUse {
  std::string execution_id;
  std::string fingerprint;
};

class Records {
 public:
  Records(storage::Store& store, Place place) : store_(&store), place_(std::move(place)) {}

  Result<std::optional<Execution>> execution(std::string_view id) const;
  Task<Status> save(Execution execution) const;
  // Both in one batch, with the order of the list.
  Task<Status> create(Execution execution, std::string token, TokenUse use) const;
  Result<std::optional<TokenUse>> token(std::string_view token) const;
  // Newest first, from `after` on (an opaque place in the list; empty: from the start).
  Result<std::vector<std::string>> list_executions(std::string_view workgroup, std::string& after,
                                                   std::size_t count) const;

  // The workgroup primary exists from the beginning.
  Result<std::optional<api::WorkGroup>> workgroup(std::string_view name, Timestamp now) const;
  Result<std::vector<api::WorkGroup>> workgroups(Timestamp now) const;
  Task<Status> save(api::WorkGroup workgroup) const;
  Task<Status> erase_workgroup(std::string name) const;

  Result<std::optional<api::NamedQuery>> named_query(std::string_view id) const;
  Result<std::vector<api::NamedQuery>> named_queries() const;
  Task<Status> save(api::NamedQuery query) const;
  Task<Status> erase_named_query(std::string id) const;

  Result<std::optional<api::PreparedStatement>> prepared(std::string_view workgroup,
                                                         std::string_view name) const;
  Result<std::vector<api::PreparedStatement>> all_prepared(std::string_view workgroup) const;
  Task<Status> save(api::PreparedStatement statement) const;
  Task<Status> erase_prepared(std::string workgroup, std::string name) const;

  Result<std::vector<api::Tag>> tags(std::string_view arn) const;
  Task<Status> save_tags(std::string arn, std::vector<api::Tag> tags) const;

 private:
  storage::Store* store_;
  Place place_;
};

struct Unfinished {
  Place place;
  std::string id;
};
// Executions that were waiting or running when the server ended. Scans; for start-up.
Result<std::vector<Unfinished>> unfinished_executions(storage::Store& store);
Status fail_execution(storage::Store& store, const Unfinished& which, Timestamp now);

}  // namespace penstock::athena
