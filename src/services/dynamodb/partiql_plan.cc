// Plans of SELECT, as recorded from AWS: a WHERE clause that pins the partition key in each of its
// alternatives is decomposed into reads of ranges, which may not overlap; ORs that are not about
// keys stay filters.
#include "services/dynamodb/partiql_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "services/dynamodb/keys.h"
#include "services/dynamodb/limits.h"
#include "services/dynamodb/partiql_keys.h"
#include "storage/key.h"

namespace penstock::dynamodb {
namespace {

using PredicateKind = Predicate::Kind;
using Parts = std::vector<const Predicate*>;

void collect_names(const Operand& operand, std::vector<std::string>& out) {
  if (operand.kind == Operand::Kind::kPath) out.push_back(operand.path.root());
  for (const Operand& child : operand.operands) collect_names(child, out);
}
void collect_names(const Predicate& predicate, std::vector<std::string>& out) {
  for (const Operand& operand : predicate.operands) collect_names(operand, out);
  for (const Predicate& child : predicate.conditions) collect_names(child, out);
}
std::vector<std::string> names_in(const Predicate& predicate) {
  std::vector<std::string> names;
  collect_names(predicate, names);
  return names;
}

bool is_on(const Predicate& predicate, std::string_view attribute) {
  const auto is_path = [attribute](const Operand& operand) {
    return operand.kind == Operand::Kind::kPath && !operand.path.is_nested() &&
           operand.path.root() == attribute;
  };
  return !predicate.operands.empty() && is_path(predicate.operands.front());
}

bool are_values(const Predicate& predicate) {
  return std::all_of(predicate.operands.begin() + 1, predicate.operands.end(),
                     [](const Operand& o) { return o.kind == Operand::Kind::kValue; });
}

bool is_list_of(const Predicate& predicate, std::string_view attribute) {
  return predicate.kind == PredicateKind::kIn && is_on(predicate, attribute) &&
         are_values(predicate);
}

// One alternative of the WHERE clause.
struct Branch {
  const AttributeValue* hash = nullptr;
  std::string partition;  // The bytes of hash.
  KeyRange range;
  Parts filters;
  bool single = false;
  bool excludes_sort_keys = false;  // NOT or <> on the sort key.
};

class Planner {
 public:
  Planner(const PartiqlCommand& command, const Table& table) : command_(command), table_(table) {}

  Checked<PartiqlPlan> plan(bool consistent) {
    TRY_VOID(find_source(consistent));
    TRY_VOID(check_columns());
    TRY_VOID(check_order());
    if (!keyed_) {
      const std::string prefix = items_prefix(plan_.source.number());
      plan_.reads.push_back({{prefix, storage::prefix_end(prefix)}, command_.where});
      return std::move(plan_);
    }
    TRY_VOID(make_branches());
    TRY_VOID(check_order_of_partitions());
    sort_branches(false, false);
    TRY_VOID(check_filters());
    TRY(const bool disjoint, are_disjoint());
    if (disjoint) {
      sort_branches(hash_descending_, plan_.reverse);
      for (Branch& branch : branches_) {
        plan_.reads.push_back({std::move(branch.range), all_of(branch.filters), branch.single});
      }
    } else {
      read_whole_partitions();
    }
    return std::move(plan_);
  }

 private:
  const KeySchema& keys() const { return keys_; }

  Checked<void> find_source(bool consistent) {
    plan_.source.table = &table_;
    keys_ = table_.keys;
    if (command_.index) {
      const Index* index = table_.find_index(*command_.index);
      if (index == nullptr) return std::unexpected("The table does not have the specified index");
      if (index->keys.is_multi_attribute()) return std::unexpected(kPartiqlMultiAttribute);
      if (index->status != IndexStatus::kActive) {
        return std::unexpected(
            fmt::format("Cannot read from backfilling global secondary index: {}", index->name));
      }
      if (consistent && index->global) {
        return std::unexpected(
            "Strongly consistent read is not supported on Global Secondary Indexes");
      }
      plan_.source.index = index;
      keys_ = {index->keys.hash.front(), std::nullopt};
      if (!index->keys.range.empty()) keys_.range = index->keys.range.front();
    }
    keyed_ = command_.where && pins_partition(*command_.where);
    return {};
  }

  bool is_projected(std::string_view name) const {
    return plan_.source.index == nullptr || plan_.source.index->projects(name, table_.keys);
  }

  // A local index fetches what it lacks from the table, a global one cannot.
  Checked<void> check_columns() {
    std::string missing;
    for (const PartiqlColumn& column : command_.columns) {
      if (is_projected(column.path.root())) continue;
      missing += (missing.empty() ? "" : ", ") + column.path.root();
    }
    if (missing.empty()) return {};
    if (plan_.source.index->global) {
      return std::unexpected(
          fmt::format("One or more parameter values were invalid: Global secondary index {} does "
                      "not project [{}]",
                      plan_.source.index->name, missing));
    }
    plan_.view.whole_item = true;
    return {};
  }

  // Without the sort key in it, ORDER BY gives its order descending.
  Checked<void> check_order() {
    if (command_.order.empty()) return {};
    if (!command_.where) {
      return std::unexpected("Must have WHERE clause in the statement when using ORDER BY clause.");
    }
    plan_.reverse = true;
    for (const PartiqlOrder& order : command_.order) {
      const std::string& name = order.path.root();
      if (order.path.is_nested() || !keys().contains(name)) {
        return std::unexpected(
            fmt::format("Attribute {} in ORDER BY clause must be part of the primary key", name));
      }
      if (name == keys().hash.name) {
        ordered_by_hash_ = true;
        hash_descending_ = order.descending;
      } else {
        plan_.reverse = order.descending;
      }
    }
    if (keyed_) return {};
    return std::unexpected(
        "Must have at least one non-optional hash key condition in WHERE clause when using ORDER "
        "BY clause.");
  }

  Checked<void> check_order_of_partitions() {
    if (command_.order.empty() || ordered_by_hash_) return {};
    for (const Branch& branch : branches_) {
      if (branch.partition == branches_.front().partition) continue;
      return std::unexpected(
          "Must have hash key in ORDER BY clause when more than one hash key condition specified "
          "in WHERE clause.");
    }
    return {};
  }

  // True when every alternative says what the partition key equals.
  bool pins_partition(const Predicate& predicate) const {
    const auto pins = [this](const Predicate& child) { return pins_partition(child); };
    if (predicate.kind == PredicateKind::kAnd)
      return std::ranges::any_of(predicate.conditions, pins);
    if (predicate.kind == PredicateKind::kOr)
      return std::ranges::all_of(predicate.conditions, pins);
    return equal_to(predicate, keys().hash.name) != nullptr ||
           is_list_of(predicate, keys().hash.name);
  }

  bool is_about_keys(const Predicate& predicate) const {
    return std::ranges::any_of(names_in(predicate),
                               [this](const std::string& name) { return keys().contains(name); });
  }

  // The alternatives of the predicate, as far as they are about keys. More than kPartiqlReadsMax
  // are cut off.
  std::vector<Parts> alternatives(const Predicate& predicate) {
    if (predicate.kind == PredicateKind::kOr && is_about_keys(predicate)) {
      std::vector<Parts> out;
      for (const Predicate& child : predicate.conditions) {
        for (Parts& parts : alternatives(child)) add(out, std::move(parts));
      }
      return out;
    }
    const bool listed = is_list_of(predicate, keys().hash.name) ||
                        (keys().range && is_list_of(predicate, keys().range->name));
    if (listed) {
      std::vector<Parts> out;
      for (std::size_t i = 1; i < predicate.operands.size(); ++i) {
        Predicate equal{.kind = PredicateKind::kCompare};
        equal.operands = {predicate.operands[0], predicate.operands[i]};
        add(out, {&made_.emplace_back(std::move(equal))});
      }
      return out;
    }
    if (predicate.kind != PredicateKind::kAnd) return {{&predicate}};
    std::vector<Parts> out = {{}};
    for (const Predicate& child : predicate.conditions) {
      std::vector<Parts> longer;
      const std::vector<Parts> tails = alternatives(child);
      for (const Parts& head : out) {
        for (const Parts& tail : tails) {
          Parts parts = head;
          parts.insert(parts.end(), tail.begin(), tail.end());
          add(longer, std::move(parts));
        }
      }
      out = std::move(longer);
    }
    return out;
  }

  void add(std::vector<Parts>& alternatives, Parts parts) {
    if (alternatives.size() > kPartiqlReadsMax) {
      too_many_ = true;
    } else {
      alternatives.push_back(std::move(parts));
    }
  }

  Checked<void> make_branches() {
    for (const Parts& parts : alternatives(*command_.where)) {
      TRY(Branch branch, make_branch(parts));
      branches_.push_back(std::move(branch));
    }
    if (too_many_ || branches_.size() > kPartiqlReadsMax) {
      return std::unexpected("Too many decomposed read operations for a given query.");
    }
    return {};
  }

  Checked<Branch> make_branch(const Parts& parts) {
    Branch branch;
    const Predicate* hash_part = nullptr;
    for (const Predicate* part : parts) {
      const AttributeValue* value = equal_to(*part, keys().hash.name);
      if (value == nullptr) continue;
      TRY_VOID(check_partiql_key(keys().hash, *value));
      if (hash_part != nullptr) continue;
      hash_part = part;
      branch.hash = value;
    }
    TRY(branch.range, range_with(*hash_part, nullptr));
    branch.partition = key_bytes(*branch.hash);
    branch.single = plan_.source.index == nullptr && !keys().range;
    for (const Predicate* part : parts) {
      if (equal_to(*part, keys().hash.name) != nullptr &&
          *equal_to(*part, keys().hash.name) == *branch.hash) {
        continue;
      }
      TRY(const bool taken, narrow(branch, *hash_part, *part));
      if (!taken) add_filter(branch, *part);
    }
    return branch;
  }

  // What the condition says of the sort key, as a range. False when it cannot be one.
  Checked<bool> narrow(Branch& branch, const Predicate& hash_part, const Predicate& part) {
    if (!keys().range) return false;
    const KeyAttribute& sort = *keys().range;
    const bool between =
        part.kind == PredicateKind::kBetween && is_on(part, sort.name) && are_values(part);
    const bool prefix = part.kind == PredicateKind::kFunction && part.function == "begins_with" &&
                        is_on(part, sort.name) && are_values(part) &&
                        sort.type != AttributeValue::Type::kN;
    const bool compare = part.kind == PredicateKind::kCompare &&
                         part.comparator != Comparator::kNotEqual && compares(part, sort.name);
    if (!between && !prefix && !compare) return false;
    for (const Operand& operand : part.operands) {
      if (operand.kind != Operand::Kind::kValue) continue;
      TRY_VOID(check_partiql_key(sort, *operand.value));
    }
    TRY(const KeyRange range, range_with(hash_part, &part));
    branch.range.begin = std::max(branch.range.begin, range.begin);
    branch.range.end = std::min(branch.range.end, range.end);
    if (equal_to(part, sort.name) != nullptr) branch.single = plan_.source.index == nullptr;
    return true;
  }

  static bool compares(const Predicate& part, std::string_view attribute) {
    Predicate turned = part;
    std::swap(turned.operands[0], turned.operands[1]);
    return (is_on(part, attribute) && are_values(part)) ||
           (is_on(turned, attribute) && are_values(turned));
  }

  Checked<KeyRange> range_with(const Predicate& hash_part, const Predicate* sort_part) const {
    Predicate both{.kind = PredicateKind::kAnd};
    both.conditions.push_back(hash_part);
    if (sort_part != nullptr) both.conditions.push_back(*sort_part);
    auto condition = read_key_condition(both, keys());
    if (!condition) return std::unexpected(std::move(condition).error());
    return range_of(*condition, plan_.source.number());
  }

  void add_filter(Branch& branch, const Predicate& part) const {
    branch.filters.push_back(&part);
    const bool excludes =
        part.kind == PredicateKind::kNot ||
        (part.kind == PredicateKind::kCompare && part.comparator == Comparator::kNotEqual);
    if (!excludes || !keys().range) return;
    const std::vector<std::string> names = names_in(part);
    if (std::ranges::find(names, keys().range->name) != names.end()) {
      branch.excludes_sort_keys = true;
    }
  }

  void sort_branches(bool hash_descending, bool reverse) {
    std::ranges::sort(branches_, [=](const Branch& a, const Branch& b) {
      if (a.partition != b.partition) return (a.partition < b.partition) != hash_descending;
      return reverse ? b.range.begin < a.range.begin : a.range.begin < b.range.begin;
    });
  }

  // Of a keyed read, filters have to be on attributes that the index has; a branch without any
  // other attribute lets the others pass. The text names those of the last branch.
  Checked<void> check_filters() const {
    std::string missing;
    for (const Branch& branch : branches_) {
      missing.clear();
      std::vector<std::string> seen;
      for (const Predicate* filter : branch.filters) {
        for (std::string& name : names_in(*filter)) {
          if (is_projected(name) || std::ranges::find(seen, name) != seen.end()) continue;
          missing += (missing.empty() ? "" : ", ") + name;
          seen.push_back(std::move(name));
        }
      }
      if (missing.empty()) return {};
    }
    if (missing.empty()) return {};
    return std::unexpected(
        fmt::format("One or more parameter values were invalid: Secondary index {} does not "
                    "project one or more filter attributes: [{}]",
                    plan_.source.index->name, missing));
  }

  // Requires branches in ascending order. False when some overlap but may.
  Checked<bool> are_disjoint() const {
    const Branch* reach = nullptr;  // The one of the partition that ends last.
    for (const Branch& branch : branches_) {
      if (branch.range.begin >= branch.range.end) continue;
      if (reach == nullptr || reach->partition != branch.partition) {
        reach = &branch;
        continue;
      }
      if (branch.range.begin < reach->range.end) {
        if (branch.excludes_sort_keys || reach->excludes_sort_keys) return false;
        return std::unexpected(
            "Overlapping conditions with range keys are not supported in where clause");
      }
      reach = &branch;
    }
    return true;
  }

  void read_whole_partitions() {
    sort_branches(hash_descending_, plan_.reverse);
    std::string last;
    for (const Branch& branch : branches_) {
      const std::string partition = partition_prefix(plan_.source.number(), {&branch.partition, 1});
      if (partition == last) continue;
      last = partition;
      plan_.reads.push_back({{partition, storage::prefix_end(partition)}, command_.where});
    }
  }

  const PartiqlCommand& command_;
  const Table& table_;
  PartiqlPlan plan_;
  KeySchema keys_;  // Of what is read.
  bool keyed_ = false;
  bool ordered_by_hash_ = false;
  bool hash_descending_ = false;
  bool too_many_ = false;
  std::deque<Predicate> made_;
  std::vector<Branch> branches_;
};

}  // namespace

Checked<PartiqlPlan> plan_partiql(const PartiqlCommand& command, const Table& table,
                                  bool consistent) {
  return Planner(command, table).plan(consistent);
}

}  // namespace penstock::dynamodb
