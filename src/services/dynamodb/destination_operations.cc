// Enable-, Disable-, Update- and DescribeKinesisStreamingDestination. The stream is looked at only
// after the reply, as on AWS.
#include <fmt/format.h>

#include "services/dynamodb/destination.h"
#include "services/dynamodb/keys.h"
#include "services/dynamodb/names.h"
#include "services/dynamodb/operations.h"
#include "services/dynamodb/tables.h"

namespace penstock::dynamodb {
namespace {

constexpr std::size_t kEndedDestinationsMax = 16;  // Ours: of one table, in the list.

std::unexpected<ApiError> not_in_state(std::string_view why) {
  return invalid(fmt::format(
      "Table is not in a valid state to enable Kinesis Streaming Destination: {}", why));
}

std::string precision_text(bool in_microseconds) {
  return in_microseconds ? "MICROSECOND" : "MILLISECOND";
}

// The last change that is in the journal, or is on its way there.
std::uint64_t last_change(const LiveTable& live) {
  const std::lock_guard lock(live.sequencer->mutex);
  return live.table.journal ? live.sequencer->last_journal : 0;
}

TableDestinations destinations_of(const Service& service, const Table& table) {
  auto found = service.destinations->of(table.number);
  return found ? std::move(*found) : TableDestinations{table.place, table.name, {}};
}

Task<Status> keep(Service& service, TablePtr live, TableDestinations next, storage::Batch batch) {
  batch.put(storage::Family::kMeta, destinations_key(live->table.number),
            encode_destinations(next));
  CO_TRY_VOID(co_await service.deps.store.commit(std::move(batch)));
  service.destinations->set(live->table.number, std::move(next));
  co_return Status();
}

void drop_ended(TableDestinations& destinations, storage::Batch& batch) {
  while (destinations.all.size() > kEndedDestinationsMax) {
    batch.erase(storage::Family::kPositions,
                destination_position_key(destinations.all.front().number));
    destinations.all.erase(destinations.all.begin());
  }
}

api::KinesisStreamingDestinationOutput output_of(const LiveTable& live,
                                                 const Destination& destination) {
  api::KinesisStreamingDestinationOutput output;
  output.table_name = live.table.name;
  output.stream_arn = destination.stream_arn;
  output.destination_status = to_string(destination.status);
  return output;
}

}  // namespace

Reply<api::KinesisStreamingDestinationOutput> enable_kinesis_streaming_destination(
    Service& service, const Context& context, api::KinesisStreamingDestinationInput input) {
  if (service.deps.kinesis == nullptr) {
    co_return not_supported("EnableKinesisStreamingDestination without Kinesis");
  }
  CO_TRY(const std::string name, resolve_table_name(context, input.table_name));
  const auto turn =
      co_await service.control_turns.enter(hash_bytes(table_key(context.place(), name)));
  CO_TRY(const TablePtr live, look_up_table_by_name(service, context, name));
  TableDestinations next = destinations_of(service, live->table);
  if (next.alive() != nullptr) {
    co_return not_in_state(
        "EnableKinesisStreamingDestination must be DISABLED or ENABLE_FAILED to perform ENABLE "
        "operation.");
  }
  storage::Batch batch;
  if (const Destination* before = next.find(input.stream_arn)) {
    batch.erase(storage::Family::kPositions, destination_position_key(before->number));
    std::erase_if(next.all,
                  [&input](const Destination& one) { return one.stream_arn == input.stream_arn; });
  }
  Destination made;
  made.number = service.next_number();
  made.stream_arn = input.stream_arn;
  if (const auto& configuration = input.enable_kinesis_streaming_configuration) {
    made.in_microseconds = configuration->approximate_creation_date_time_precision == "MICROSECOND";
  }
  made.after = last_change(*live);
  next.all.push_back(made);
  drop_ended(next, batch);
  batch.put(storage::Family::kMeta, counter_key(), service.counter_value());
  if (live->table.journal) {
    CO_TRY_VOID(co_await keep(service, live, std::move(next), std::move(batch)));
  } else {
    Table table = live->table;
    open_journal(service, table, batch);
    batch.put(storage::Family::kMeta, destinations_key(table.number), encode_destinations(next));
    service.destinations->set(table.number, std::move(next));
    CO_TRY_VOID(co_await change_table(service, live, std::move(table), std::move(batch), nullptr));
  }
  start_destination(service, live->table.number, live->table.place, name, made.number);
  auto output = output_of(*live, made);
  output.enable_kinesis_streaming_configuration =
      std::move(input.enable_kinesis_streaming_configuration);
  co_return output;
}

Reply<api::KinesisStreamingDestinationOutput> disable_kinesis_streaming_destination(
    Service& service, const Context& context, api::KinesisStreamingDestinationInput input) {
  CO_TRY(const std::string name, resolve_table_name(context, input.table_name));
  if (input.enable_kinesis_streaming_configuration) {
    co_return invalid(
        "Stream cannot be disabled using EnableKinesisStreamingConfiguration parameters");
  }
  const auto turn =
      co_await service.control_turns.enter(hash_bytes(table_key(context.place(), name)));
  CO_TRY(const TablePtr live, look_up_table_by_name(service, context, name));
  TableDestinations next = destinations_of(service, live->table);
  Destination* const found = next.find(input.stream_arn);
  if (found == nullptr || found->status != DestinationStatus::kActive) {
    co_return not_in_state(
        "KinesisStreamingDestination must be ACTIVE to perform DISABLE operation.");
  }
  found->status = DestinationStatus::kDisabling;
  found->until = last_change(*live);
  const Destination changed = *found;
  CO_TRY_VOID(co_await keep(service, live, std::move(next), {}));
  wake_destination(service, changed.number);
  if (live->table.journal) service.notifier.notify(live->table.journal->arrivals_key);
  co_return output_of(*live, changed);
}

Reply<api::UpdateKinesisStreamingDestinationOutput> update_kinesis_streaming_destination(
    Service& service, const Context& context, api::UpdateKinesisStreamingDestinationInput input) {
  CO_TRY(const std::string name, resolve_table_name(context, input.table_name));
  const auto turn =
      co_await service.control_turns.enter(hash_bytes(table_key(context.place(), name)));
  CO_TRY(const TablePtr live, look_up_table_by_name(service, context, name));
  const auto& configuration = input.update_kinesis_streaming_configuration;
  if (!configuration || !configuration->approximate_creation_date_time_precision) {
    co_return invalid(
        "Streaming destination cannot be updated with given parameters: "
        "UpdateKinesisStreamingConfiguration cannot be null or contain only null values");
  }
  TableDestinations next = destinations_of(service, live->table);
  Destination* const found = next.find(input.stream_arn);
  if (found == nullptr) {
    co_return not_in_state(fmt::format(
        "No streaming destination with streamArn: {} found for table with tableName: {}",
        input.stream_arn, name));
  }
  if (found->status != DestinationStatus::kActive) {
    co_return not_in_state(fmt::format(
        "Kinesis streaming is not in ACTIVE state. Updates are only allowed in ACTIVE state. "
        "TableName: {}, kdsArn: {}",
        name, input.stream_arn));
  }
  const std::string& wanted = *configuration->approximate_creation_date_time_precision;
  if (wanted == precision_text(found->in_microseconds)) {
    co_return invalid(fmt::format(
        "Invalid Request: Precision is already set to the desired value of {} for tableId: {}, "
        "kdsArn: {}",
        wanted, live->table.id, input.stream_arn));
  }
  found->status = DestinationStatus::kUpdating;
  found->in_microseconds = wanted == "MICROSECOND";
  const Destination changed = *found;
  CO_TRY_VOID(co_await keep(service, live, std::move(next), {}));
  wake_destination(service, changed.number);
  if (live->table.journal) service.notifier.notify(live->table.journal->arrivals_key);
  api::UpdateKinesisStreamingDestinationOutput output;
  output.table_name = name;
  output.stream_arn = changed.stream_arn;
  output.destination_status = to_string(changed.status);
  output.update_kinesis_streaming_configuration = configuration;
  co_return output;
}

Reply<api::DescribeKinesisStreamingDestinationOutput> describe_kinesis_streaming_destination(
    Service& service, const Context& context, api::DescribeKinesisStreamingDestinationInput input) {
  CO_TRY(const TablePtr live, look_up_table_by_name(service, context, input.table_name));
  api::DescribeKinesisStreamingDestinationOutput output;
  output.table_name = live->table.name;
  auto& shown = output.kinesis_data_stream_destinations.emplace();
  for (const Destination& one : destinations_of(service, live->table).all) {
    api::KinesisDataStreamDestination destination;
    destination.stream_arn = one.stream_arn;
    destination.destination_status = to_string(one.status);
    if (!one.description.empty()) destination.destination_status_description = one.description;
    destination.approximate_creation_date_time_precision = precision_text(one.in_microseconds);
    shown.push_back(std::move(destination));
  }
  co_return output;
}

}  // namespace penstock::dynamodb
