// The canonical form, the size rules and the stored form of AttributeValue.
#include "protocol/attribute_value.h"

#include <algorithm>
#include <numeric>

#include "base/bytes.h"
#include "base/check.h"
#include "protocol/number.h"

namespace penstock {
namespace {

using Type = AttributeValue::Type;

constexpr char kItemVersion = 1;
constexpr char kStoredTrue = 9;
constexpr char kStoredFalse = 10;
// AWS allows 32 levels; stored bytes that go deeper are corrupt.
constexpr int kStoredDepthMax = 64;

bool name_less(const AttributeMap::Entry& entry, std::string_view name) {
  return entry.name < name;
}

void append_varint(std::string& out, std::size_t value) {
  while (value >= 0x80) {
    out += static_cast<char>((value & 0x7F) | 0x80);
    value >>= 7;
  }
  out += static_cast<char>(value);
}

void append_bytes(std::string& out, std::string_view bytes) {
  append_varint(out, bytes.size());
  out += bytes;
}

void append_map(std::string& out, const AttributeMap& map) {
  append_varint(out, map.size());
  for (const auto& [name, value] : map) {
    append_bytes(out, name);
    encode_value(value, out);
  }
}

struct StoredReader {
  std::string_view rest;
  bool ok = true;

  char byte() {
    if (rest.empty()) {
      ok = false;
      return 0;
    }
    const char c = rest.front();
    rest.remove_prefix(1);
    return c;
  }
  std::size_t varint() {
    std::size_t value = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      const auto c = static_cast<unsigned char>(byte());
      value |= static_cast<std::size_t>(c & 0x7F) << shift;
      if ((c & 0x80) == 0) return value;
    }
    ok = false;
    return 0;
  }
  std::string_view bytes() {
    const std::size_t size = varint();
    if (!ok || size > rest.size()) {
      ok = false;
      return {};
    }
    const std::string_view value = rest.substr(0, size);
    rest.remove_prefix(size);
    return value;
  }
  // A count of things that take at least one byte each.
  std::size_t count() {
    const std::size_t value = varint();
    if (value > rest.size()) ok = false;
    return ok ? value : 0;
  }
  AttributeMap map(int depth) {
    AttributeMap::Entries entries;
    const std::size_t size = count();
    entries.reserve(size);
    for (std::size_t i = 0; i < size && ok; ++i) {
      std::string name(bytes());
      entries.push_back({std::move(name), value(depth)});
    }
    return AttributeMap::from_entries(std::move(entries));
  }
  AttributeValue::Set members() {
    AttributeValue::Set set;
    const std::size_t size = count();
    set.reserve(size);
    for (std::size_t i = 0; i < size && ok; ++i) set.emplace_back(bytes());
    return set;
  }
  AttributeValue value(int depth) {
    if (depth > kStoredDepthMax) ok = false;
    if (!ok) return {};
    const char tag = byte();
    switch (tag) {
      case static_cast<char>(Type::kS): return AttributeValue::s(std::string(bytes()));
      case static_cast<char>(Type::kN): return AttributeValue::n(std::string(bytes()));
      case static_cast<char>(Type::kB): return AttributeValue::b(std::string(bytes()));
      case static_cast<char>(Type::kSS):
      case static_cast<char>(Type::kNS):
      case static_cast<char>(Type::kBS):
        return AttributeValue::set(static_cast<Type>(tag), members());
      case static_cast<char>(Type::kM): return AttributeValue::map(map(depth + 1));
      case static_cast<char>(Type::kL): {
        AttributeValue::List list;
        const std::size_t size = count();
        list.reserve(size);
        for (std::size_t i = 0; i < size && ok; ++i) list.push_back(value(depth + 1));
        return AttributeValue::list(std::move(list));
      }
      case kStoredTrue: return AttributeValue::boolean(true);
      case kStoredFalse: return AttributeValue::boolean(false);
      case static_cast<char>(Type::kNull): return AttributeValue::null();
      default: ok = false; return {};
    }
  }
};

// Stable, so that the later one of two equal names stays later.
void sort_by_name(AttributeMap::Entries& entries) {
  constexpr std::size_t kSmall = 32;
  if (entries.size() <= kSmall) {
    for (std::size_t i = 1; i < entries.size(); ++i) {
      const auto by_name = [](std::string_view name, const AttributeMap::Entry& entry) {
        return name < entry.name;
      };
      const auto here = entries.begin() + static_cast<std::ptrdiff_t>(i);
      const auto to = std::upper_bound(entries.begin(), here, entries[i].name, by_name);
      std::rotate(to, here, here + 1);
    }
    return;
  }
  std::vector<std::uint32_t> order(entries.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order, [&entries](std::uint32_t a, std::uint32_t b) {
    const int compared = entries[a].name.compare(entries[b].name);
    return compared != 0 ? compared < 0 : a < b;
  });
  AttributeMap::Entries sorted;
  sorted.reserve(entries.size());
  for (const std::uint32_t index : order) sorted.push_back(std::move(entries[index]));
  entries = std::move(sorted);
}

std::unexpected<Error> corrupt() {
  return fail(ErrorKind::kCorrupt, "a stored DynamoDB item does not decode");
}

}  // namespace

AttributeMap AttributeMap::from_entries(Entries entries) {
  AttributeMap map;
  const auto out_of_order = [](const Entry& a, const Entry& b) { return a.name >= b.name; };
  if (std::ranges::adjacent_find(entries, out_of_order) != entries.end()) {
    sort_by_name(entries);
    // Keep the last of each run of equal names.
    std::size_t kept = 0;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (i + 1 < entries.size() && entries[i + 1].name == entries[i].name) continue;
      if (kept != i) entries[kept] = std::move(entries[i]);
      ++kept;
    }
    entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(kept), entries.end());
  }
  map.entries_ = std::move(entries);
  return map;
}

const AttributeValue* AttributeMap::find(std::string_view name) const {
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), name, name_less);
  return at != entries_.end() && at->name == name ? &at->value : nullptr;
}

AttributeValue* AttributeMap::find(std::string_view name) {
  return const_cast<AttributeValue*>(std::as_const(*this).find(name));
}

AttributeValue& AttributeMap::set(std::string name, AttributeValue value) {
  const auto at =
      std::lower_bound(entries_.begin(), entries_.end(), std::string_view(name), name_less);
  if (at != entries_.end() && at->name == name) {
    at->value = std::move(value);
    return at->value;
  }
  return entries_.insert(at, Entry{std::move(name), std::move(value)})->value;
}

bool AttributeMap::erase(std::string_view name) {
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), name, name_less);
  if (at == entries_.end() || at->name != name) return false;
  entries_.erase(at);
  return true;
}

bool operator==(const AttributeMap& a, const AttributeMap& b) { return a.entries_ == b.entries_; }

bool operator==(const AttributeValue& a, const AttributeValue& b) {
  return a.type_ == b.type_ && a.data_ == b.data_;
}

AttributeValue AttributeValue::list(List value) { return {Type::kL, std::move(value)}; }

AttributeValue AttributeValue::set(Type type, Set members) {
  if (!std::ranges::is_sorted(members)) std::ranges::sort(members);
  return {type, std::move(members)};
}

std::string_view type_name(Type type) {
  switch (type) {
    case Type::kInvalid: return "INVALID";
    case Type::kS: return "S";
    case Type::kN: return "N";
    case Type::kB: return "B";
    case Type::kSS: return "SS";
    case Type::kNS: return "NS";
    case Type::kBS: return "BS";
    case Type::kM: return "M";
    case Type::kL: return "L";
    case Type::kBool: return "BOOL";
    case Type::kNull: return "NULL";
  }
  return {};
}

std::size_t value_size(const AttributeValue& value) {
  switch (value.type()) {
    case Type::kS:
    case Type::kB: return value.scalar().size();
    case Type::kN: return number_size(value.scalar());
    case Type::kSS:
    case Type::kBS: {
      std::size_t size = 0;
      for (const std::string& member : value.members()) size += member.size();
      return size;
    }
    case Type::kNS: {
      std::size_t size = 0;
      for (const std::string& member : value.members()) size += number_size(member);
      return size;
    }
    case Type::kM: return 3 + value.attributes().size() + item_size(value.attributes());
    case Type::kL: {
      std::size_t size = 3 + value.elements().size();
      for (const AttributeValue& element : value.elements()) size += value_size(element);
      return size;
    }
    case Type::kBool:
    case Type::kNull: return 1;
    case Type::kInvalid: return 0;
  }
  return 0;
}

std::size_t item_size(const AttributeMap& item) {
  std::size_t size = 0;
  for (const auto& [name, value] : item) size += name.size() + value_size(value);
  return size;
}

const std::string* first_problem(const AttributeMap& item) {
  for (const auto& [name, value] : item) {
    if (!value.is_valid()) return &value.scalar();
  }
  return nullptr;
}

std::string to_message_text(const AttributeValue& value) {
  std::string out = "{" + std::string(type_name(value.type())) + ":";
  std::string_view separator;
  switch (value.type()) {
    case Type::kB: base64_append(out, value.scalar()); break;
    case Type::kBool: out += value.truth() ? "true" : "false"; break;
    case Type::kNull: out += "true"; break;
    case Type::kSS:
    case Type::kNS:
    case Type::kBS:
      out += '[';
      for (const std::string& member : value.members()) {
        out += separator;
        separator = ", ";
        if (value.type() == Type::kBS) {
          base64_append(out, member);
        } else {
          out += member;
        }
      }
      out += ']';
      break;
    case Type::kL:
      out += '[';
      for (const AttributeValue& element : value.elements()) {
        out += separator;
        separator = ", ";
        out += to_message_text(element);
      }
      out += ']';
      break;
    case Type::kM:
      out += '{';
      for (const auto& [name, element] : value.attributes()) {
        out += separator;
        separator = ", ";
        out += name + "=" + to_message_text(element);
      }
      out += '}';
      break;
    case Type::kS:
    case Type::kN:
    case Type::kInvalid: out += value.scalar(); break;
  }
  return out + "}";
}

void encode_value(const AttributeValue& value, std::string& out) {
  CHECK(value.is_valid());
  if (value.type() == Type::kBool) {
    out += value.truth() ? kStoredTrue : kStoredFalse;
    return;
  }
  out += static_cast<char>(value.type());
  switch (value.type()) {
    case Type::kS:
    case Type::kN:
    case Type::kB: append_bytes(out, value.scalar()); break;
    case Type::kSS:
    case Type::kNS:
    case Type::kBS:
      append_varint(out, value.members().size());
      for (const std::string& member : value.members()) append_bytes(out, member);
      break;
    case Type::kM: append_map(out, value.attributes()); break;
    case Type::kL:
      append_varint(out, value.elements().size());
      for (const AttributeValue& element : value.elements()) encode_value(element, out);
      break;
    case Type::kBool:
    case Type::kNull:
    case Type::kInvalid: break;
  }
}

Result<AttributeValue> decode_value(std::string_view bytes) {
  StoredReader reader{bytes};
  AttributeValue value = reader.value(0);
  if (!reader.ok || !reader.rest.empty()) return corrupt();
  return value;
}

void encode_item(const AttributeMap& item, std::string& out) {
  out += kItemVersion;
  append_map(out, item);
}

std::string encode_item(const AttributeMap& item) {
  std::string out;
  out.reserve(item_size(item) + item.size() * 4 + 8);
  encode_item(item, out);
  return out;
}

Result<AttributeMap> decode_item(std::string_view bytes) {
  StoredReader reader{bytes};
  if (reader.byte() != kItemVersion) return corrupt();
  AttributeMap item = reader.map(0);
  if (!reader.ok || !reader.rest.empty()) return corrupt();
  return item;
}

}  // namespace penstock
