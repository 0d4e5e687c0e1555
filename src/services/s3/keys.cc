// Encoding and decoding of S3's keys. Order within a bucket is the byte order of object keys.
#include "services/s3/keys.h"

#include "storage/key.h"

namespace penstock::s3 {
namespace {

using storage::KeyReader;
using storage::KeyWriter;

// Only one version of an object is kept; the slot leaves room for more behind the same key.
constexpr std::uint64_t kVersionSlot = 0;

// A text field without its end: the lower bound of all texts that are `from` or greater. A NUL is
// written as KeyWriter::text writes it.
std::string open_text(std::string_view from) {
  std::string out;
  out.reserve(from.size());
  for (const char c : from) {
    out += c;
    if (c == '\0') out += '\xFF';
  }
  return out;
}

std::string scan_begin(std::uint8_t tag, std::uint64_t bucket_id, std::string_view from) {
  return KeyWriter(tag).u64(bucket_id).raw(open_text(from)).take();
}

std::string scan_end(std::uint8_t tag, std::uint64_t bucket_id) {
  return storage::prefix_end(KeyWriter(tag).u64(bucket_id).view());
}

}  // namespace

std::string bucket_key(std::string_view name) { return KeyWriter(kTagBucket).text(name).take(); }

std::optional<std::string> bucket_name_of(std::string_view key) {
  KeyReader in(key);
  in.tag(kTagBucket);
  auto name = in.text();
  if (!in.done()) return std::nullopt;
  return name;
}

std::string object_key(std::uint64_t bucket_id, std::string_view key) {
  return KeyWriter(kTagObject).u64(bucket_id).text(key).u64(kVersionSlot).take();
}

std::string object_scan_begin(std::uint64_t bucket_id, std::string_view from) {
  return scan_begin(kTagObject, bucket_id, from);
}

std::string object_scan_end(std::uint64_t bucket_id) { return scan_end(kTagObject, bucket_id); }

std::optional<std::string> object_key_of(std::string_view stored_key) {
  KeyReader in(stored_key);
  in.tag(kTagObject);
  in.u64();
  auto key = in.text();
  in.u64();
  if (!in.done()) return std::nullopt;
  return key;
}

std::string small_piece_key(std::string_view id) {
  return KeyWriter(kTagSmallPiece).text(id).take();
}
std::string file_piece_key(std::string_view id) { return KeyWriter(kTagFilePiece).text(id).take(); }

std::string upload_key(std::uint64_t bucket_id, std::string_view key, std::string_view upload_id) {
  return KeyWriter(kTagUpload).u64(bucket_id).text(key).text(upload_id).take();
}

std::string upload_scan_begin(std::uint64_t bucket_id, std::string_view from) {
  return scan_begin(kTagUpload, bucket_id, from);
}

std::string upload_scan_end(std::uint64_t bucket_id) { return scan_end(kTagUpload, bucket_id); }

std::optional<UploadName> upload_name_of(std::string_view stored_key) {
  KeyReader in(stored_key);
  in.tag(kTagUpload);
  in.u64();
  auto key = in.text();
  auto upload_id = in.text();
  if (!in.done()) return std::nullopt;
  return UploadName{*std::move(key), *std::move(upload_id)};
}

std::string part_key(std::string_view upload_id, std::int32_t number) {
  return KeyWriter(kTagPart).text(upload_id).u32(static_cast<std::uint32_t>(number)).take();
}

std::string part_scan_begin(std::string_view upload_id, std::int32_t after) {
  return part_key(upload_id, after + 1);
}

std::string part_scan_end(std::string_view upload_id) {
  return storage::prefix_end(KeyWriter(kTagPart).text(upload_id).view());
}

std::optional<PartName> part_name_of(std::string_view stored_key) {
  KeyReader in(stored_key);
  in.tag(kTagPart);
  auto upload_id = in.text();
  auto number = in.u32();
  if (!in.done()) return std::nullopt;
  return PartName{*std::move(upload_id), static_cast<std::int32_t>(*number)};
}

}  // namespace penstock::s3
