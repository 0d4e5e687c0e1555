// How the generated tables of DynamoDB reach the hand-written AttributeValue.
#pragma once

#include "protocol/shape.h"

namespace penstock::protocol {

extern const CustomOps kAttributeValueOps;  // For AttributeValue.
extern const CustomOps kAttributeMapOps;    // For AttributeMap (name → value).

}  // namespace penstock::protocol
