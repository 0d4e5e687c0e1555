// The JSON form of AttributeValue ({"S": "a"}, {"N": "1"}, ...). Included by the codec and by those
// who have a parsed document; everything else uses attribute_value.h.
#pragma once

#include <string>

#include "base/result.h"
#include "protocol/attribute_value.h"

namespace simdjson::dom {
class element;
}

namespace penstock::protocol {
class JsonWriter;
}

namespace penstock {

// Fails with AWS's SerializationException text when the JSON has the wrong shape. What has the
// right shape but is no DynamoDB value becomes AttributeValue::Type::kInvalid.
Status decode_attribute_value(const simdjson::dom::element& json, AttributeValue& value);
Status decode_attribute_map(const simdjson::dom::element& json, AttributeMap& map);

void encode_attribute_value(protocol::JsonWriter& json, const AttributeValue& value);
void encode_attribute_map(protocol::JsonWriter& json, const AttributeMap& map);

void append_attribute_value(std::string& out, const AttributeValue& value);
void append_attribute_map(std::string& out, const AttributeMap& map);

}  // namespace penstock
