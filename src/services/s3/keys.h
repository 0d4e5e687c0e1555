// The key grammar of S3. kMeta holds buckets; everything of an object is in kObjects:
//
//   kMeta    70 | bucket name                              -> BucketRecord
//   kObjects 71 | bucket id | key | version slot (always 0) -> ObjectRecord
//   kObjects 72 | piece id                                 -> bytes of a small piece
//   kObjects 73 | piece id                                 -> empty: the file of that name is in
//   use kObjects 74 | bucket id | key | upload id              -> UploadRecord kObjects 75 | upload
//   id | part number                  -> PartRecord
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace penstock::s3 {

inline constexpr std::uint8_t kTagBucket = 0x70;
inline constexpr std::uint8_t kTagObject = 0x71;
inline constexpr std::uint8_t kTagSmallPiece = 0x72;
inline constexpr std::uint8_t kTagFilePiece = 0x73;
inline constexpr std::uint8_t kTagUpload = 0x74;
inline constexpr std::uint8_t kTagPart = 0x75;

std::string bucket_key(std::string_view name);
std::optional<std::string> bucket_name_of(std::string_view key);

std::string object_key(std::uint64_t bucket_id, std::string_view key);
// The lower bound of all keys that are `from` or greater.
std::string object_scan_begin(std::uint64_t bucket_id, std::string_view from);
std::string object_scan_end(std::uint64_t bucket_id);
std::optional<std::string> object_key_of(std::string_view stored_key);

std::string small_piece_key(std::string_view id);
std::string file_piece_key(std::string_view id);

std::string upload_key(std::uint64_t bucket_id, std::string_view key, std::string_view upload_id);
std::string upload_scan_begin(std::uint64_t bucket_id, std::string_view from);
std::string upload_scan_end(std::uint64_t bucket_id);
struct UploadName {
  std::string key;
  std::string upload_id;
};
std::optional<UploadName> upload_name_of(std::string_view stored_key);

std::string part_key(std::string_view upload_id, std::int32_t number);
// All parts beyond `after`.
std::string part_scan_begin(std::string_view upload_id, std::int32_t after);
std::string part_scan_end(std::string_view upload_id);
struct PartName {
  std::string upload_id;
  std::int32_t number = 0;
};
std::optional<PartName> part_name_of(std::string_view stored_key);

}  // namespace penstock::s3
