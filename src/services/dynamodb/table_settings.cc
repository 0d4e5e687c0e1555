// Settings of a stored table: history of throughput, warm throughput, further key attributes of
// indexes, changes of the table class, resource policies. Indexes are in the table's order.
#include "services/dynamodb/table_settings.h"

#include <algorithm>

namespace penstock::dynamodb {
namespace {

using storage::ValueReader;
using storage::ValueWriter;

void write_moment(ValueWriter& out, const std::optional<Timestamp>& time) {
  out.boolean(time.has_value());
  if (time) out.i64(time->micros);
}

std::optional<Timestamp> read_moment(ValueReader& in) {
  if (!in.boolean()) return std::nullopt;
  return Timestamp{in.i64()};
}

void write_changes(ValueWriter& out, const ThroughputHistory& history) {
  write_moment(out, history.increased);
  write_moment(out, history.decreased);
  out.i64(history.decreases);
}

ThroughputHistory read_changes_of(ValueReader& in) {
  ThroughputHistory history;
  history.increased = read_moment(in);
  history.decreased = read_moment(in);
  history.decreases = in.i64();
  return history;
}

// All but the first, which is in the index's own record.
void write_further(ValueWriter& out, const std::vector<KeyAttribute>& attributes) {
  const std::size_t count = attributes.empty() ? 0 : attributes.size() - 1;
  out.u64(count);
  for (std::size_t i = 1; i < attributes.size(); ++i) {
    out.text(attributes[i].name).u64(static_cast<std::uint64_t>(attributes[i].type));
  }
}

void read_further(ValueReader& in, std::vector<KeyAttribute>& attributes) {
  for (std::uint64_t count = in.u64(); count > 0 && in.ok(); --count) {
    std::string name(in.text());
    attributes.push_back({std::move(name), static_cast<AttributeValue::Type>(in.u64())});
  }
}

}  // namespace

void write_settings(ValueWriter& out, const Table& table) {
  write_changes(out, table.history);
  for (const Index& index : table.indexes) {
    write_further(out, index.keys.hash);
    write_further(out, index.keys.range);
    out.i64(index.warm.read).i64(index.warm.write);
    write_changes(out, index.history);
  }
  out.u64(table.class_changes.size());
  for (const Timestamp& change : table.class_changes) out.i64(change.micros);
  out.u64(table.policies.size());
  for (const ResourcePolicy& policy : table.policies) {
    out.text(policy.stream_label).text(policy.document).text(policy.revision);
  }
}

void read_settings(ValueReader& in, Table& table) {
  table.history = read_changes_of(in);
  for (Index& index : table.indexes) {
    read_further(in, index.keys.hash);
    read_further(in, index.keys.range);
    index.warm.read = in.i64();
    index.warm.write = in.i64();
    index.history = read_changes_of(in);
  }
  for (std::uint64_t count = in.u64(); count > 0 && in.ok(); --count) {
    table.class_changes.push_back({in.i64()});
  }
  for (std::uint64_t count = in.u64(); count > 0 && in.ok(); --count) {
    ResourcePolicy& policy = table.policies.emplace_back();
    policy.stream_label = in.text();
    policy.document = in.text();
    policy.revision = in.text();
  }
}

void complete_settings(Table& table) {
  if (table.on_demand) table.warm = max_of(table.warm, kOnDemandWarm);
  for (Index& index : table.indexes) {
    index.warm = table.on_demand ? kOnDemandWarm : index.throughput;
  }
}

}  // namespace penstock::dynamodb
