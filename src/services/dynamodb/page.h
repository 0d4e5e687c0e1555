// Reading a page of items: what Query and Scan have in common.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gen/dynamodb/shapes.h"
#include "services/dynamodb/capacity.h"
#include "services/dynamodb/key_condition.h"
#include "services/dynamodb/limits.h"
#include "services/dynamodb/registry.h"
#include "services/dynamodb/request.h"

namespace penstock::dynamodb {

struct Service;

// The table or one of its indexes, as the thing that is read.
struct Source {
  const Table* table = nullptr;
  const Index* index = nullptr;  // nullptr: the table itself.

  std::uint32_t number() const { return index != nullptr ? index->number : table->number; }
  KeyParts keys() const { return index != nullptr ? KeyParts(index->keys) : KeyParts(table->keys); }
};
ApiResult<Source> source_of(const Table& table, const std::optional<std::string>& index_name,
                            bool consistent);

// What a page shows of the items it evaluates.
struct View {
  bool count_only = false;
  bool whole_item = false;  // Of a local index: what it does not project is fetched from the table.
  std::optional<std::vector<DocumentPath>> projection;
};
ApiResult<View> view_of(const Source& source, const std::optional<std::string>& select,
                        std::optional<std::vector<DocumentPath>> projection);

// What Select asks for must fit the rest of the request.
struct Selection {
  const std::optional<std::string>& select;
  bool has_projection_expression;
  bool has_attributes_to_get;
  bool has_index;
};
Checked<void> check_selection(const Selection& selection);

// The text for a start key with an invalid value.
std::string start_key_problem(const std::string& problem);
// A start key against the attributes that it must have, before its order is looked at.
Checked<void> check_start_key(const Source& source, const AttributeMap& start);

struct PageRequest {
  Source source;
  KeyRange range;
  bool reverse = false;
  std::size_t limit = 0;              // Items evaluated; 0: no limit.
  std::size_t bytes = kPageBytesMax;  // Evaluated in the source.
  const Predicate* filter = nullptr;
  View view;
};

struct Page {
  std::vector<AttributeMap> items;
  std::int32_t count = 0;
  std::int32_t scanned = 0;
  std::optional<AttributeMap> last_key;  // There may be more after it.
  std::size_t index_bytes = 0;           // Evaluated in the source.
  double fetched_units = 0;              // Of fetches from the table for a local index.
};
// Blocks on the disk.
Result<Page> read_page(Service& service, const PageRequest& request, bool consistent);

// The key in the store that a start key names, or AWS's text. Values are valid already.
Checked<std::string> start_key_of(const Source& source, const AttributeMap& start);

// Index keys and table keys of an item: LastEvaluatedKey.
AttributeMap position_of(const Source& source, const AttributeMap& item);

// What the page consumed.
Consumption consumption_of(const PageRequest& request, const Page& page, bool consistent);

}  // namespace penstock::dynamodb
