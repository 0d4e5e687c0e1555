// ImportTable, DescribeImport, ListImports. The work itself is in import_run.cc.
//
// Recorded from AWS: a token is looked at only while its import runs, and then everything but the
// table's name is ignored; once the table exists, that is what is said.
#include <fmt/format.h>

#include "services/dynamodb/import_log.h"
#include "services/dynamodb/keys.h"
#include "services/dynamodb/limits.h"
#include "services/dynamodb/operations.h"
#include "services/dynamodb/schema_check.h"
#include "services/dynamodb/tables.h"
#include "services/dynamodb/throughput_rules.h"
#include "services/dynamodb/transfers.h"

namespace penstock::dynamodb {
namespace {

constexpr std::size_t kImportsPageMax = 25;

// The table as a CreateTable with these parameters would make it.
ApiResult<Table> planned_table(api::TableCreationParameters parameters) {
  api::CreateTableInput input;
  input.table_name = std::move(parameters.table_name);
  input.attribute_definitions = std::move(parameters.attribute_definitions);
  input.key_schema = std::move(parameters.key_schema);
  input.billing_mode = std::move(parameters.billing_mode);
  input.provisioned_throughput = std::move(parameters.provisioned_throughput);
  input.on_demand_throughput = std::move(parameters.on_demand_throughput);
  input.sse_specification = std::move(parameters.sse_specification);
  input.global_secondary_indexes = std::move(parameters.global_secondary_indexes);
  return check_create(input);
}

ApiResult<void> check_import(const Service& service, const api::ImportTableInput& input) {
  if (service.deps.s3 == nullptr) return not_supported("ImportTable without S3");
  if (!input.client_token) {
    return invalid(
        "1 validation error detected: Value null at 'clientToken' failed to satisfy constraint: "
        "Member must not be null");
  }
  if (input.input_format_options && input.input_format_options->csv &&
      input.input_format != "CSV") {
    return invalid(fmt::format(
        "Invalid Request: Unsupported InputFormatOptions for the given input format: {}.",
        input.input_format));
  }
  return {};
}

api::ImportTableDescription new_description(const Service& service, api::ImportTableInput input,
                                            const Table& table, std::string id) {
  api::ImportTableDescription out;
  out.import_arn = fmt::format("{}/import/{}", table.arn(), id);
  out.import_status = "IN_PROGRESS";
  out.table_arn = table.arn();
  out.table_id = table.id;
  out.client_token = std::move(input.client_token);
  out.s3_bucket_source = std::move(input.s3_bucket_source);
  out.error_count = 0;
  out.processed_item_count = 0;
  out.imported_item_count = 0;
  if (service.deps.logs != nullptr) {
    out.cloud_watch_log_group_arn = ImportLog::group_arn(table.place);
  }
  out.input_format = std::move(input.input_format);
  out.input_format_options = std::move(input.input_format_options);
  out.input_compression_type = input.input_compression_type.value_or("NONE");
  out.table_creation_parameters = std::move(input.table_creation_parameters);
  out.start_time = table.created;
  return out;
}

// The running import that the request repeats, a refusal, or nothing.
ApiResult<std::shared_ptr<const ImportJob>> find_repeated(Service& service, const Place& place,
                                                          const api::ImportTableInput& input) {
  const std::string& name = input.table_creation_parameters.table_name;
  const auto running = service.transfers->imports.select(
      [&place](const ImportJob& job) { return job.running && job.place == place; });
  for (const auto& job : running) {
    if (job->description.client_token != input.client_token) continue;
    if (job->table.name == name) return job;
    return protocol::refuse(
        "ImportConflictException",
        "Import conflict: Duplicate request detected with conflicting parameters");
  }
  if (import_reserves(service, place, name)) return table_exists(name);
  if (running.size() >= kRunningImportsMax) {
    return limit_exceeded(
        fmt::format("Subscriber limit exceeded: There is a limit of {} simultaneous imports",
                    kRunningImportsMax));
  }
  if (service.registry.table_count(place) + running.size() >= kTablesMax) {
    return too_many_tables();
  }
  return nullptr;
}

api::ImportSummary summary_of(const api::ImportTableDescription& description) {
  api::ImportSummary out;
  out.import_arn = description.import_arn;
  out.import_status = description.import_status;
  out.table_arn = description.table_arn;
  out.s3_bucket_source = description.s3_bucket_source;
  out.cloud_watch_log_group_arn = description.cloud_watch_log_group_arn;
  out.input_format = description.input_format;
  out.start_time = description.start_time;
  out.end_time = description.end_time;
  return out;
}

}  // namespace

Reply<api::ImportTableOutput> import_table(Service& service, const Context& context,
                                           api::ImportTableInput input) {
  CO_TRY_VOID(check_import(service, input));
  CO_TRY(Table table, planned_table(input.table_creation_parameters));
  table.place = context.place();
  const auto turns =
      co_await service.control_turns.enter_all({hash_bytes(table_key(table.place, table.name)),
                                                hash_bytes(import_key(table.place, "", ""))});
  if (service.registry.find_table(context.account, context.region, table.name) != nullptr) {
    co_return table_exists(table.name);
  }
  CO_TRY(const std::shared_ptr<const ImportJob> repeated,
         find_repeated(service, table.place, input));
  if (repeated != nullptr) co_return api::ImportTableOutput{repeated->description};
  CO_TRY_VOID(check_quotas(table, provisioned_by_others(service, table)));

  table.created = service.deps.clock.now();
  table.id = service.deps.random.uuid();
  table.number = service.next_number();
  table.version = 1;
  for (Index& index : table.indexes) index.number = service.next_number();
  auto job = std::make_shared<ImportJob>();
  job->place = table.place;
  job->principal_arn = context.principal_arn;
  job->description = new_description(service, std::move(input), table,
                                     make_job_id(table.created, service.deps.random.next()));
  job->arn = *job->description.import_arn;
  job->table = std::move(table);
  job->running = true;
  storage::Batch batch;
  batch.put(storage::Family::kMeta, counter_key(), service.counter_value());
  batch.put(storage::Family::kMeta, import_key(job->place, job->table.name, job->id()),
            encode_job(job->stored()));
  CO_TRY_VOID(co_await service.deps.store.commit(std::move(batch)));
  service.transfers->imports.put(job);
  start_import(service, job->arn);
  co_return api::ImportTableOutput{job->description};
}

Reply<api::DescribeImportOutput> describe_import(Service& service, const Context& context,
                                                 api::DescribeImportInput input) {
  if (!is_job_arn(input.import_arn, "import")) co_return invalid("Invalid Import ARN");
  const auto job = service.transfers->imports.find(input.import_arn);
  if (job == nullptr || job->place != context.place()) {
    co_return protocol::refuse("ImportNotFoundException",
                               fmt::format("Import not found: {}", input.import_arn));
  }
  co_return api::DescribeImportOutput{job->description};
}

Reply<api::ListImportsOutput> list_imports(Service& service, const Context& context,
                                           api::ListImportsInput input) {
  std::string after;
  if (input.next_token) {
    auto read = read_job_token(*input.next_token);
    if (!read) {
      co_return invalid(
          fmt::format("Invalid Request: Provided nextToken is invalid: {}", *input.next_token));
    }
    after = std::move(*read);
  }
  const std::string prefix =
      input.table_arn ? *input.table_arn + "/import/" : table_arn(context.place(), {});
  const std::size_t limit =
      input.page_size ? static_cast<std::size_t>(*input.page_size) : kImportsPageMax;
  auto page = service.transfers->imports.page(context.place(), prefix, after, limit);
  api::ListImportsOutput output;
  output.next_token = std::move(page.next_token);
  auto& summaries = output.import_summary_list.emplace();
  for (const auto& job : page.jobs) summaries.push_back(summary_of(job->description));
  co_return output;
}

}  // namespace penstock::dynamodb
