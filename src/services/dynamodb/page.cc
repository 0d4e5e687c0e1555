// Reading a page of items. A page ends at Limit items or 1 MB of item data, both counted before the
// filter.
#include "services/dynamodb/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "services/dynamodb/condition.h"
#include "services/dynamodb/dynamodb.h"
#include "services/dynamodb/item.h"
#include "services/dynamodb/keys.h"
#include "services/dynamodb/limits.h"

namespace penstock::dynamodb {
namespace {

using storage::Next;

// The item of the table behind an index entry.
Result<AttributeMap> fetch(Service& service, const Table& table, const AttributeMap& entry,
                           const storage::Snapshot& snapshot) {
  TRY(const auto stored,
      service.deps.store.get(storage::Family::kItems, item_key(table.number, table.keys, entry),
                             &snapshot));
  if (!stored) return fail(ErrorKind::kCorrupt, "an index entry has no item");
  return decode_item(*stored);
}

struct Reader {
  Service& service;
  const PageRequest& request;
  bool consistent;
  storage::Snapshot snapshot;
  Page page;
  Status status;

  Next visit(std::string_view value) {
    auto item = decode_item(value);
    if (!item) return stop_with(std::move(item).error());
    const std::size_t size = item_size(*item);
    page.index_bytes += size;
    ++page.scanned;
    AttributeMap last;
    const bool full =
        page.index_bytes >= request.bytes ||
        (request.limit != 0 && static_cast<std::size_t>(page.scanned) >= request.limit);
    if (full) last = position_of(request.source, *item);
    if (request.view.whole_item) {
      auto whole = fetch(service, *request.source.table, *item, snapshot);
      if (!whole) return stop_with(std::move(whole).error());
      page.fetched_units += read_units(item_size(*whole), consistent);
      item = std::move(whole);
    }
    if (request.filter == nullptr || holds(*request.filter, *item)) show(std::move(*item));
    if (!full) return Next::kContinue;
    page.last_key = std::move(last);
    return Next::kStop;
  }

  void show(AttributeMap item) {
    ++page.count;
    if (request.view.count_only) return;
    page.items.push_back(request.view.projection ? project(item, *request.view.projection)
                                                 : std::move(item));
  }

  Next stop_with(Error error) {
    status = std::unexpected(std::move(error));
    return Next::kStop;
  }
};

// True when the projection names something the index does not have.
bool exceeds(const Source& source, const std::vector<DocumentPath>& projection) {
  return std::ranges::any_of(projection, [&source](const DocumentPath& path) {
    return !source.index->projects(path.root(), source.table->keys);
  });
}

}  // namespace

ApiResult<Source> source_of(const Table& table, const std::optional<std::string>& index_name,
                            bool consistent) {
  if (!index_name) return Source{&table, nullptr};
  const Index* index = table.find_index(*index_name);
  if (index == nullptr) {
    return invalid(fmt::format("The table does not have the specified index: {}", *index_name));
  }
  if (index->status != IndexStatus::kActive) {
    return invalid(
        fmt::format("Cannot read from backfilling global secondary index: {}", *index_name));
  }
  if (consistent && index->global) {
    return invalid("Consistent reads are not supported on global secondary indexes");
  }
  return Source{&table, index};
}

ApiResult<View> view_of(const Source& source, const std::optional<std::string>& select,
                        std::optional<std::vector<DocumentPath>> projection) {
  View view;
  view.count_only = select == "COUNT";
  const bool partial = source.index != nullptr && source.index->projection != ProjectionKind::kAll;
  if (partial && select == "ALL_ATTRIBUTES") {
    if (source.index->global) {
      return invalid_parameter(
          fmt::format("Select type ALL_ATTRIBUTES is not supported for global secondary index {} "
                      "because its projection type is "
                      "not ALL",
                      source.index->name));
    }
    view.whole_item = true;
  }
  if (partial && projection && exceeds(source, *projection)) {
    if (source.index->global) {
      return invalid_parameter(
          fmt::format("One or more of the requested attributes are not projected into global "
                      "secondary index {}",
                      source.index->name));
    }
    view.whole_item = true;
  }
  view.projection = std::move(projection);
  return view;
}

Result<Page> read_page(Service& service, const PageRequest& request, bool consistent) {
  Reader reader{service, request, consistent, service.deps.store.snapshot(), {}, {}};
  if (request.range.begin >= request.range.end) return Page{};
  TRY_VOID(service.deps.store.scan(
      storage::Family::kItems, request.range.begin, request.range.end,
      [&reader](std::string_view, std::string_view value) { return reader.visit(value); },
      {.reverse = request.reverse, .snapshot = &reader.snapshot}));
  TRY_VOID(reader.status);
  return std::move(reader.page);
}

AttributeMap position_of(const Source& source, const AttributeMap& item) {
  AttributeMap position = key_of(source.table->keys, item);
  if (source.index == nullptr) return position;
  for (const auto& [name, value] : key_of(source.index->keys, item)) position.set(name, value);
  return position;
}

Checked<void> check_selection(const Selection& selection) {
  if (!selection.select) return {};
  const std::string& select = *selection.select;
  const bool has_either = selection.has_projection_expression || selection.has_attributes_to_get;
  if (select == "SPECIFIC_ATTRIBUTES") {
    if (has_either) return {};
    return std::unexpected(
        "Must specify the AttributesToGet or ProjectionExpression when choosing to get "
        "SPECIFIC_ATTRIBUTES");
  }
  if (has_either) {
    return std::unexpected(fmt::format(
        "Cannot specify the {} when choosing to get {}",
        selection.has_projection_expression ? "ProjectionExpression" : "AttributesToGet",
        select == "COUNT" ? "only the Count" : select));
  }
  if (select == "ALL_PROJECTED_ATTRIBUTES" && !selection.has_index) {
    return std::unexpected(
        "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName");
  }
  return {};
}

std::string start_key_problem(const std::string& problem) {
  // AWS puts its words before some of the texts only.
  for (const std::string_view bare : {"contains duplicates", "number set", "numeric value",
                                      "significant digits", "number with magnitude"}) {
    if (problem.find(bare) != std::string::npos) return problem;
  }
  return "The provided starting key is invalid: " + problem;
}

Checked<void> check_start_key(const Source& source, const AttributeMap& start) {
  std::set<std::string_view> names;
  for (const KeyParts& keys : {KeyParts(source.table->keys), source.keys()}) {
    for (const KeyAttribute& attribute : keys.hash) names.insert(attribute.name);
    for (const KeyAttribute& attribute : keys.range) names.insert(attribute.name);
  }
  static constexpr const char* kInvalid = "The provided starting key is invalid";
  if (start.size() != names.size()) return std::unexpected(kInvalid);
  const auto check = [&start](std::span<const KeyAttribute> attributes,
                              bool is_hash) -> Checked<void> {
    for (const KeyAttribute& attribute : attributes) {
      const AttributeValue* value = start.find(attribute.name);
      if (value == nullptr) return std::unexpected(kInvalid);
      auto ok = check_key_value(attribute, is_hash, value,
                                "The provided key element does not match the schema");
      if (!ok) return ok;
    }
    return {};
  };
  const KeyParts keys = source.keys();
  if (auto ok = check(keys.hash, true); !ok) return ok;
  return check(keys.range, false);
}

Checked<std::string> start_key_of(const Source& source, const AttributeMap& start) {
  AttributeMap key;
  const KeySchema& keys = source.table->keys;
  for (const KeyAttribute* attribute : {&keys.hash, keys.range ? &*keys.range : nullptr}) {
    const AttributeValue* value = attribute != nullptr ? start.find(attribute->name) : nullptr;
    if (value != nullptr) key.set(attribute->name, *value);
  }
  auto item = check_key(*source.table, source.index == nullptr ? start : key);
  if (!item) return std::unexpected("The provided starting key is invalid: " + item.error());
  if (source.index == nullptr) return item;
  return index_entry_key(*source.index, source.table->keys, start);
}

Consumption consumption_of(const PageRequest& request, const Page& page, bool consistent) {
  Consumption out;
  const double units = read_units(page.index_bytes, consistent);
  if (request.source.index == nullptr) {
    out.table = units;
  } else {
    out.table = page.fetched_units;
    out.indexes[request.source.index->name] = units;
  }
  return out;
}

}  // namespace penstock::dynamodb
