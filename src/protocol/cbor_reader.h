// CborReader: the data items of a CBOR document (RFC 8949), one after the other.
//
//   CborReader reader(body);
//   while (std::optional<CborItem> item = reader.next()) …
//
// Nothing is copied or allocated: strings are views of the document, and a length is only ever
// compared with what is left of it. What nesting means is the caller's business.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace penstock::protocol {

struct CborItem {
  enum class Type : std::uint8_t {
    kUnsigned,    // number
    kNegative,    // -1 - number
    kBytes,       // bytes
    kText,        // bytes
    kBytesStart,  // Chunks follow until kBreak.
    kTextStart,   // Chunks follow until kBreak.
    kArray,       // number items follow
    kArrayStart,  // Items follow until kBreak.
    kMap,         // number pairs follow
    kMapStart,    // Pairs follow until kBreak.
    kTag,         // number; one item follows
    kFloat,       // real
    kBoolean,     // number is 0 or 1
    kNull,        // Or undefined.
    kBreak,
  };
  Type type = Type::kNull;
  std::uint64_t number = 0;
  double real = 0;
  std::string_view bytes;
};

class CborReader {
 public:
  explicit CborReader(std::string_view document) : rest_(document) {}

  // nullopt when the document ends here, inside the item too, or is not CBOR.
  std::optional<CborItem> next();
  std::size_t left() const { return rest_.size(); }

 private:
  std::string_view rest_;
};

}  // namespace penstock::protocol
