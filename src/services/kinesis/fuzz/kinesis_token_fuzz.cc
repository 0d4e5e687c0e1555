// Tokens and numbers from clients: no input aborts, and what is accepted reads back the same.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "services/kinesis/hash_key.h"
#include "services/kinesis/iterator.h"
#include "services/kinesis/sequence.h"
#include "services/kinesis/stream.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock::kinesis;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto position = decode_iterator(text)) {
    CHECK(decode_iterator(encode_iterator(*position)) == position);
  }
  if (const auto position = decode_list_token(text)) {
    CHECK(decode_list_token(encode_list_token(*position)) == position);
  }
  if (const auto sequence = parse_sequence(text)) CHECK(format_sequence(*sequence) == text);
  if (const auto hash = parse_hash_key(text)) CHECK(format_hash_key(*hash) == text);
  if (const auto arn = parse_stream_arn(text)) CHECK(!arn->name.empty());
  (void)parse_shard_id(text);
  return 0;
}
