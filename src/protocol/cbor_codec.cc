// One walk over the items of a document, and one over the members of a value.
#include "protocol/cbor_codec.h"

#include <algorithm>
#include <bitset>
#include <cmath>
#include <limits>

#include "base/ascii.h"
#include "base/bytes.h"
#include "base/check.h"
#include "base/clock.h"
#include "protocol/cbor_reader.h"
#include "protocol/cbor_writer.h"
#include "protocol/path.h"
#include "protocol/type_words.h"

namespace penstock::protocol {
namespace {

using Type = CborItem::Type;

std::unexpected<ApiError> cbor_refused(std::string message) {
  return std::unexpected(ApiError("SerializationException", std::move(message)));
}

// Not CBOR at all, or cut off: AWS says no more of it in JSON either.
std::unexpected<ApiError> not_cbor() { return cbor_refused(""); }

std::string_view java_class(Type type) {
  switch (type) {
    case Type::kBytes:
    case Type::kBytesStart: return "ByteBuffer";
    case Type::kText:
    case Type::kTextStart: return "String";
    case Type::kFloat: return "Double";
    case Type::kBoolean: return "Boolean";
    case Type::kUnsigned:
    case Type::kNegative:
    case Type::kArray:
    case Type::kArrayStart:
    case Type::kMap:
    case Type::kMapStart:
    case Type::kTag:
    case Type::kNull:
    case Type::kBreak: break;
  }
  return "Long";
}

std::unexpected<ApiError> wrong_cbor_type(const Shape& shape, const CborItem& item) {
  FoundType found = FoundType::kScalar;
  if (item.type == Type::kArray || item.type == Type::kArrayStart) found = FoundType::kList;
  if (item.type == Type::kMap || item.type == Type::kMapStart) found = FoundType::kMap;
  return cbor_refused(kinesis_type_fault(found, java_class(item.type), shape.kind));
}

// An item with the tags that stood before it.
struct Tagged {
  CborItem item;
  bool epoch = false;  // Tag 1.
};

class CborDecoder {
 public:
  CborDecoder(std::string_view body, Missing& missing) : reader_(body), missing_(missing) {}

  ApiResult<void> document(const Shape& shape, void* value) {
    TRY(const Tagged root, next());
    if (root.item.type != Type::kMap && root.item.type != Type::kMapStart) return not_cbor();
    TRY_VOID(structure(shape, root.item, value, Path{}, 1));
    return reader_.left() == 0 ? ApiResult<void>{} : not_cbor();
  }

 private:
  // How many entries of a list or map are still to come.
  struct Entries {
    bool counted;
    std::uint64_t left;
  };
  static Entries entries_of(const CborItem& item) {
    return {item.type == Type::kArray || item.type == Type::kMap, item.number};
  }

  ApiResult<Tagged> next() {
    Tagged tagged;
    while (true) {
      const std::optional<CborItem> item = reader_.next();
      if (!item) return not_cbor();
      if (item->type != Type::kTag) {
        tagged.item = *item;
        return tagged;
      }
      tagged.epoch = item->number == 1;
    }
  }
  // The next entry's first item, or nullopt at the end of the list or map.
  ApiResult<std::optional<Tagged>> next_entry(Entries& entries) {
    if (entries.counted && entries.left-- == 0) return std::nullopt;
    TRY(const Tagged tagged, next());
    if (tagged.item.type == Type::kBreak) {
      if (entries.counted) return not_cbor();
      return std::nullopt;
    }
    return tagged;
  }

  // The whole of a string that begins with `item`, which is of type `whole` or of its start.
  ApiResult<std::string> string(const CborItem& item, Type whole) {
    std::string out;
    if (item.type == whole) {
      out = item.bytes;
    } else {
      while (true) {
        const std::optional<CborItem> chunk = reader_.next();
        if (!chunk) return not_cbor();
        if (chunk->type == Type::kBreak) break;
        if (chunk->type != whole) return not_cbor();
        out += chunk->bytes;
      }
    }
    if (whole == Type::kText && !is_valid_utf8(out)) return not_cbor();
    return out;
  }

  ApiResult<std::string> key(const CborItem& item) {
    if (item.type != Type::kText && item.type != Type::kTextStart) return not_cbor();
    return string(item, Type::kText);
  }

  // Reads to the end of the value that begins with `item`.
  ApiResult<void> skip(const CborItem& item, std::size_t depth) {
    switch (item.type) {
      case Type::kBytesStart: TRY_VOID(string(item, Type::kBytes)); return {};
      case Type::kTextStart: TRY_VOID(string(item, Type::kText)); return {};
      case Type::kBreak: return not_cbor();
      case Type::kArray:
      case Type::kArrayStart:
      case Type::kMap:
      case Type::kMapStart: break;
      case Type::kUnsigned:
      case Type::kNegative:
      case Type::kBytes:
      case Type::kText:
      case Type::kTag:
      case Type::kFloat:
      case Type::kBoolean:
      case Type::kNull: return {};
    }
    if (depth >= kCborDepthMax) return not_cbor();
    const bool is_map = item.type == Type::kMap || item.type == Type::kMapStart;
    Entries entries = entries_of(item);
    while (true) {
      TRY(const std::optional<Tagged> entry, next_entry(entries));
      if (!entry) return {};
      if (is_map) {
        TRY_VOID(key(entry->item));
        TRY(const Tagged value, next());
        TRY_VOID(skip(value.item, depth + 1));
      } else {
        TRY_VOID(skip(entry->item, depth + 1));
      }
    }
  }

  static std::size_t find(const Shape& shape, std::string_view name, std::size_t hint) {
    if (hint < shape.members.size() && shape.members[hint].name == name) return hint;
    const auto found = std::ranges::find(shape.members, name, &Member::name);
    return static_cast<std::size_t>(found - shape.members.begin());
  }

  ApiResult<void> structure(const Shape& shape, const CborItem& item, void* value, const Path& path,
                            std::size_t depth) {
    if (item.type != Type::kMap && item.type != Type::kMapStart) {
      return wrong_cbor_type(shape, item);
    }
    if (depth >= kCborDepthMax) return not_cbor();
    std::bitset<256> seen;
    CHECK(shape.members.size() <= seen.size());
    std::size_t hint = 0;
    Entries entries = entries_of(item);
    while (true) {
      TRY(const std::optional<Tagged> entry, next_entry(entries));
      if (!entry) break;
      TRY(const std::string name, key(entry->item));
      TRY(const Tagged child, next());
      const std::size_t index = find(shape, name, hint);
      if (index == shape.members.size() || shape.members[index].location != Location::kBody ||
          child.item.type == Type::kNull) {
        TRY_VOID(skip(child.item, depth));
        continue;
      }
      hint = index + 1;
      seen.set(index);
      const Member& member = shape.members[index];
      void* field = member.field->make(static_cast<char*>(value) + member.offset);
      TRY_VOID(visit(*member.shape, child, field, path.member(member.name), depth + 1));
    }
    for (std::size_t i = 0; i < shape.members.size(); ++i) {
      const Member& member = shape.members[i];
      if (member.required && member.location == Location::kBody && !seen[i]) {
        missing_.paths.push_back(path.member(member.name).text());
      }
    }
    return {};
  }

  ApiResult<void> visit(const Shape& shape, const Tagged& tagged, void* value, const Path& path,
                        std::size_t depth) {
    const CborItem& item = tagged.item;
    if (item.type == Type::kBreak) return not_cbor();
    switch (shape.kind) {
      case Kind::kString:
        if (item.type != Type::kText && item.type != Type::kTextStart) break;
        return assign(string(item, Type::kText), *static_cast<std::string*>(value));
      case Kind::kBlob:
        if (item.type != Type::kBytes && item.type != Type::kBytesStart) break;
        return assign(string(item, Type::kBytes), static_cast<Blob*>(value)->bytes);
      case Kind::kInteger: return integer<std::int32_t>(shape, item, value);
      case Kind::kLong: return integer<std::int64_t>(shape, item, value);
      case Kind::kDouble: return floating(shape, item, *static_cast<double*>(value));
      case Kind::kBoolean:
        if (item.type != Type::kBoolean) break;
        *static_cast<bool*>(value) = item.number != 0;
        return {};
      case Kind::kTimestamp: return timestamp(shape, tagged, *static_cast<Timestamp*>(value));
      case Kind::kList: return list(shape, item, value, path, depth);
      case Kind::kMap: return map(shape, item, value, path, depth);
      case Kind::kStructure: return structure(shape, item, value, path, depth);
      case Kind::kCustom:
      case Kind::kEvents:
      case Kind::kStream: break;
    }
    return wrong_cbor_type(shape, item);
  }

  static ApiResult<void> assign(ApiResult<std::string> from, std::string& to) {
    if (!from) return std::unexpected(std::move(from).error());
    to = std::move(*from);
    return {};
  }

  // The number as a signed one, if it is one that fits.
  static std::optional<std::int64_t> whole(const CborItem& item) {
    constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();
    if (item.type == Type::kUnsigned && item.number <= kMax) {
      return static_cast<std::int64_t>(item.number);
    }
    if (item.type == Type::kNegative && item.number <= kMax) {
      return -1 - static_cast<std::int64_t>(item.number);
    }
    if (item.type == Type::kFloat && std::abs(item.real) < 9e18) {
      return static_cast<std::int64_t>(std::floor(item.real));
    }
    return std::nullopt;
  }

  template <typename Integer>
  static ApiResult<void> integer(const Shape& shape, const CborItem& item, void* value) {
    const std::optional<std::int64_t> number = whole(item);
    if (!number || *number < std::numeric_limits<Integer>::min() ||
        *number > std::numeric_limits<Integer>::max()) {
      return wrong_cbor_type(shape, item);
    }
    *static_cast<Integer*>(value) = static_cast<Integer>(*number);
    return {};
  }

  static ApiResult<void> floating(const Shape& shape, const CborItem& item, double& value) {
    if (item.type == Type::kFloat) {
      value = item.real;
    } else if (const std::optional<std::int64_t> number = whole(item)) {
      value = static_cast<double>(*number);
    } else {
      return wrong_cbor_type(shape, item);
    }
    return {};
  }

  static ApiResult<void> timestamp(const Shape& shape, const Tagged& tagged, Timestamp& value) {
    const CborItem& item = tagged.item;
    if (item.type == Type::kFloat && tagged.epoch) {
      if (!(std::abs(item.real) < 9e12)) return wrong_cbor_type(shape, item);
      value = Timestamp::from_seconds(item.real);
      return {};
    }
    const std::optional<std::int64_t> millis = whole(item);
    if (!millis || *millis >= 9'000'000'000'000'000 || *millis <= -9'000'000'000'000'000) {
      return wrong_cbor_type(shape, item);
    }
    value = Timestamp::from_millis(*millis);
    return {};
  }

  // One entry more than there may be is enough to be refused for it. A byte can stand for a whole
  // structure, so that the rest is not kept.
  static bool is_full(const Shape& shape, std::size_t size) {
    return shape.constraint.has_max && static_cast<double>(size) > shape.constraint.max;
  }

  ApiResult<void> list(const Shape& shape, const CborItem& item, void* value, const Path& path,
                       std::size_t depth) {
    if (item.type != Type::kArray && item.type != Type::kArrayStart) {
      return wrong_cbor_type(shape, item);
    }
    if (depth >= kCborDepthMax) return not_cbor();
    Entries entries = entries_of(item);
    for (std::size_t index = 0;; ++index) {
      TRY(const std::optional<Tagged> entry, next_entry(entries));
      if (!entry) return {};
      if (entry->item.type == Type::kNull) continue;
      if (is_full(shape, shape.list->size(value))) {
        TRY_VOID(skip(entry->item, depth));
        continue;
      }
      TRY_VOID(
          visit(*shape.element, *entry, shape.list->append(value), path.element(index), depth + 1));
    }
  }

  ApiResult<void> map(const Shape& shape, const CborItem& item, void* value, const Path& path,
                      std::size_t depth) {
    if (item.type != Type::kMap && item.type != Type::kMapStart) {
      return wrong_cbor_type(shape, item);
    }
    if (depth >= kCborDepthMax) return not_cbor();
    Entries entries = entries_of(item);
    while (true) {
      TRY(const std::optional<Tagged> entry, next_entry(entries));
      if (!entry) return {};
      TRY(const std::string name, key(entry->item));
      TRY(const Tagged child, next());
      if (child.item.type == Type::kNull) continue;
      if (is_full(shape, shape.map->size(value))) {
        TRY_VOID(skip(child.item, depth));
        continue;
      }
      void* slot = shape.map->insert(value, name);
      TRY_VOID(visit(*shape.element, child, slot, path.value_of(name), depth + 1));
    }
  }

  CborReader reader_;
  Missing& missing_;
};

void encode_cbor_value(const Shape& shape, const void* value, CborWriter& cbor);

void encode_cbor_members(const Shape& shape, const void* value, CborWriter& cbor) {
  const auto peek = [value](const Member& member) -> const void* {
    if (member.location != Location::kBody || member.shape->kind == Kind::kEvents) return nullptr;
    return member.field->peek(static_cast<const char*>(value) + member.offset);
  };
  cbor.map(static_cast<std::size_t>(
      std::ranges::count_if(shape.members, [&](const Member& m) { return peek(m) != nullptr; })));
  for (const Member& member : shape.members) {
    const void* present = peek(member);
    if (present == nullptr) continue;
    cbor.text(member.name);
    encode_cbor_value(*member.shape, present, cbor);
  }
}

void encode_cbor_value(const Shape& shape, const void* value, CborWriter& cbor) {
  switch (shape.kind) {
    case Kind::kString: cbor.text(*static_cast<const std::string*>(value)); break;
    case Kind::kInteger: cbor.integer(*static_cast<const std::int32_t*>(value)); break;
    case Kind::kLong: cbor.integer(*static_cast<const std::int64_t*>(value)); break;
    case Kind::kDouble: cbor.real(*static_cast<const double*>(value)); break;
    case Kind::kBoolean: cbor.boolean(*static_cast<const bool*>(value)); break;
    case Kind::kBlob: cbor.bytes(static_cast<const Blob*>(value)->bytes); break;
    case Kind::kTimestamp: cbor.integer(static_cast<const Timestamp*>(value)->millis()); break;
    case Kind::kList:
      cbor.array(shape.list->size(value));
      for (std::size_t i = 0; i < shape.list->size(value); ++i) {
        encode_cbor_value(*shape.element, shape.list->at(value, i), cbor);
      }
      break;
    case Kind::kMap: {
      struct Pairs {
        const Shape& element;
        CborWriter& cbor;
      } pairs{*shape.element, cbor};
      cbor.map(shape.map->size(value));
      shape.map->each(value, &pairs, [](void* cookie, const std::string& key, const void* entry) {
        auto& self = *static_cast<Pairs*>(cookie);
        self.cbor.text(key);
        encode_cbor_value(self.element, entry, self.cbor);
      });
      break;
    }
    case Kind::kStructure: encode_cbor_members(shape, value, cbor); break;
    // Services that speak CBOR have none of these inside a document.
    case Kind::kCustom:
    case Kind::kEvents:
    case Kind::kStream: CHECK(false);
  }
}

}  // namespace

bool speaks_cbor(const ServiceInfo& service) { return service.id == "kinesis"; }

bool is_cbor(const net::Headers& headers) {
  const std::string_view type = headers.get("content-type");
  return trim(type.substr(0, type.find(';'))) == kCborType;
}

ApiResult<void> decode_cbor(const Shape& shape, std::string_view body, void* value,
                            Missing& missing) {
  return CborDecoder(body, missing).document(shape, value);
}

void encode_cbor(const Shape& shape, const void* value, std::string& out) {
  CborWriter cbor(out);
  encode_cbor_members(shape, value, cbor);
}

std::string encode_cbor_error(const ApiError& error, std::string_view message_key) {
  CHECK(error.members.empty());
  std::string out;
  CborWriter cbor(out);
  cbor.map(error.message.empty() ? 1 : 2).text("__type").text(error.code);
  if (!error.message.empty()) cbor.text(message_key).text(error.message);
  return out;
}

}  // namespace penstock::protocol
