// Key conditions of Query: from the expression to a range of keys. Pure.
#pragma once

#include <optional>
#include <string>

#include "services/dynamodb/expression.h"
#include "services/dynamodb/table.h"

namespace penstock::dynamodb {

struct KeyCondition {
  const AttributeValue* hash = nullptr;
  // On the sort key: one comparison with `low`, or a range or prefix.
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

  bool range_holds(const AttributeValue& value) const;
};

// The condition that the expression states about a table or index with these keys, or AWS's text.
Checked<KeyCondition> read_key_condition(const Predicate& predicate, const KeySchema& keys);

// The keys [begin, end) in the store that the condition names.
struct KeyRange {
  std::string begin;
  std::string end;
};
KeyRange range_of(const KeyCondition& condition, std::uint32_t number);

}  // namespace penstock::dynamodb
