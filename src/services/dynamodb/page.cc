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
  if (projection && select && *select != "SPECIFIC_ATTRIBUTES") {
    return invalid(fmt::format("Cannot specify the ProjectionExpression when choosing to get {}",
                               *select == "COUNT" ? "only the Count" : *select));
  }
  if (select == "SPECIFIC_ATTRIBUTES" && !projection) {
    return invalid(
        "Must specify the ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES");
  }
  if (select == "ALL_PROJECTED_ATTRIBUTES" && source.index == nullptr) {
    return invalid_parameter(
        "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName");
  }
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

Checked<std::string> start_key_of(const Source& source, const AttributeMap& start) {
  const std::string mismatch = source.index == nullptr
                                   ? "The provided starting key is invalid: The provided key "
                                     "element does not match the schema"
                                   : "The provided starting key is invalid";
  std::set<std::string_view> names;
  const auto check = [&](const KeyParts& keys) -> Checked<void> {
    for (const KeyAttribute& attribute : keys.hash) {
      names.insert(attribute.name);
      auto ok = check_key_value(attribute, true, start.find(attribute.name), mismatch);
      if (!ok) return ok;
    }
    for (const KeyAttribute& attribute : keys.range) {
      names.insert(attribute.name);
      auto ok = check_key_value(attribute, false, start.find(attribute.name), mismatch);
      if (!ok) return ok;
    }
    return {};
  };
  if (auto ok = check(source.table->keys); !ok) return std::unexpected(ok.error());
  if (source.index != nullptr) {
    if (auto ok = check(source.index->keys); !ok) return std::unexpected(ok.error());
  }
  if (start.size() != names.size()) return std::unexpected(mismatch);
  if (source.index == nullptr) return item_key(source.table->number, source.table->keys, start);
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
