// The structure of event patterns: nesting, $or, alternatives; and matching it against an event.
//
// A pattern becomes a list of branches, one for every combination of its $or, each with its paths
// in the order of their names. An event becomes the values found at the paths that are asked for,
// each with the array elements it lies in. A branch matches when values can be chosen, path by
// path, so that no two of them lie in different elements of one array.
#include "stream/event_pattern.h"

#include <simdjson.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "stream/event_matcher.h"
#include "stream/pattern_reader.h"

namespace penstock::stream {
namespace {

using simdjson::dom::element;

// Combinations of $or in one pattern, and choices of array elements that are followed at a time.
constexpr std::size_t kBranchesMax = 1000;
constexpr std::size_t kChoicesMax = 10'000;

// A step of a path: what follows by name, and which path ends here.
struct Step {
  std::map<std::string, std::size_t, std::less<>> next;  // Index into Program::steps.
  std::optional<std::size_t> path;
};

}  // namespace

struct EventPattern::Program {
  struct Condition {
    std::size_t path = 0;
    std::shared_ptr<const std::vector<Matcher>> alternatives;
  };
  std::vector<Step> steps;  // The first is the event itself.
  std::size_t paths = 0;
  std::vector<std::vector<Condition>> branches;
};

namespace {

using PatternProgram = EventPattern::Program;
using Alternatives = std::shared_ptr<const std::vector<Matcher>>;
// What one branch asks for, by the whole name of the path.
using PatternBranch = std::map<std::string, Alternatives>;

class Compiler {
 public:
  explicit Compiler(std::string_view json) : reader_(json) {}

  Result<std::vector<PatternBranch>> compile() {
    TRY(const PatternToken token, reader_.next());
    if (token != PatternToken::kStartObject) return reader_.refuse("Filter is not an object");
    std::vector<PatternBranch> branches;
    TRY_VOID(read_object(branches, "", false));
    return branches;
  }

 private:
  // Each field is added to every branch that there is.
  Result<void> read_object(std::vector<PatternBranch>& branches, const std::string& path,
                           bool inside_or) {
    bool empty = true;
    for (;; empty = false) {
      TRY(const PatternToken token, reader_.next());
      if (token == PatternToken::kEndObject) break;
      const std::string name = reader_.name();
      if (name == "$or") {
        TRY_VOID(read_or(branches, path));
        continue;
      }
      if (inside_or && is_reserved_in_or(name)) {
        return reader_.refuse(name +
                              " is Ruler reserved fieldName which cannot be used inside $or.");
      }
      TRY_VOID(read_field(branches, path, name, inside_or));
    }
    if (empty) return reader_.refuse("Empty objects are not allowed");
    return {};
  }

  Result<void> read_field(std::vector<PatternBranch>& branches, const std::string& path,
                          const std::string& name, bool inside_or) {
    const std::string whole = path.empty() ? name : path + "." + name;
    TRY(const PatternToken token, reader_.next());
    if (token == PatternToken::kStartObject) return read_object(branches, whole, inside_or);
    if (token != PatternToken::kStartArray) {
      return reader_.refuse("\"" + name + "\" must be an object or an array");
    }
    TRY(std::vector<Matcher> matchers, read_matchers(reader_));
    const auto alternatives = std::make_shared<const std::vector<Matcher>>(std::move(matchers));
    if (branches.empty()) branches.emplace_back();
    for (PatternBranch& branch : branches) {
      if (!branch.emplace(whole, alternatives).second) {
        return reader_.refuse("Path `" + whole + "` cannot be allowed multiple times");
      }
    }
    return {};
  }

  Result<void> read_or(std::vector<PatternBranch>& branches, const std::string& path) {
    const std::vector<PatternBranch> before = std::exchange(branches, {});
    TRY(PatternToken token, reader_.next());
    if (token != PatternToken::kStartArray) {
      return reader_.refuse("It must be an Array followed with $or.");
    }
    int count = 0;
    for (;; ++count) {
      TRY(token, reader_.next());
      if (token == PatternToken::kEndArray) break;
      if (token != PatternToken::kStartObject) {
        return reader_.refuse("Only JSON object is allowed in array of $or relationship.");
      }
      std::vector<PatternBranch> choice = before;
      if (choice.empty()) choice.emplace_back();
      TRY_VOID(read_object(choice, path, true));
      if (branches.size() + choice.size() > kBranchesMax) {
        return reader_.refuse("Too many combinations of $or");
      }
      branches.insert(branches.end(), choice.begin(), choice.end());
    }
    if (count < 2) {
      return reader_.refuse("There must have at least 2 Objects in $or relationship.");
    }
    return {};
  }

  PatternReader reader_;
};

std::size_t path_index(PatternProgram& program, std::string_view path) {
  std::size_t at = 0;
  for (;;) {
    const std::size_t dot = path.find('.');
    const std::string name(path.substr(0, dot));
    const auto [entry, added] = program.steps[at].next.emplace(name, program.steps.size());
    at = entry->second;
    if (added) program.steps.emplace_back();
    if (dot == std::string_view::npos) break;
    path.remove_prefix(dot + 1);
  }
  if (!program.steps[at].path) program.steps[at].path = program.paths++;
  return *program.steps[at].path;
}

// (array, element): the arrays that a value lies in, by rising number, and where.
using Place = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

struct FoundValue {
  element value;
  Place place;
};

// The values of an event at the paths of a program.
class Finder {
 public:
  explicit Finder(const PatternProgram& program) : program_(program), found_(program.paths) {}

  std::vector<std::vector<FoundValue>> find(const element& event,
                                            std::span<const std::string_view> hidden) {
    simdjson::dom::object members;
    if (event.get_object().get(members)) return std::move(found_);
    for (const auto member : members) {
      if (std::find(hidden.begin(), hidden.end(), member.key) != hidden.end()) continue;
      if (const auto next = follow(0, member.key)) visit(member.value, *next);
    }
    return std::move(found_);
  }

 private:
  // NOLINTNEXTLINE(misc-no-recursion): as deep as the pattern and the arrays of the event.
  void visit(const element& value, std::size_t step) {
    simdjson::dom::object object;
    simdjson::dom::array array;
    if (value.get_object().get(object) == simdjson::SUCCESS) {
      if (program_.steps[step].next.empty()) return;
      for (const auto field : object) {
        if (const auto next = follow(step, field.key)) visit(field.value, *next);
      }
    } else if (value.get_array().get(array) == simdjson::SUCCESS) {
      const std::uint32_t number = arrays_++;
      std::uint32_t index = 0;
      for (const element& each : array) {
        const bool nested = each.is_object() || each.is_array();
        if (nested) place_.emplace_back(number, index);
        visit(each, step);
        if (nested) place_.pop_back();
        ++index;
      }
    } else if (const auto path = program_.steps[step].path) {
      found_[*path].push_back({value, place_});
    }
  }

  // Where a member of the event leads; its name may stand for several steps.
  std::optional<std::size_t> follow(std::size_t step, std::string_view name) const {
    for (;;) {
      const std::size_t dot = name.find('.');
      const auto& next = program_.steps[step].next;
      const auto entry = next.find(name.substr(0, dot));
      if (entry == next.end()) return std::nullopt;
      step = entry->second;
      if (dot == std::string_view::npos) return step;
      name.remove_prefix(dot + 1);
    }
  }

  const PatternProgram& program_;
  std::vector<std::vector<FoundValue>> found_;
  Place place_;
  std::uint32_t arrays_ = 0;
};

// Both together; nullopt when they are in different elements of one array.
std::optional<Place> merged(const Place& a, const Place& b) {
  Place out;
  auto left = a.begin();
  auto right = b.begin();
  while (left != a.end() || right != b.end()) {
    if (right == b.end() || (left != a.end() && left->first < right->first)) {
      out.push_back(*left++);
    } else if (left == a.end() || right->first < left->first) {
      out.push_back(*right++);
    } else {
      if (left->second != right->second) return std::nullopt;
      out.push_back(*left++);
      ++right;
    }
  }
  return out;
}

bool matches_any(const std::vector<Matcher>& alternatives, const element& value) {
  return std::any_of(alternatives.begin(), alternatives.end(),
                     [&](const Matcher& matcher) { return matcher.matches(value); });
}

using Found = std::vector<std::vector<FoundValue>>;

class BranchMatch {
 public:
  BranchMatch(const std::vector<PatternProgram::Condition>& branch, const Found& found)
      : branch_(branch), found_(found), needed_(branch.size() + 1) {
    for (std::size_t i = branch.size(); i > 0; --i) {
      needed_[i - 1] = needed_[i];
      for (const FoundValue& value : found[branch[i - 1].path]) {
        for (const auto& [array, index] : value.place) needed_[i - 1].insert(array);
      }
    }
  }

  bool matches() const {
    std::set<Place> choices = {Place{}};
    for (std::size_t i = 0; i < branch_.size(); ++i) {
      std::set<Place> next;
      for (const Place& choice : choices) {
        choose(i, choice, next);
        if (next.size() >= kChoicesMax) break;
      }
      if (next.empty()) return false;
      choices = std::move(next);
    }
    return true;
  }

 private:
  void choose(std::size_t i, const Place& choice, std::set<Place>& next) const {
    const std::vector<Matcher>& alternatives = *branch_[i].alternatives;
    bool present = false;
    for (const FoundValue& value : found_[branch_[i].path]) {
      const std::optional<Place> together = merged(choice, value.place);
      if (!together) continue;
      present = true;
      if (matches_any(alternatives, value.value)) next.insert(kept(*together, i + 1));
    }
    const bool may_be_absent =
        std::any_of(alternatives.begin(), alternatives.end(),
                    [](const Matcher& m) { return m.kind == Matcher::Kind::kAbsent; });
    if (!present && may_be_absent) next.insert(kept(choice, i + 1));
  }

  // Without the arrays that no later condition lies in: they restrict nothing any more.
  Place kept(const Place& place, std::size_t i) const {
    Place out;
    for (const auto& entry : place) {
      if (needed_[i].contains(entry.first)) out.push_back(entry);
    }
    return out;
  }

  const std::vector<PatternProgram::Condition>& branch_;
  const Found& found_;
  std::vector<std::set<std::uint32_t>> needed_;  // Arrays, from each condition on.
};

}  // namespace

Result<EventPattern> EventPattern::parse(std::string_view json) {
  TRY(const std::vector<PatternBranch> branches, Compiler(json).compile());
  auto program = std::make_shared<PatternProgram>();
  program->steps.emplace_back();
  for (const PatternBranch& branch : branches) {
    std::vector<PatternProgram::Condition>& conditions = program->branches.emplace_back();
    for (const auto& [path, alternatives] : branch) {
      conditions.push_back({path_index(*program, path), alternatives});
    }
  }
  EventPattern pattern;
  pattern.program_ = std::move(program);
  return pattern;
}

bool EventPattern::matches(const element& event, std::span<const std::string_view> hidden) const {
  const Found found = Finder(*program_).find(event, hidden);
  return std::any_of(program_->branches.begin(), program_->branches.end(),
                     [&](const auto& branch) { return BranchMatch(branch, found).matches(); });
}

bool EventPattern::takes_value_of(std::string_view path) const {
  std::size_t at = 0;
  for (;;) {
    const std::size_t dot = path.find('.');
    const auto& next = program_->steps[at].next;
    const auto entry = next.find(path.substr(0, dot));
    if (entry == next.end()) return false;
    at = entry->second;
    if (dot == std::string_view::npos) return program_->steps[at].path.has_value();
    path.remove_prefix(dot + 1);
  }
}

}  // namespace penstock::stream
