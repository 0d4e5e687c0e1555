// AttributeValue: one DynamoDB value, and AttributeMap: an item or a map of them.
//
// Values are kept in one canonical form, so that equality is byte equality at every level: numbers
// are normalised texts, sets are sorted and free of duplicates, maps are sorted by name. What a
// client sent in the right JSON shape but is no DynamoDB value (a malformed number, an empty set,
// two types at once) becomes kInvalid with AWS's message, which the operation reports in its own
// place in the order of checks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace penstock {

class AttributeValue;

// Sorted by name; names are unique. Pointers into it are valid until it is changed.
class AttributeMap {
 public:
  struct Entry;
  using Entries = std::vector<Entry>;

  AttributeMap() noexcept;
  AttributeMap(const AttributeMap& other);
  AttributeMap(AttributeMap&& other) noexcept;
  AttributeMap& operator=(const AttributeMap& other);
  AttributeMap& operator=(AttributeMap&& other) noexcept;
  ~AttributeMap();
  // Any order; of two equal names the later one stays.
  static AttributeMap from_entries(Entries entries);

  bool empty() const;
  std::size_t size() const;
  const Entry* begin() const;
  const Entry* end() const;
  const AttributeValue* find(std::string_view name) const;
  AttributeValue* find(std::string_view name);
  bool contains(std::string_view name) const { return find(name) != nullptr; }
  // Adds or replaces.
  AttributeValue& set(std::string name, AttributeValue value);
  bool erase(std::string_view name);

  friend bool operator==(const AttributeMap&, const AttributeMap&);

 private:
  Entries entries_;
};

class AttributeValue {
 public:
  // The numbers are part of the storage format (kBool: 9 is true, 10 is false).
  enum class Type : std::uint8_t {
    kInvalid = 0,
    kS = 1,
    kN = 2,
    kB = 3,
    kSS = 4,
    kNS = 5,
    kBS = 6,
    kM = 7,
    kL = 8,
    kBool = 9,
    kNull = 11,
  };
  using Set = std::vector<std::string>;
  using List = std::vector<AttributeValue>;

  AttributeValue() : type_(Type::kNull), data_(true) {}

  static AttributeValue s(std::string text) { return {Type::kS, std::move(text)}; }
  // Requires a normalised number text (number.h).
  static AttributeValue n(std::string text) { return {Type::kN, std::move(text)}; }
  static AttributeValue b(std::string bytes) { return {Type::kB, std::move(bytes)}; }
  static AttributeValue boolean(bool value) { return {Type::kBool, value}; }
  static AttributeValue null() { return {}; }
  static AttributeValue map(AttributeMap value) { return {Type::kM, std::move(value)}; }
  static AttributeValue list(List value);
  // `type` is kSS, kNS or kBS; members in any order, without duplicates.
  static AttributeValue set(Type type, Set members);
  static AttributeValue invalid(std::string message) {
    return {Type::kInvalid, std::move(message)};
  }

  Type type() const { return type_; }
  bool is_valid() const { return type_ != Type::kInvalid; }
  bool is_set() const { return type_ == Type::kSS || type_ == Type::kNS || type_ == Type::kBS; }
  bool is_scalar_key() const { return type_ == Type::kS || type_ == Type::kN || type_ == Type::kB; }

  // The text or bytes of S, N, B and the message of kInvalid.
  const std::string& scalar() const { return std::get<std::string>(data_); }
  const Set& members() const { return std::get<Set>(data_); }
  const List& elements() const { return std::get<List>(data_); }
  List& elements() { return std::get<List>(data_); }
  const AttributeMap& attributes() const { return std::get<AttributeMap>(data_); }
  AttributeMap& attributes() { return std::get<AttributeMap>(data_); }
  bool truth() const { return std::get<bool>(data_); }

  friend bool operator==(const AttributeValue&, const AttributeValue&);

 private:
  template <typename Data>
  AttributeValue(Type type, Data data) : type_(type), data_(std::move(data)) {}

  Type type_;
  std::variant<bool, std::string, Set, List, AttributeMap> data_;
};

struct AttributeMap::Entry {
  std::string name;
  AttributeValue value;
  friend bool operator==(const Entry& a, const Entry& b) {
    return a.name == b.name && a.value == b.value;
  }
};

// "S", "N", "BOOL", "NULL", ...
std::string_view type_name(AttributeValue::Type type);

// Bytes as AWS counts them towards the item size limit.
std::size_t value_size(const AttributeValue& value);
std::size_t item_size(const AttributeMap& item);

// The message of the first invalid value, or nullptr. Invalid values inside maps and lists make
// these invalid too, so only the top level is looked at.
const std::string* first_problem(const AttributeMap& item);

// {S:a}, {N:1}, {L:[{S:a}]} ...: the form in which AWS quotes values in messages.
std::string to_message_text(const AttributeValue& value);

// The stored form: a version byte, then the attributes. Canonical: equal items have equal bytes.
// Requires that there is no invalid value.
void encode_item(const AttributeMap& item, std::string& out);
std::string encode_item(const AttributeMap& item);
Result<AttributeMap> decode_item(std::string_view bytes);
void encode_value(const AttributeValue& value, std::string& out);
Result<AttributeValue> decode_value(std::string_view bytes);

// Defined here because an Entry holds an AttributeValue, which may hold an AttributeMap.
inline AttributeMap::AttributeMap() noexcept = default;
inline AttributeMap::AttributeMap(const AttributeMap& other) = default;
inline AttributeMap::AttributeMap(AttributeMap&& other) noexcept = default;
inline AttributeMap& AttributeMap::operator=(const AttributeMap& other) = default;
inline AttributeMap& AttributeMap::operator=(AttributeMap&& other) noexcept = default;
inline AttributeMap::~AttributeMap() = default;
inline bool AttributeMap::empty() const { return entries_.empty(); }
inline std::size_t AttributeMap::size() const { return entries_.size(); }
inline const AttributeMap::Entry* AttributeMap::begin() const { return entries_.data(); }
inline const AttributeMap::Entry* AttributeMap::end() const {
  return entries_.data() + entries_.size();
}

}  // namespace penstock
