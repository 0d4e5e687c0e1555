// GetPartition, BatchGetPartition, GetPartitions.
#include "services/glue/operations.h"
#include "services/glue/partition_filter.h"
#include "services/glue/resolve.h"
#include "services/glue/table.h"

namespace penstock::glue {
namespace {

using protocol::ApiResult;

constexpr std::size_t kPartitionsPageMax = 1'000;

std::vector<PartitionKey> keys_of(const api::Table& table) {
  std::vector<PartitionKey> keys;
  if (!table.partition_keys) return keys;
  for (const api::Column& column : *table.partition_keys) {
    keys.push_back({column.name, column.type.value_or("string")});
  }
  return keys;
}

// Segments split the partitions by a hash of their values, so that a segment never changes.
bool is_in_segment(const std::vector<std::string>& values, const api::Segment& segment) {
  std::uint64_t hash = 0;
  for (const std::string& value : values) hash = hash_bytes(value, hash + 1);
  return hash % static_cast<std::uint64_t>(segment.total_segments) ==
         static_cast<std::uint64_t>(segment.segment_number);
}

ApiResult<void> check_request(const api::GetPartitionsRequest& input) {
  TRY_VOID(refuse_if(input.transaction_id, "TransactionId"));
  TRY_VOID(refuse_if(input.query_as_of_time, "QueryAsOfTime"));
  if (input.segment && input.segment->segment_number >= input.segment->total_segments) {
    return std::unexpected(invalid_input("SegmentNumber must be less than TotalSegments."));
  }
  return {};
}

}  // namespace

protocol::Reply<api::GetPartitionResponse> get_partition(Service& service,
                                                         const protocol::Context& context,
                                                         api::GetPartitionRequest input) {
  CO_TRY_VOID(check_catalog(context, input.catalog_id));
  const Catalog catalog = service.catalog(context);
  CO_TRY(const TableInDatabase found,
         require_table(catalog, input.database_name, input.table_name));
  CO_TRY_VOID(check_partition_values(found.table.table, input.partition_values));
  CO_TRY(auto partition,
         catalog.find_partition(found.table, input.partition_values, View::kDurable));
  if (!partition) co_return std::unexpected(not_found("Cannot find partition."));
  api::GetPartitionResponse response;
  response.partition = std::move(*partition);
  co_return response;
}

protocol::Reply<api::BatchGetPartitionResponse> batch_get_partition(
    Service& service, const protocol::Context& context, api::BatchGetPartitionRequest input) {
  CO_TRY_VOID(check_catalog(context, input.catalog_id));
  CO_TRY_VOID(refuse_if(input.query_session_context, "QuerySessionContext"));
  const Catalog catalog = service.catalog(context);
  CO_TRY(const TableInDatabase found,
         require_table(catalog, input.database_name, input.table_name));
  api::BatchGetPartitionResponse response;
  response.partitions.emplace();
  response.unprocessed_keys.emplace();
  for (const api::PartitionValueList& list : input.partitions_to_get) {
    CO_TRY_VOID(check_partition_values(found.table.table, list.values));
    CO_TRY(auto partition, catalog.find_partition(found.table, list.values, View::kDurable));
    if (partition) response.partitions->push_back(std::move(*partition));
  }
  co_return response;
}

protocol::Reply<api::GetPartitionsResponse> get_partitions(Service& service,
                                                           const protocol::Context& context,
                                                           api::GetPartitionsRequest input) {
  CO_TRY_VOID(check_catalog(context, input.catalog_id));
  CO_TRY_VOID(check_request(input));
  const Catalog catalog = service.catalog(context);
  CO_TRY(const TableInDatabase found,
         require_table(catalog, input.database_name, input.table_name));
  CO_TRY(const PartitionFilter filter, checked(PartitionFilter::parse(input.expression.value_or(""),
                                                                      keys_of(found.table.table))));
  const PageRequest request = page_request(input.next_token, input.max_results, kPartitionsPageMax);
  const auto accepts = [&](const std::vector<std::string>& values) {
    return (!input.segment || is_in_segment(values, *input.segment)) && filter.accepts(values);
  };
  CO_TRY(Page<api::Partition> page, checked(co_await run_blocking(service.deps.runtime, [&] {
           return catalog.list_partitions(found.table, request, accepts);
         })));
  if (input.exclude_column_schema.value_or(false)) {
    for (api::Partition& partition : page.items) {
      if (partition.storage_descriptor) partition.storage_descriptor->columns.reset();
    }
  }
  api::GetPartitionsResponse response;
  response.partitions = std::move(page.items);
  response.next_token = std::move(page.next_token);
  co_return response;
}

}  // namespace penstock::glue
