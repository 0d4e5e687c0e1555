// A simple DynamoDB in memory, for tests to compare the real one with: items as plain structs, and
// each operation in a few lines that share nothing with the service.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "protocol/attribute_value.h"

namespace penstock::dynamodb {

using ModelKey = std::pair<std::string, int>;  // h and r.

struct ModelItem {
  std::optional<long> n;
  std::set<std::string> words;
  std::optional<std::vector<long>> list;
  std::optional<long> inner;  // m.a
  std::optional<std::string> group;

  bool operator==(const ModelItem&) const = default;
};

inline AttributeMap to_item(const ModelKey& key, const ModelItem& item) {
  const auto number = [](long value) { return AttributeValue::n(std::to_string(value)); };
  AttributeMap out;
  out.set("h", AttributeValue::s(key.first));
  out.set("r", number(key.second));
  if (item.n) out.set("n", number(*item.n));
  if (!item.words.empty()) {
    out.set("words",
            AttributeValue::set(AttributeValue::Type::kSS, {item.words.begin(), item.words.end()}));
  }
  if (item.list) {
    AttributeValue::List list;
    for (const long value : *item.list) list.push_back(number(value));
    out.set("ls", AttributeValue::list(std::move(list)));
  }
  if (item.inner) {
    AttributeMap inner;
    inner.set("a", number(*item.inner));
    out.set("m", AttributeValue::map(std::move(inner)));
  }
  if (item.group) out.set("g", AttributeValue::s(*item.group));
  return out;
}

enum class ModelVerdict { kDone, kConditionFailed, kInvalid };

// An update or a condition: as DynamoDB is told it, and what it means.
struct ModelUpdate {
  std::string expression;
  std::string values;    // Members of ExpressionAttributeValues.
  bool creates = false;  // SET and ADD make an item that was not there, REMOVE and DELETE do not.
  // False: DynamoDB refuses it with a ValidationException.
  bool (*apply)(ModelItem&, long);
};

inline ModelUpdate update_of(int which, long value) {
  const std::string v = R"(":v":{"N":")" + std::to_string(value) + R"("})";
  const std::string word = R"(":w":{"SS":["w)" + std::to_string(value % 4) + R"("]})";
  const std::string group = R"(":g":{"S":"g)" + std::to_string(value % 3) + R"("})";
  switch (which) {
    case 0:
      return {"SET n = :v", v, true, [](ModelItem& i, long x) {
                i.n = x;
                return true;
              }};
    case 1:
      return {"SET n = n + :v", v, true, [](ModelItem& i, long x) {
                if (i.n) *i.n += x;
                return i.n.has_value();
              }};
    case 2:
      return {"ADD n :v", v, true, [](ModelItem& i, long x) {
                i.n = i.n.value_or(0) + x;
                return true;
              }};
    case 3:
      return {"ADD words :w", word, true, [](ModelItem& i, long x) {
                i.words.insert("w" + std::to_string(x % 4));
                return true;
              }};
    case 4:
      return {"DELETE words :w", word, false, [](ModelItem& i, long x) {
                i.words.erase("w" + std::to_string(x % 4));
                return true;
              }};
    case 5:
      return {"REMOVE n", "", false, [](ModelItem& i, long) {
                i.n.reset();
                return true;
              }};
    case 6:
      return {"SET ls = list_append(if_not_exists(ls, :e), :l)",
              R"(":e":{"L":[]},":l":{"L":[{"N":")" + std::to_string(value) + R"("}]})", true,
              [](ModelItem& i, long x) {
                if (!i.list) i.list.emplace();
                i.list->push_back(x);
                return true;
              }};
    case 7:
      return {"SET m = :m", R"(":m":{"M":{"a":{"N":")" + std::to_string(value) + R"("}}})", true,
              [](ModelItem& i, long x) {
                i.inner = x;
                return true;
              }};
    case 8:
      return {"SET m.a = :v", v, true, [](ModelItem& i, long x) {
                if (i.inner) i.inner = x;
                return i.inner.has_value();
              }};
    case 9:
      return {"SET g = :g", group, true, [](ModelItem& i, long x) {
                i.group = "g" + std::to_string(x % 3);
                return true;
              }};
    case 10:
      return {"REMOVE g, words", "", false, [](ModelItem& i, long) {
                i.group.reset();
                i.words.clear();
                return true;
              }};
    default:
      return {"SET n = if_not_exists(n, :v) - :v, g = :g REMOVE m", v + "," + group, true,
              [](ModelItem& i, long x) {
                i.n = i.n.value_or(x) - x;
                i.group = "g" + std::to_string(x % 3);
                i.inner.reset();
                return true;
              }};
  }
}
constexpr int kModelUpdates = 12;

struct ModelCondition {
  std::string expression;  // Empty: none.
  std::string values;
  bool (*holds)(const ModelItem* item, long value) = nullptr;
};

inline ModelCondition condition_of(int which, long value) {
  const std::string v = R"(":c":{"N":")" + std::to_string(value) + R"("})";
  switch (which) {
    case 0:
      return {"attribute_exists(h)", "", [](const ModelItem* i, long) { return i != nullptr; }};
    case 1:
      return {"attribute_not_exists(h)", "", [](const ModelItem* i, long) { return i == nullptr; }};
    case 2: return {"n < :c", v, [](const ModelItem* i, long x) { return i && i->n && *i->n < x; }};
    case 3:
      return {"NOT n < :c", v,
              [](const ModelItem* i, long x) { return !(i && i->n && *i->n < x); }};
    case 4: return {"n <> :c", v, [](const ModelItem* i, long x) { return !(i && i->n == x); }};
    case 5:
      return {"contains(words, :w) OR size(ls) > :two",
              R"(":w":{"S":"w)" + std::to_string(value % 4) + R"("},":two":{"N":"2"})",
              [](const ModelItem* i, long x) {
                if (i == nullptr) return false;
                return i->words.contains("w" + std::to_string(x % 4)) ||
                       (i->list && i->list->size() > 2);
              }};
    case 6:
      return {"n BETWEEN :c AND :d AND attribute_exists(m.a)",
              v + R"(,":d":{"N":")" + std::to_string(value + 5) + R"("})",
              [](const ModelItem* i, long x) {
                return i && i->n && *i->n >= x && *i->n <= x + 5 && i->inner;
              }};
    default: return {};
  }
}
constexpr int kModelConditions = 12;  // Those from 7 on are none.

class Model {
 public:
  using Items = std::map<ModelKey, ModelItem>;

  const Items& items() const { return items_; }
  const ModelItem* find(const ModelKey& key) const {
    const auto found = items_.find(key);
    return found != items_.end() ? &found->second : nullptr;
  }

  ModelVerdict put(const ModelKey& key, const ModelItem& item, const ModelCondition& condition,
                   long value) {
    if (!holds(key, condition, value)) return ModelVerdict::kConditionFailed;
    items_[key] = item;
    return ModelVerdict::kDone;
  }
  ModelVerdict remove(const ModelKey& key, const ModelCondition& condition, long value) {
    if (!holds(key, condition, value)) return ModelVerdict::kConditionFailed;
    items_.erase(key);
    return ModelVerdict::kDone;
  }
  ModelVerdict update(const ModelKey& key, const ModelUpdate& update,
                      const ModelCondition& condition, long value) {
    if (!holds(key, condition, value)) return ModelVerdict::kConditionFailed;
    const ModelItem* before = find(key);
    ModelItem after = before ? *before : ModelItem();
    if (!update.apply(after, value)) return ModelVerdict::kInvalid;
    if (before || update.creates) items_[key] = after;
    return ModelVerdict::kDone;
  }
  bool holds(const ModelKey& key, const ModelCondition& condition, long value) const {
    return condition.holds == nullptr || condition.holds(find(key), value);
  }

 private:
  Items items_;
};

}  // namespace penstock::dynamodb
