// Forms are flat; the nesting is in the parameter names.
#include "protocol/query_codec.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "protocol/path.h"
#include "protocol/scalar_text.h"

namespace penstock::protocol {
namespace {

constexpr int kFormDepthMax = 16;
constexpr std::size_t kFormListMax = 10'000;

class FormDecoder {
 public:
  FormDecoder(const net::QueryParams& form, Missing& missing) : form_(form), missing_(missing) {
    // Of parameters with one name the first counts.
    std::ranges::stable_sort(form_, {}, &std::pair<std::string, std::string>::first);
  }

  ApiResult<void> structure(const Shape& shape, const std::string& prefix, void* value,
                            const Path& path, int depth) {
    if (depth > kFormDepthMax) return refuse("MalformedInput", "The form is nested too deeply.");
    for (const Member& member : shape.members) {
      const std::string name = prefix.empty() ? std::string(member.wire_name)
                                              : fmt::format("{}.{}", prefix, member.wire_name);
      const Path at = path.member(member.name);
      if (!present(name)) {
        if (member.required) missing_.paths.push_back(at.text());
        continue;
      }
      void* field = member.field->make(static_cast<char*>(value) + member.offset);
      TRY_VOID(visit(*member.shape, name, field, at, member.flattened, depth + 1));
    }
    return {};
  }

 private:
  bool present(const std::string& name) const {
    return find(name) != nullptr || from(name + ".").starts_with(name + ".");
  }

  // The first parameter name that is not less than `name`; empty when there is none.
  std::string_view from(std::string_view name) const {
    const auto found = std::ranges::lower_bound(form_, name, {}, &Param::first);
    return found == form_.end() ? std::string_view() : std::string_view(found->first);
  }

  const std::string* find(std::string_view name) const {
    const auto found = std::ranges::lower_bound(form_, name, {}, &Param::first);
    return found == form_.end() || found->first != name ? nullptr : &found->second;
  }

  ApiResult<void> visit(const Shape& shape, const std::string& name, void* value, const Path& path,
                        bool flattened, int depth) {
    if (is_scalar(shape)) {
      const std::string* text = find(name);
      if (text == nullptr || !scalar_from_text(shape, shape.timestamp, *text, value)) {
        return refuse("MalformedInput", fmt::format("The value of {} is not valid.", name));
      }
      return {};
    }
    if (shape.kind == Kind::kStructure) return structure(shape, name, value, path, depth);
    if (shape.kind == Kind::kList) {
      const std::string base = flattened ? name : fmt::format("{}.{}", name, shape.element_name);
      for (std::size_t i = 1; i <= kFormListMax; ++i) {
        const std::string element = fmt::format("{}.{}", base, i);
        if (!present(element)) break;
        TRY_VOID(visit(*shape.element, element, shape.list->append(value), path.element(i - 1),
                       false, depth + 1));
      }
      return {};
    }
    if (shape.kind == Kind::kMap) {
      const std::string base = flattened ? name : name + ".entry";
      for (std::size_t i = 1; i <= kFormListMax; ++i) {
        const std::string entry = fmt::format("{}.{}", base, i);
        const std::string* key = find(fmt::format("{}.{}", entry, shape.key_name));
        if (key == nullptr) break;
        TRY_VOID(visit(*shape.element, fmt::format("{}.{}", entry, shape.value_name),
                       shape.map->insert(value, *key), path.value_of(*key), false, depth + 1));
      }
    }
    return {};
  }

  using Param = std::pair<std::string, std::string>;
  net::QueryParams form_;  // By name.
  Missing& missing_;
};

void put(std::string& out, const std::string& name, std::string_view value) {
  if (!out.empty()) out += '&';
  out += name + "=" + percent_encode(value);
}

void encode(const Shape& shape, const std::string& name, const void* value, bool flattened,
            std::string& out) {
  switch (shape.kind) {
    case Kind::kStructure:
      for (const Member& member : shape.members) {
        const void* present = member.field->peek(static_cast<const char*>(value) + member.offset);
        if (present == nullptr) continue;
        const std::string member_name = name.empty() ? std::string(member.wire_name)
                                                     : fmt::format("{}.{}", name, member.wire_name);
        encode(*member.shape, member_name, present, member.flattened, out);
      }
      break;
    case Kind::kList:
      for (std::size_t i = 0; i < shape.list->size(value); ++i) {
        const std::string element = flattened
                                        ? fmt::format("{}.{}", name, i + 1)
                                        : fmt::format("{}.{}.{}", name, shape.element_name, i + 1);
        encode(*shape.element, element, shape.list->at(value, i), false, out);
      }
      break;
    case Kind::kMap: {
      struct Entries {
        const Shape& shape;
        std::string base;
        std::string& out;
        std::size_t index = 0;
      } entries{shape, flattened ? name : name + ".entry", out};
      shape.map->each(value, &entries, [](void* cookie, const std::string& key, const void* entry) {
        auto& self = *static_cast<Entries*>(cookie);
        const std::string base = fmt::format("{}.{}", self.base, ++self.index);
        put(self.out, fmt::format("{}.{}", base, self.shape.key_name), key);
        encode(*self.shape.element, fmt::format("{}.{}", base, self.shape.value_name), entry, false,
               self.out);
      });
      break;
    }
    case Kind::kString:
    case Kind::kInteger:
    case Kind::kLong:
    case Kind::kDouble:
    case Kind::kBoolean:
    case Kind::kBlob:
    case Kind::kTimestamp: put(out, name, scalar_to_text(shape, shape.timestamp, value)); break;
    case Kind::kStream:
    case Kind::kEvents:
    case Kind::kCustom: break;
  }
}

}  // namespace

ApiResult<void> decode_form(const Shape& shape, const net::QueryParams& form, void* value,
                            Missing& missing) {
  return FormDecoder(form, missing).structure(shape, "", value, Path{}, 0);
}

std::string encode_form(const OperationInfo& operation, const void* input) {
  std::string out;
  put(out, "Action", operation.name);
  put(out, "Version", operation.service->api_version);
  encode(*operation.input, "", input, false, out);
  return out;
}

}  // namespace penstock::protocol
