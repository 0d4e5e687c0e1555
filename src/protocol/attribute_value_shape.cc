// Adapters from the codec's type-erased calls to AttributeValue's own JSON functions.
#include "protocol/attribute_value_shape.h"

#include "protocol/attribute_value_json.h"
#include "protocol/json_writer.h"

namespace penstock::protocol {
namespace {

ApiResult<void> checked(Status status) {
  if (status) return {};
  return refuse("SerializationException", std::move(status).error().message);
}

}  // namespace

const CustomOps kAttributeValueOps{
    [](const void* element, void* value) {
      return checked(decode_attribute_value(*static_cast<const simdjson::dom::element*>(element),
                                            *static_cast<AttributeValue*>(value)));
    },
    [](JsonWriter& json, const void* value) {
      json.raw("");
      append_attribute_value(json.out(), *static_cast<const AttributeValue*>(value));
    },
};

const CustomOps kAttributeMapOps{
    [](const void* element, void* value) {
      return checked(decode_attribute_map(*static_cast<const simdjson::dom::element*>(element),
                                          *static_cast<AttributeMap*>(value)));
    },
    [](JsonWriter& json, const void* value) {
      json.raw("");
      append_attribute_map(json.out(), *static_cast<const AttributeMap*>(value));
    },
};

}  // namespace penstock::protocol
