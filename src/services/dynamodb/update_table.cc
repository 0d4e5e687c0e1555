// UpdateTable: one change per call, effective at once. The reply shows what AWS's does: the state
// before a change of throughput or class, which there takes a while.
#include <fmt/format.h>

#include <algorithm>

#include "services/dynamodb/backfill.h"
#include "services/dynamodb/describe.h"
#include "services/dynamodb/dynamodb.h"
#include "services/dynamodb/keys.h"
#include "services/dynamodb/limits.h"
#include "services/dynamodb/names.h"
#include "services/dynamodb/operations.h"
#include "services/dynamodb/schema_check.h"
#include "services/dynamodb/tables.h"
#include "services/dynamodb/throughput_rules.h"
#include "services/dynamodb/update_check.h"
#include "services/dynamodb/update_throughput.h"
#include "storage/key.h"

namespace penstock::dynamodb {
namespace {

struct TableChange {
  Table next;
  storage::Batch batch;
  StreamPtr opened;
  std::string created_index;           // To be filled in the background.
  std::optional<Index> deleted_index;  // The reply still shows it.
};

ApiResult<void> change_stream(Service& service, const api::UpdateTableInput& input,
                              TableChange& change) {
  const api::StreamSpecification& wanted = *input.stream_specification;
  Table& table = change.next;
  if (wanted.stream_enabled) {
    if (!wanted.stream_view_type) {
      return invalid_parameter("If stream is being enabled then UpdateViewType is required");
    }
    if (table.stream)
      return invalid(fmt::format("Table already has an enabled stream: TableName: {}", table.name));
    change.opened = open_stream(service, table, *wanted.stream_view_type, change.batch);
    return {};
  }
  if (wanted.stream_view_type) {
    return invalid_parameter(
        "If stream is being disabled, then UpdateViewType must not be specified");
  }
  if (!table.stream)
    return invalid(fmt::format("Table has no stream to disable: TableName: {}", table.name));
  table.stream.reset();
  return {};
}

// AttributeDefinitions that no key needs any more go.
void prune_definitions(Table& table) {
  std::erase_if(table.definitions, [&table](const KeyAttribute& definition) {
    if (table.keys.contains(definition.name)) return false;
    return std::ranges::none_of(
        table.indexes, [&](const Index& index) { return index.keys.contains(definition.name); });
  });
}

ApiResult<void> check_no_other_online(const Table& table) {
  const bool filling = std::ranges::any_of(
      table.indexes, [](const Index& index) { return index.status == IndexStatus::kCreating; });
  if (!filling) return {};
  return limit_exceeded(
      "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously "
      "per table");
}

ApiResult<void> create_index(Service& service, const api::UpdateTableInput& input,
                             const api::CreateGlobalSecondaryIndexAction& action,
                             TableChange& change) {
  Table& table = change.next;
  if (!input.attribute_definitions) {
    return invalid_parameter(
        fmt::format("AttributeDefinitions is not specified for index: {}", action.index_name));
  }
  TRY(std::vector<KeyAttribute> wanted, check_definitions(*input.attribute_definitions));
  // What is defined already stays as it is, whatever the request says of it.
  std::vector<KeyAttribute> definitions = table.definitions;
  for (KeyAttribute& definition : wanted) {
    const auto known = std::ranges::find(definitions, definition.name, &KeyAttribute::name);
    if (known == definitions.end()) definitions.push_back(std::move(definition));
  }
  if (table.find_index(action.index_name) != nullptr) {
    return invalid("Attempting to create an index which already exists");
  }
  TRY(Index index, check_new_index(table, definitions, action));
  TRY_VOID(check_no_other_online(table));
  const auto globals = std::ranges::count_if(table.indexes, &Index::global);
  if (static_cast<std::size_t>(globals) >= kGlobalIndexesMax) {
    return limit_exceeded(
        "Subscriber limit exceeded: Number of global secondary indexes exceeds per-table limit of "
        "20");
  }
  index.number = service.next_number();
  index.status = IndexStatus::kCreating;
  change.created_index = index.name;
  change.batch.put(storage::Family::kMeta, counter_key(), service.counter_value());
  table.definitions = std::move(definitions);
  table.indexes.push_back(std::move(index));
  prune_definitions(table);
  std::ranges::sort(table.definitions, {}, &KeyAttribute::name);
  return {};
}

// An index may go while it is filled; the filling ends then.
ApiResult<void> delete_index(const std::string& name, TableChange& change) {
  TRY(const Index* index, global_index(change.next, name, "delete"));
  if (index->status != IndexStatus::kCreating) TRY_VOID(check_no_other_online(change.next));
  const std::string prefix = items_prefix(index->number);
  change.batch.erase_range(storage::Family::kItems, prefix, storage::prefix_end(prefix));
  change.deleted_index = *index;
  change.deleted_index->status = IndexStatus::kDeleting;
  std::erase_if(change.next.indexes, [&name](const Index& each) { return each.name == name; });
  prune_definitions(change.next);
  return {};
}

ApiResult<void> change_indexes(Service& service, const api::UpdateTableInput& input,
                               TableChange& change) {
  for (const api::GlobalSecondaryIndexUpdate& update : *input.global_secondary_index_updates) {
    if (update.create) TRY_VOID(create_index(service, input, *update.create, change));
    if (update.delete_) TRY_VOID(delete_index(update.delete_->index_name, change));
  }
  return {};
}

// Two changes in thirty days; naming the class that a table has anyway is one, too, unless no class
// was ever named.
ApiResult<void> change_class(const std::string& wanted, Timestamp now, Table& table) {
  if (table.table_class.empty() && wanted == "STANDARD") return {};
  std::erase_if(table.class_changes,
                [now](Timestamp change) { return change <= now - kClassChangeWindow; });
  if (table.class_changes.size() >= kClassChangesMax) {
    return limit_exceeded(
        "Subscriber limit exceeded: Updates to TableClass are limited to 2 times in 30 day(s).");
  }
  table.table_class = wanted;
  table.class_changes.push_back(now);
  return {};
}

ApiResult<TableChange> decide_change(Service& service, const api::UpdateTableInput& input,
                                     const UpdateConcerns& concerns, const Table& current) {
  TableChange change{.next = current, .batch = {}, .opened = nullptr};
  const Timestamp now = service.deps.clock.now();
  if (input.deletion_protection_enabled)
    change.next.deletion_protection = *input.deletion_protection_enabled;
  if (input.table_class) TRY_VOID(change_class(*input.table_class, now, change.next));
  TRY_VOID(update_throughput(input, now, change.next));
  if (input.stream_specification) TRY_VOID(change_stream(service, input, change));
  if (concerns.index_set) TRY_VOID(change_indexes(service, input, change));
  if (concerns.billing || concerns.provisioned || concerns.maximum || concerns.warm ||
      concerns.index_updates || concerns.index_creation) {
    TRY_VOID(check_quotas(change.next, provisioned_by_others(service, change.next)));
  }
  return change;
}

// What the reply shows of a change that is already in effect.
Table shown_in_reply(const Table& current, const TableChange& change) {
  Table shown = change.next;
  const bool mode_stays = current.on_demand == change.next.on_demand;
  shown.warm = current.warm;
  shown.table_class = current.table_class;
  shown.class_changes = current.class_changes;
  if (mode_stays) {
    shown.throughput = current.throughput;
    shown.history = current.history;
  }
  for (Index& index : shown.indexes) {
    const Index* before = current.find_index(index.name);
    if (before == nullptr || !index.global) continue;
    const bool changed = index.throughput != before->throughput ||
                         index.on_demand_maximum != before->on_demand_maximum;
    if (changed) index.status = IndexStatus::kUpdating;
    index.warm = before->warm;
    if (!mode_stays) continue;
    index.throughput = before->throughput;
    index.history = before->history;
  }
  if (change.deleted_index) {
    const auto at = std::ranges::find(current.indexes, change.deleted_index->name, &Index::name);
    shown.indexes.insert(shown.indexes.begin() + (at - current.indexes.begin()),
                         *change.deleted_index);
  }
  return shown;
}

api::TableDescription reply_of(Service& service, const api::UpdateTableInput& input,
                               const UpdateConcerns& concerns, const Table& current,
                               const TableChange& change) {
  DescriptionOptions options{.status = concerns.settles_at_once() ? "ACTIVE" : "UPDATING"};
  options.with_warm_throughput = input.warm_throughput.has_value();
  options.warm_status = "UPDATING";
  options.allocating = true;
  return describe(service, shown_in_reply(current, change), options);
}

}  // namespace

Reply<api::UpdateTableOutput> update_table(Service& service, const Context& context,
                                           api::UpdateTableInput input) {
  CO_TRY(const std::string name, resolve_table_name(context, input.table_name));
  const UpdateConcerns concerns = concerns_of(input);
  CO_TRY_VOID(check_update(input, concerns));
  const auto turn =
      co_await service.control_turns.enter(hash_bytes(table_key(context.place(), name)));
  CO_TRY(const TablePtr live, look_up_table_by_name(service, context, name));
  if (live->table.is_filling()) co_return resource_in_use("Table is being created: " + name);
  CO_TRY(TableChange change, decide_change(service, input, concerns, live->table));

  api::UpdateTableOutput output;
  output.table_description = reply_of(service, input, concerns, live->table, change);
  const std::string created_index = change.created_index;
  CO_TRY_VOID(co_await change_table(service, live, std::move(change.next), std::move(change.batch),
                                    std::move(change.opened)));
  if (!created_index.empty()) start_backfill(service, context.place(), name, created_index);
  co_return output;
}

}  // namespace penstock::dynamodb
