// BatchGetItem: up to 100 items of several tables. What does not fit the reply is handed back as
// UnprocessedKeys.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "services/dynamodb/capacity.h"
#include "services/dynamodb/dynamodb.h"
#include "services/dynamodb/item.h"
#include "services/dynamodb/limits.h"
#include "services/dynamodb/names.h"
#include "services/dynamodb/operations.h"
#include "services/dynamodb/request.h"
#include "services/dynamodb/throttle.h"

namespace penstock::dynamodb {
namespace {

using Projection = std::optional<std::vector<DocumentPath>>;

struct TableRead {
  const std::string* name = nullptr;  // As the request has it.
  const api::KeysAndAttributes* wanted = nullptr;
  Projection projection;
  TablePtr live;
  std::vector<std::string> keys;  // In the store, in the request's order.
};

ApiResult<Projection> check_one(const api::KeysAndAttributes& wanted) {
  const std::optional<std::map<std::string, std::string>>& names =
      wanted.expression_attribute_names;
  const ExpressionTexts texts{.projection = &wanted.projection_expression, .names = &names};
  const LegacyParameter legacy[] = {{"AttributesToGet", wanted.attributes_to_get.has_value()}};
  TRY_VOID(check_parameters(texts, legacy));
  Projection projection;
  if (wanted.attributes_to_get) {
    TRY(projection, attributes_to_get(*wanted.attributes_to_get));
  }
  TRY(Expressions expressions, parse_expressions(texts));
  if (expressions.projection) projection = std::move(expressions.projection);
  std::set<std::string> seen;
  for (const AttributeMap& key : wanted.keys) {
    TRY_VOID(check_values(key));
    if (!seen.insert(encode_item(key)).second)
      return invalid("Provided list of item keys contains duplicates");
  }
  return projection;
}

ApiResult<std::vector<TableRead>> check(const api::BatchGetItemInput& input) {
  std::vector<TableRead> reads;
  std::size_t total = 0;
  for (const auto& [name, wanted] : input.request_items) {
    TRY_VOID(check_table_name(name));
    TableRead read{.name = &name, .wanted = &wanted};
    TRY(read.projection, check_one(wanted));
    total += wanted.keys.size();
    reads.push_back(std::move(read));
  }
  if (total > kBatchGetKeysMax)
    return invalid("Too many items requested for the BatchGetItem call");
  return reads;
}

ApiResult<void> resolve(Service& service, const Context& context, std::vector<TableRead>& reads) {
  for (TableRead& read : reads) {
    TRY(read.live, look_up_table(service, context, *read.name));
  }
  // A table called by its name and by its ARN is one table: measured for the same keys.
  const auto again = [&reads](const TableRead& read) {
    return std::ranges::any_of(reads, [&read](const TableRead& other) {
      return &other != &read && other.live->table.number == read.live->table.number &&
             !other.name->starts_with("arn:") && read.name->starts_with("arn:") &&
             other.wanted->keys == read.wanted->keys;
    });
  };
  std::vector<TableRead> distinct;
  for (TableRead& read : reads) {
    if (!again(read)) distinct.push_back(read);
  }
  reads = std::move(distinct);
  for (TableRead& read : reads) {
    for (const AttributeMap& key : read.wanted->keys) {
      TRY(std::string stored, checked(check_key(read.live->table, key)));
      read.keys.push_back(std::move(stored));
    }
  }
  return {};
}

void leave_unprocessed(api::BatchGetItemOutput& output, const TableRead& read, std::size_t key) {
  auto [rest, added] = output.unprocessed_keys->try_emplace(*read.name, *read.wanted);
  if (added) rest->second.keys.clear();
  rest->second.keys.push_back(read.wanted->keys[key]);
}

// Blocks on the disk for up to 100 small reads. What is throttled is left unprocessed, unless that
// is everything.
ApiResult<api::BatchGetItemOutput> read_all(Service& service, const api::BatchGetItemInput& input,
                                            const std::vector<TableRead>& reads) {
  api::BatchGetItemOutput output;
  output.responses.emplace();
  output.unprocessed_keys.emplace();
  std::size_t bytes = 0;
  Charges charges(service, Access::kRead);
  std::optional<Exhausted> exhausted;
  bool processed = false;
  for (const TableRead& read : reads) {
    auto& items = (*output.responses)[*read.name];
    Consumption units;
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < read.keys.size(); ++i) {
      if (bytes >= kBatchGetBytesMax) {
        leave_unprocessed(output, read, i);
        continue;
      }
      if (!seen.insert(read.keys[i]).second) continue;  // Another spelling of the same number.
      TRY(const auto stored, service.deps.store.get(storage::Family::kItems, read.keys[i]));
      std::optional<AttributeMap> item;
      if (stored) {
        TRY(item, decode_item(*stored));
      }
      const std::size_t size = item ? item_size(*item) : 0;
      const Consumption cost{
          .table = read_units(size, read.wanted->consistent_read.value_or(false)), .indexes = {}};
      if ((exhausted = charges.take(read.live, cost))) {
        leave_unprocessed(output, read, i);
        continue;
      }
      processed = true;
      units.add(cost);
      bytes += size;
      if (!item) continue;
      items.push_back(read.projection ? project(*item, *read.projection) : std::move(*item));
    }
    if (auto shown =
            consumed(input.return_consumed_capacity, *read.name, read.live->table, units)) {
      if (!output.consumed_capacity) output.consumed_capacity.emplace();
      output.consumed_capacity->push_back(std::move(*shown));
    }
  }
  if (exhausted && !processed) return throttled(*exhausted);
  return output;
}

}  // namespace

Reply<api::BatchGetItemOutput> batch_get_item(Service& service, const Context& context,
                                              api::BatchGetItemInput input) {
  CO_TRY(std::vector<TableRead> reads, check(input));
  CO_TRY_VOID(resolve(service, context, reads));
  CO_TRY(api::BatchGetItemOutput output,
         co_await run_blocking(service.deps.runtime, [&service, &input, &reads] {
           return read_all(service, input, reads);
         }));
  co_return output;
}

}  // namespace penstock::dynamodb
