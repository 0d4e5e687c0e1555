// Recorded by an emulator that ran against Kinesis; for the pairs that it did not try the words are
// put together in the same way.
#include "protocol/type_words.h"

#include <fmt/format.h>

namespace penstock::protocol {

std::string_view java_name(Kind kind) {
  switch (kind) {
    case Kind::kInteger: return "Integer";
    case Kind::kLong: return "Long";
    case Kind::kDouble: return "Double";
    case Kind::kBoolean: return "Boolean";
    case Kind::kBlob: return "Blob";
    case Kind::kTimestamp: return "Timestamp";
    case Kind::kString:
    case Kind::kStream:
    case Kind::kEvents:
    case Kind::kList:
    case Kind::kMap:
    case Kind::kStructure:
    case Kind::kCustom: break;
  }
  return "String";
}

std::string kinesis_type_fault(FoundType found, std::string_view java_class, Kind wanted) {
  if (found == FoundType::kList) return "Start of list found where not expected";
  if (found == FoundType::kMap) return "Start of structure or map found where not expected.";
  if (wanted == Kind::kList || wanted == Kind::kMap || wanted == Kind::kStructure) {
    return "Expected list or null";
  }
  return fmt::format("class java.lang.{} can not be converted to {} {}", java_class,
                     wanted == Kind::kInteger ? "an" : "a", java_name(wanted));
}

}  // namespace penstock::protocol
