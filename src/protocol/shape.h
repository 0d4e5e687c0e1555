// Shapes: the member tables behind the generated structs. One description per AWS shape; codecs,
// validation and redaction are written once over these tables (shapes + codecs, not shapes x
// codecs).
//
// How a shape looks in C++:
//   string, enum -> std::string        integer -> std::int32_t       long -> std::int64_t
//   float, double -> double            boolean -> bool               blob -> Blob
//   timestamp -> Timestamp             list -> std::vector<T>        map -> std::map<std::string,
//   T> structure, union -> struct         streaming blob -> net::Body   AttributeValue:
//   hand-written                          event stream -> EventStream
// A required member is plain; an optional one is std::optional (Box when the type is recursive).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/api_error.h"

namespace penstock::protocol {

class JsonWriter;
struct Shape;

// An optional member whose type contains itself.
template <typename T>
class Box {
 public:
  Box() = default;
  Box(T value) : value_(std::make_unique<T>(std::move(value))) {}  // NOLINT: reads as the value.
  Box(const Box& other) : value_(other.value_ ? std::make_unique<T>(*other.value_) : nullptr) {}
  Box(Box&&) noexcept = default;
  Box& operator=(Box other) noexcept {
    value_.swap(other.value_);
    return *this;
  }
  bool has_value() const { return value_ != nullptr; }
  explicit operator bool() const { return has_value(); }
  T& operator*() { return *value_; }
  const T& operator*() const { return *value_; }
  T* operator->() { return value_.get(); }
  const T* operator->() const { return value_.get(); }
  template <typename... Args>
  T& emplace(Args&&... args) {
    value_ = std::make_unique<T>(std::forward<Args>(args)...);
    return *value_;
  }
  void reset() { value_.reset(); }

 private:
  std::unique_ptr<T> value_;
};

enum class Kind : std::uint8_t {
  kString,
  kInteger,
  kLong,
  kDouble,
  kBoolean,
  kBlob,
  kStream,
  kEvents,  // An event stream: what it carries is the union `element`.
  kTimestamp,
  kList,
  kMap,
  kStructure,
  kCustom,
};

enum class Location : std::uint8_t { kBody, kHeader, kHeaders, kUri, kQuery, kStatus, kPayload };

enum class TimestampFormat : std::uint8_t { kDefault, kIso8601, kRfc822, kUnix };

// How the codecs reach into a member: nullptr from peek() means absent.
struct FieldOps {
  const void* (*peek)(const void* field);
  void* (*make)(void* field);
};

struct ListOps {
  std::size_t (*size)(const void* list);
  const void* (*at)(const void* list, std::size_t index);
  void* (*append)(void* list);  // A new default element.
  void (*reserve)(void* list, std::size_t count);
};

struct MapOps {
  std::size_t (*size)(const void* map);
  void* (*insert)(void* map, std::string key);  // Replaces what is there.
  void (*each)(const void* map, void* cookie,
               void (*visit)(void* cookie, const std::string& key, const void* value));
};

// Hand-written types. `element` is a simdjson::dom::element.
struct CustomOps {
  ApiResult<void> (*decode)(const void* element, void* value);
  void (*encode)(JsonWriter& json, const void* value);
};

struct Member {
  std::string_view name;       // As in the model; the key in JSON bodies.
  std::string_view wire_name;  // Header, query, URI label or XML element name.
  const Shape* shape;
  std::size_t offset;
  const FieldOps* field;
  Location location = Location::kBody;
  bool required = false;
  bool xml_attribute = false;
  bool flattened = false;
  bool idempotency_token = false;  // Filled with a UUID by clients when absent.
  TimestampFormat timestamp = TimestampFormat::kDefault;
};

struct Constraint {
  bool has_min = false, has_max = false;
  double min = 0, max = 0;                        // Length, count or value, as the kind has it.
  std::string_view pattern = {};                  // RE2 syntax; must match the whole value.
  std::string_view pattern_shown = {};            // As the model has it, for messages.
  std::span<const std::string_view> values = {};  // Enum.
};

struct Shape {
  std::string_view name;
  Kind kind;
  Constraint constraint = {};
  std::span<const Member> members = {};
  const Shape* element = nullptr;  // Of a list; value of a map; the union of an event stream.
  const Shape* key = nullptr;      // Of a map.
  const ListOps* list = nullptr;
  const MapOps* map = nullptr;
  const CustomOps* custom = nullptr;
  std::string_view element_name =
      {};                          // XML: of a list's element ("member" unless the model says so).
  std::string_view key_name = {};  // XML: of a map's key and value.
  std::string_view value_name = {};
  std::string_view xml_namespace = {};
  bool flattened = false;
  bool is_union = false;
  bool sensitive = false;
  TimestampFormat timestamp = TimestampFormat::kDefault;
  const Member* payload = nullptr;  // The member that is the whole body, if any.
  bool has_body_members = true;     // Members that stand in the body (and no payload).
  // For error shapes.
  int error_status = 0;
  std::string_view error_code = {};
};

// A value of any generated type, owned.
class AnyShape {
 public:
  AnyShape() = default;
  template <typename T>
  static AnyShape of(T value) {
    return AnyShape(new T(std::move(value)), &T::shape(),
                    [](void* p) { delete static_cast<T*>(p); });
  }
  template <typename T>
  static AnyShape make() {
    return of(T{});
  }
  template <typename T>
  T& as() {
    return *static_cast<T*>(value_.get());
  }
  void* get() { return value_.get(); }
  const void* get() const { return value_.get(); }
  const Shape& shape() const { return *shape_; }
  explicit operator bool() const { return value_ != nullptr; }

 private:
  AnyShape(void* value, const Shape* shape, void (*destroy)(void*))
      : value_(value, destroy), shape_(shape) {}
  std::unique_ptr<void, void (*)(void*)> value_{nullptr, [](void*) {}};
  const Shape* shape_ = nullptr;
};

}  // namespace penstock::protocol
