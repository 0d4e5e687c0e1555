// Key conditions of Query: from the expression to a range of keys. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/dynamodb/expression.h"
#include "services/dynamodb/table.h"

namespace penstock::dynamodb {

// A value for every hash attribute; then the range attributes in order: equalities with
// `range_equal`, and last, on the next one, one comparison with `low`, or a range or prefix. With a
// single range attribute `range_equal` is empty.
struct KeyCondition {
  std::vector<const AttributeValue*> hash;
  std::vector<const AttributeValue*> range_equal;
  enum class RangeKind : std::uint8_t {
    kNone,
    kEqual,
    kLess,
    kLessEqual,
    kGreater,
    kGreaterEqual,
    kBetween,
    kPrefix
  };
  RangeKind range = RangeKind::kNone;
  const AttributeValue* low = nullptr;
  const AttributeValue* high = nullptr;

  bool has_range() const { return range != RangeKind::kNone || !range_equal.empty(); }
  // Of an item or a start key that has all key attributes.
  bool hash_holds(const KeyParts& keys, const AttributeMap& item) const;
  bool range_holds(const KeyParts& keys, const AttributeMap& item) const;
};

// The condition that the expression states about a table or index with these keys, or AWS's text.
Checked<KeyCondition> read_key_condition(const Predicate& predicate, const KeyParts& keys);

// The keys [begin, end) in the store that the condition names.
struct KeyRange {
  std::string begin;
  std::string end;
};
KeyRange range_of(const KeyCondition& condition, std::uint32_t number);

}  // namespace penstock::dynamodb
