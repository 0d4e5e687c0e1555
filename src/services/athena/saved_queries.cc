// Named queries and prepared statements: texts that are kept for later.
#include <fmt/core.h>

#include "services/athena/athena.h"
#include "services/athena/errors.h"
#include "services/athena/operations.h"
#include "services/athena/paging.h"

namespace penstock::athena {
namespace {

using protocol::ApiResult;
using protocol::Reply;

protocol::ApiError query_not_found(std::string_view id) {
  return invalid_request("NAMED_QUERY_NOT_FOUND",
                         "NamedQuery " + std::string(id) + " was not found");
}

protocol::ApiError statement_not_found(std::string_view name, std::string_view workgroup) {
  return resource_not_found(
      fmt::format("PreparedStatement {} was not found in workGroup {}", name, workgroup), name);
}

ApiResult<void> check_workgroup(Service& service, const protocol::Context& context,
                                const std::string& name) {
  TRY(const auto group, service.records(context).workgroup(name, service.deps.clock.now()));
  if (!group) return std::unexpected(workgroup_not_found());
  return {};
}

}  // namespace

Reply<api::CreateNamedQueryOutput> create_named_query(Service& service,
                                                      const protocol::Context& context,
                                                      api::CreateNamedQueryInput input) {
  api::NamedQuery query;
  query.work_group = input.work_group.value_or("primary");
  CO_TRY_VOID(check_workgroup(service, context, *query.work_group));
  // The same token makes the same id, so that a repeated call makes nothing new.
  query.named_query_id = service.deps.random.uuid();
  if (input.client_request_token && !input.client_request_token->empty()) {
    const std::string hex = to_hex(sha256(*input.client_request_token));
    query.named_query_id = fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4),
                                       hex.substr(12, 4), hex.substr(16, 4), hex.substr(20, 12));
  }
  query.name = std::move(input.name);
  query.description = std::move(input.description);
  query.database = std::move(input.database);
  query.query_string = std::move(input.query_string);
  api::CreateNamedQueryOutput output;
  output.named_query_id = query.named_query_id;
  CO_TRY_VOID(co_await service.records(context).save(std::move(query)));
  co_return output;
}

Reply<api::GetNamedQueryOutput> get_named_query(Service& service, const protocol::Context& context,
                                                api::GetNamedQueryInput input) {
  CO_TRY(auto found, service.records(context).named_query(input.named_query_id));
  if (!found) co_return std::unexpected(query_not_found(input.named_query_id));
  api::GetNamedQueryOutput output;
  output.named_query = std::move(*found);
  co_return output;
}

Reply<api::BatchGetNamedQueryOutput> batch_get_named_query(Service& service,
                                                           const protocol::Context& context,
                                                           api::BatchGetNamedQueryInput input) {
  api::BatchGetNamedQueryOutput output;
  auto& found = output.named_queries.emplace();
  auto& missing = output.unprocessed_named_query_ids.emplace();
  for (const std::string& id : input.named_query_ids) {
    CO_TRY(auto query, service.records(context).named_query(id));
    if (query) {
      found.push_back(std::move(*query));
      continue;
    }
    api::UnprocessedNamedQueryId& unprocessed = missing.emplace_back();
    unprocessed.named_query_id = id;
    unprocessed.error_code = "NAMED_QUERY_NOT_FOUND";
    unprocessed.error_message = "NamedQuery " + id + " was not found";
  }
  co_return output;
}

Reply<api::ListNamedQueriesOutput> list_named_queries(Service& service,
                                                      const protocol::Context& context,
                                                      api::ListNamedQueriesInput input) {
  const std::string workgroup = input.work_group.value_or("primary");
  CO_TRY_VOID(check_workgroup(service, context, workgroup));
  CO_TRY(const auto queries, service.records(context).named_queries());
  std::vector<std::string> ids;
  for (const api::NamedQuery& query : queries) {
    if (query.work_group == workgroup) ids.push_back(*query.named_query_id);
  }
  std::ranges::sort(ids);
  api::ListNamedQueriesOutput output;
  CO_TRY(output.next_token, cut_page(ids, input.next_token, page_size(input.max_results, 50),
                                     [](const std::string& id) { return id; }));
  output.named_query_ids = std::move(ids);
  co_return output;
}

Reply<api::UpdateNamedQueryOutput> update_named_query(Service& service,
                                                      const protocol::Context& context,
                                                      api::UpdateNamedQueryInput input) {
  const Records records = service.records(context);
  CO_TRY(auto found, records.named_query(input.named_query_id));
  if (!found) co_return std::unexpected(query_not_found(input.named_query_id));
  found->name = std::move(input.name);
  if (input.description) found->description = std::move(input.description);
  found->query_string = std::move(input.query_string);
  CO_TRY_VOID(co_await records.save(std::move(*found)));
  co_return api::UpdateNamedQueryOutput();
}

Reply<api::DeleteNamedQueryOutput> delete_named_query(Service& service,
                                                      const protocol::Context& context,
                                                      api::DeleteNamedQueryInput input) {
  const Records records = service.records(context);
  CO_TRY(const auto found, records.named_query(input.named_query_id));
  if (!found) co_return std::unexpected(query_not_found(input.named_query_id));
  CO_TRY_VOID(co_await records.erase_named_query(input.named_query_id));
  co_return api::DeleteNamedQueryOutput();
}

Reply<api::CreatePreparedStatementOutput> create_prepared_statement(
    Service& service, const protocol::Context& context, api::CreatePreparedStatementInput input) {
  const Records records = service.records(context);
  CO_TRY_VOID(check_workgroup(service, context, input.work_group));
  auto turn = co_await service.turns.enter(hash_bytes(input.work_group + input.statement_name));
  CO_TRY(const auto existing, records.prepared(input.work_group, input.statement_name));
  if (existing) {
    co_return std::unexpected(
        invalid_input(fmt::format("PreparedStatement {} already exists in WorkGroup {}",
                                  input.statement_name, input.work_group)));
  }
  api::PreparedStatement statement;
  statement.statement_name = std::move(input.statement_name);
  statement.work_group_name = std::move(input.work_group);
  statement.query_statement = std::move(input.query_statement);
  statement.description = std::move(input.description);
  statement.last_modified_time = service.deps.clock.now();
  CO_TRY_VOID(co_await records.save(std::move(statement)));
  co_return api::CreatePreparedStatementOutput();
}

Reply<api::GetPreparedStatementOutput> get_prepared_statement(
    Service& service, const protocol::Context& context, api::GetPreparedStatementInput input) {
  CO_TRY_VOID(check_workgroup(service, context, input.work_group));
  CO_TRY(auto found, service.records(context).prepared(input.work_group, input.statement_name));
  if (!found) {
    co_return std::unexpected(statement_not_found(input.statement_name, input.work_group));
  }
  api::GetPreparedStatementOutput output;
  output.prepared_statement = std::move(*found);
  co_return output;
}

Reply<api::ListPreparedStatementsOutput> list_prepared_statements(
    Service& service, const protocol::Context& context, api::ListPreparedStatementsInput input) {
  CO_TRY_VOID(check_workgroup(service, context, input.work_group));
  CO_TRY(auto statements, service.records(context).all_prepared(input.work_group));
  api::ListPreparedStatementsOutput output;
  CO_TRY(output.next_token,
         cut_page(statements, input.next_token, page_size(input.max_results, 50),
                  [](const api::PreparedStatement& one) { return *one.statement_name; }));
  auto& list = output.prepared_statements.emplace();
  for (api::PreparedStatement& statement : statements) {
    api::PreparedStatementSummary& summary = list.emplace_back();
    summary.statement_name = std::move(statement.statement_name);
    summary.last_modified_time = statement.last_modified_time;
  }
  co_return output;
}

Reply<api::UpdatePreparedStatementOutput> update_prepared_statement(
    Service& service, const protocol::Context& context, api::UpdatePreparedStatementInput input) {
  const Records records = service.records(context);
  CO_TRY(auto found, records.prepared(input.work_group, input.statement_name));
  if (!found) {
    co_return std::unexpected(statement_not_found(input.statement_name, input.work_group));
  }
  found->query_statement = std::move(input.query_statement);
  if (input.description) found->description = std::move(input.description);
  found->last_modified_time = service.deps.clock.now();
  CO_TRY_VOID(co_await records.save(std::move(*found)));
  co_return api::UpdatePreparedStatementOutput();
}

Reply<api::DeletePreparedStatementOutput> delete_prepared_statement(
    Service& service, const protocol::Context& context, api::DeletePreparedStatementInput input) {
  const Records records = service.records(context);
  CO_TRY(const auto found, records.prepared(input.work_group, input.statement_name));
  if (!found) {
    co_return std::unexpected(statement_not_found(input.statement_name, input.work_group));
  }
  CO_TRY_VOID(co_await records.erase_prepared(std::move(input.work_group),
                                              std::move(input.statement_name)));
  co_return api::DeletePreparedStatementOutput();
}

}  // namespace penstock::athena
