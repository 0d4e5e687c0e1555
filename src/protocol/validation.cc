// One walk over the member tables that collects the violated constraints.
#include "protocol/validation.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_set>

#include "base/bytes.h"
#include "base/clock.h"
#include "protocol/path.h"

namespace penstock::protocol {
namespace {

constexpr std::size_t kListedMax = 10;

const re2::RE2& compiled(std::string_view pattern) {
  static std::mutex mutex;
  static std::map<std::string_view, std::unique_ptr<re2::RE2>> cache;  // Keys live in the tables.
  const std::scoped_lock lock(mutex);
  auto& entry = cache[pattern];
  if (!entry) {
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_dot_nl(false);
    entry = std::make_unique<re2::RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  }
  return *entry;
}

std::size_t utf8_length(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string render(const Shape& shape, const void* value);

std::string render_list(const Shape& shape, const void* value) {
  std::string out = "[";
  for (std::size_t i = 0; i < shape.list->size(value); ++i) {
    if (i != 0) out += ", ";
    out += render(*shape.element, shape.list->at(value, i));
  }
  return out + "]";
}

struct MapRendering {
  const Shape& shape;
  std::string out = "{";
};

std::string render_structure(const Shape& shape, const void* value) {
  std::string out = "{";
  for (const Member& member : shape.members) {
    const void* field = static_cast<const char*>(value) + member.offset;
    const void* present = member.field->peek(field);
    if (present == nullptr) continue;
    if (out.size() > 1) out += ", ";
    out += fmt::format("{}={}", member.name, render(*member.shape, present));
  }
  return out + "}";
}

std::string render(const Shape& shape, const void* value) {
  switch (shape.kind) {
    case Kind::kString: return *static_cast<const std::string*>(value);
    case Kind::kInteger: return std::to_string(*static_cast<const std::int32_t*>(value));
    case Kind::kLong: return std::to_string(*static_cast<const std::int64_t*>(value));
    case Kind::kDouble: return fmt::format("{}", *static_cast<const double*>(value));
    case Kind::kBoolean: return *static_cast<const bool*>(value) ? "true" : "false";
    case Kind::kBlob: {
      const std::size_t size = static_cast<const Blob*>(value)->bytes.size();
      return fmt::format("java.nio.HeapByteBuffer[pos=0 lim={} cap={}]", size, size);
    }
    case Kind::kTimestamp: return format_iso8601(*static_cast<const Timestamp*>(value));
    case Kind::kList: return render_list(shape, value);
    case Kind::kMap: {
      MapRendering rendering{shape};
      shape.map->each(value, &rendering,
                      [](void* cookie, const std::string& key, const void* entry) {
                        auto& self = *static_cast<MapRendering*>(cookie);
                        if (self.out.size() > 1) self.out += ", ";
                        self.out += key + "=" + render(*self.shape.element, entry);
                      });
      return rendering.out + "}";
    }
    case Kind::kStructure: return render_structure(shape, value);
    case Kind::kStream:
    case Kind::kEvents:
    case Kind::kCustom: return "...";
  }
  return {};
}

class Walk {
 public:
  Walk(const Missing& missing, bool shows_value)
      : missing_(missing.paths.begin(), missing.paths.end()), shows_value_(shows_value) {}

  void structure(const Shape& shape, const void* value, const Path& path) {
    for (const Member& member : shape.members) {
      const Path at = path.member(member.name);
      const void* present = member.field->peek(static_cast<const char*>(value) + member.offset);
      if (member.required && !missing_.empty() && missing_.contains(at.text())) {
        add(fmt::format("Value null at '{}' failed to satisfy constraint: Member must not be null",
                        at.text()));
      } else if (present != nullptr) {
        visit(*member.shape, present, at);
      }
    }
  }
  const std::vector<std::string>& errors() const { return errors_; }

 private:
  void add(std::string error) { errors_.push_back(std::move(error)); }

  void violated(const Shape& shape, const void* value, const Path& path, const std::string& rule) {
    const bool shown = shows_value_ && !shape.sensitive;
    add(shown ? fmt::format("Value '{}' at '{}' failed to satisfy constraint: {}",
                            render(shape, value), path.text(), rule)
              : fmt::format("Value at '{}' failed to satisfy constraint: {}", path.text(), rule));
  }

  void length(const Shape& shape, const void* value, const Path& path, std::size_t size) {
    const Constraint& c = shape.constraint;
    if (c.has_max && static_cast<double>(size) > c.max) {
      violated(shape, value, path,
               fmt::format("Member must have length less than or equal to {:.0f}", c.max));
    }
    if (c.has_min && static_cast<double>(size) < c.min) {
      violated(shape, value, path,
               fmt::format("Member must have length greater than or equal to {:.0f}", c.min));
    }
  }

  void range(const Shape& shape, const void* value, const Path& path, double number) {
    const Constraint& c = shape.constraint;
    if (c.has_max && number > c.max) {
      violated(shape, value, path,
               fmt::format("Member must have value less than or equal to {}", c.max));
    }
    if (c.has_min && number < c.min) {
      violated(shape, value, path,
               fmt::format("Member must have value greater than or equal to {}", c.min));
    }
  }

  void text(const Shape& shape, const void* value, const Path& path) {
    const auto& string = *static_cast<const std::string*>(value);
    const Constraint& c = shape.constraint;
    if (c.has_min || c.has_max) length(shape, value, path, utf8_length(string));
    if (!c.pattern.empty() && !matches_pattern(c.pattern, string)) {
      violated(shape, value, path,
               fmt::format("Member must satisfy regular expression pattern: {}", c.pattern_shown));
    }
    if (!c.values.empty() &&
        std::find(c.values.begin(), c.values.end(), string) == c.values.end()) {
      violated(shape, value, path,
               fmt::format("Member must satisfy enum value set: [{}]", fmt::join(c.values, ", ")));
    }
  }

  struct MapVisit {
    Walk& walk;
    const Shape& shape;
    const Path& path;
  };

  void elements(const Shape& shape, const void* value, const Path& path) {
    const std::size_t size = shape.list->size(value);
    for (std::size_t i = 0; i < size && errors_.size() < kListedMax; ++i) {
      visit(*shape.element, shape.list->at(value, i), path.element(i));
    }
  }

  void visit(const Shape& shape, const void* value, const Path& path) {
    switch (shape.kind) {
      case Kind::kString: text(shape, value, path); break;
      case Kind::kInteger:
        range(shape, value, path, *static_cast<const std::int32_t*>(value));
        break;
      case Kind::kLong:
        range(shape, value, path, static_cast<double>(*static_cast<const std::int64_t*>(value)));
        break;
      case Kind::kDouble: range(shape, value, path, *static_cast<const double*>(value)); break;
      case Kind::kBlob:
        length(shape, value, path, static_cast<const Blob*>(value)->bytes.size());
        break;
      case Kind::kList:
        length(shape, value, path, shape.list->size(value));
        elements(shape, value, path);
        break;
      case Kind::kMap: {
        length(shape, value, path, shape.map->size(value));
        keys(shape, value, path);
        values(shape, value, path);
        MapVisit entries{*this, shape, path};
        shape.map->each(value, &entries,
                        [](void* cookie, const std::string& key, const void* entry) {
                          auto& self = *static_cast<MapVisit*>(cookie);
                          if (self.walk.errors_.size() >= kListedMax) return;
                          if (self.shape.element->kind == Kind::kList) {
                            self.walk.elements(*self.shape.element, entry, self.path.value_of(key));
                            return;
                          }
                          self.walk.visit(*self.shape.element, entry, self.path.value_of(key));
                        });
        break;
      }
      case Kind::kStructure: structure(shape, value, path); break;
      case Kind::kBoolean:
      case Kind::kTimestamp:
      case Kind::kStream:
      case Kind::kEvents:
      case Kind::kCustom: break;
    }
  }

  // So is a list of the wrong length in a map.
  void values(const Shape& shape, const void* value, const Path& path) {
    const Constraint& c = shape.element->constraint;
    if (shape.element->kind != Kind::kList || (!c.has_min && !c.has_max)) return;
    struct Check {
      const Shape& list;
      bool bad = false;
    } check{*shape.element};
    shape.map->each(value, &check, [](void* cookie, const std::string&, const void* entry) {
      auto& self = *static_cast<Check*>(cookie);
      const auto size = static_cast<double>(self.list.list->size(entry));
      const Constraint& rule = self.list.constraint;
      if ((rule.has_min && size < rule.min) || (rule.has_max && size > rule.max)) self.bad = true;
    });
    if (!check.bad) return;
    std::string rules;
    if (c.has_max)
      rules = fmt::format("Member must have length less than or equal to {:.0f}", c.max);
    if (c.has_min) {
      rules += fmt::format("{}Member must have length greater than or equal to {:.0f}",
                           rules.empty() ? "" : ", ", c.min);
    }
    violated(shape, value, path, fmt::format("Map value must satisfy constraint: [{}]", rules));
  }

  // A bad key is reported once for the whole map, with all rules of the key.
  void keys(const Shape& shape, const void* value, const Path& path) {
    const Constraint& c = shape.key->constraint;
    if (!c.has_min && !c.has_max && c.pattern.empty() && c.values.empty()) return;
    struct Check {
      const Constraint& c;
      bool bad = false;
    } check{c};
    shape.map->each(value, &check, [](void* cookie, const std::string& key, const void*) {
      auto& self = *static_cast<Check*>(cookie);
      const auto size = static_cast<double>(utf8_length(key));
      if ((self.c.has_min && size < self.c.min) || (self.c.has_max && size > self.c.max) ||
          (!self.c.pattern.empty() && !matches_pattern(self.c.pattern, key)) ||
          (!self.c.values.empty() &&
           std::find(self.c.values.begin(), self.c.values.end(), key) == self.c.values.end())) {
        self.bad = true;
      }
    });
    if (!check.bad) return;
    std::vector<std::string> rules;
    if (c.has_max)
      rules.push_back(fmt::format("Member must have length less than or equal to {:.0f}", c.max));
    if (c.has_min) {
      rules.push_back(
          fmt::format("Member must have length greater than or equal to {:.0f}", c.min));
    }
    if (!c.pattern.empty()) {
      rules.push_back(
          fmt::format("Member must satisfy regular expression pattern: {}", c.pattern_shown));
    }
    if (!c.values.empty()) {
      rules.push_back(
          fmt::format("Member must satisfy enum value set: [{}]", fmt::join(c.values, ", ")));
    }
    violated(shape, value, path,
             fmt::format("Map keys must satisfy constraint: [{}]", fmt::join(rules, ", ")));
  }

  const std::unordered_set<std::string_view> missing_;  // Paths.
  const bool shows_value_;
  std::vector<std::string> errors_;
};

}  // namespace

bool matches_pattern(std::string_view pattern, std::string_view text) {
  const re2::RE2& regex = compiled(pattern);
  return !regex.ok() || re2::RE2::FullMatch(re2::StringPiece(text.data(), text.size()), regex);
}

bool pattern_is_supported(std::string_view pattern) { return compiled(pattern).ok(); }

ApiResult<void> validate(const OperationInfo& operation, const void* input,
                         const Missing& missing) {
  const std::string_view service = operation.service->id;
  if (operation.service->protocol == Protocol::kRestXml) {
    // S3 has no common validation: its operations refuse values with errors of their own. What the
    // document lacks is a fault of the document.
    if (missing.paths.empty()) return {};
    return refuse("MalformedXML",
                  "The XML you provided was not well-formed or did not validate against our "
                  "published schema");
  }
  if (service == "sqs") {
    // SQS names what is missing, and checks values with words of its own.
    if (missing.paths.empty()) return {};
    std::string name = missing.paths.front().substr(missing.paths.front().rfind('.') + 1);
    if (name == "entries") return {};  // A form cannot tell no list from an empty one.
    if (name[0] >= 'a' && name[0] <= 'z') name[0] = static_cast<char>(name[0] - 'a' + 'A');
    return refuse("MissingRequiredParameterException",
                  fmt::format("The request must contain the parameter {}.", name));
  }
  Walk walk(missing, service != "kinesis" && service != "iam");
  walk.structure(*operation.input, input, Path{});
  const auto& errors = walk.errors();
  if (errors.empty()) return {};
  const std::size_t listed = std::min(errors.size(), kListedMax);
  const bool query = operation.service->protocol == Protocol::kQuery;
  return refuse(query ? "ValidationError" : "ValidationException",
                fmt::format("{} validation error{} detected: {}", listed, listed == 1 ? "" : "s",
                            fmt::join(errors.begin(),
                                      errors.begin() + static_cast<std::ptrdiff_t>(listed), "; ")));
}

}  // namespace penstock::protocol
