// libcbor's streaming decoder, turned from one call-back per type into one item per call.
#include "protocol/cbor_reader.h"

#include <cbor.h>

namespace penstock::protocol {
namespace {

using Type = CborItem::Type;

CborItem& item_of(void* context) { return *static_cast<CborItem*>(context); }

template <Type T, typename Number>
void set_number(void* context, Number number) {
  item_of(context) = {.type = T, .number = number};
}
template <Type T>
void set_string(void* context, cbor_data data, std::uint64_t size) {
  item_of(context) = {.type = T, .bytes = {reinterpret_cast<const char*>(data), size}};
}
template <Type T>
void set_type(void* context) {
  item_of(context) = {.type = T};
}
template <typename Real>
void set_real(void* context, Real real) {
  item_of(context) = {.type = Type::kFloat, .real = real};
}
void set_boolean(void* context, bool value) {
  item_of(context) = {.type = Type::kBoolean, .number = value ? 1U : 0U};
}

const cbor_callbacks kCallbacks = {
    .uint8 = set_number<Type::kUnsigned, std::uint8_t>,
    .uint16 = set_number<Type::kUnsigned, std::uint16_t>,
    .uint32 = set_number<Type::kUnsigned, std::uint32_t>,
    .uint64 = set_number<Type::kUnsigned, std::uint64_t>,
    .negint64 = set_number<Type::kNegative, std::uint64_t>,
    .negint32 = set_number<Type::kNegative, std::uint32_t>,
    .negint16 = set_number<Type::kNegative, std::uint16_t>,
    .negint8 = set_number<Type::kNegative, std::uint8_t>,
    .byte_string_start = set_type<Type::kBytesStart>,
    .byte_string = set_string<Type::kBytes>,
    .string = set_string<Type::kText>,
    .string_start = set_type<Type::kTextStart>,
    .indef_array_start = set_type<Type::kArrayStart>,
    .array_start = set_number<Type::kArray, std::uint64_t>,
    .indef_map_start = set_type<Type::kMapStart>,
    .map_start = set_number<Type::kMap, std::uint64_t>,
    .tag = set_number<Type::kTag, std::uint64_t>,
    .float2 = set_real<float>,
    .float4 = set_real<float>,
    .float8 = set_real<double>,
    .undefined = set_type<Type::kNull>,
    .null = set_type<Type::kNull>,
    .boolean = set_boolean,
    .indef_break = set_type<Type::kBreak>,
};

}  // namespace

std::optional<CborItem> CborReader::next() {
  CborItem item;
  const cbor_decoder_result result = cbor_stream_decode(reinterpret_cast<cbor_data>(rest_.data()),
                                                        rest_.size(), &kCallbacks, &item);
  if (result.status != CBOR_DECODER_FINISHED || result.read > rest_.size()) return std::nullopt;
  rest_.remove_prefix(result.read);
  return item;
}

}  // namespace penstock::protocol
