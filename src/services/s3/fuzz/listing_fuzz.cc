// Tokens and stored records: no bytes abort; a token that opens is one that was made.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "services/s3/keys.h"
#include "services/s3/listing.h"
#include "services/s3/records.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto last = s3::open_token("bucket", bytes)) {
    CHECK(s3::open_token("bucket", s3::make_token("bucket", *last)) == *last);
  }
  CHECK(s3::open_token("bucket", s3::make_token("bucket", bytes)) == bytes);
  (void)s3::decode_object(bytes);
  (void)s3::decode_upload(bytes);
  (void)s3::decode_part(bytes);
  (void)s3::decode_bucket(bytes);
  (void)s3::object_key_of(bytes);
  (void)s3::upload_name_of(bytes);
  (void)s3::part_name_of(bytes);
  return 0;
}
