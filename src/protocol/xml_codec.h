// XML bodies ↔ shapes: requests and replies of REST-XML, replies of Query.
#pragma once

#include <string>
#include <string_view>

#include "protocol/operation.h"
#include "protocol/validation.h"

namespace penstock::protocol {

std::string xml_escape(std::string_view text);

// Decodes the body members of `value` (or its structured payload) from an XML document. Namespaces
// are ignored, as AWS does; entities beyond the five of XML and DTDs are refused. MalformedXML
// otherwise.
ApiResult<void> decode_xml(const Shape& shape, std::string_view body, void* value,
                           Missing& missing);

// Appends the members of a structure as elements, without a root.
void encode_xml_members(const Shape& shape, const void* value, std::string& out);
// Appends one value as <name ...>...</name>.
void encode_xml_value(std::string_view name, const Shape& shape, const void* value,
                      std::string& out);

// The text of the first element with that local name, anywhere below the root. For error documents.
std::string xml_text(std::string_view document, std::string_view name);

}  // namespace penstock::protocol
