// What S3 keeps, as values and as stored bytes. Pure.
//
// Each record starts with a format version; an unknown one is refused. An object's record begins
// with what a listing shows, so that listings do not decode the rest.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "services/s3/checksum.h"
#include "services/s3/tagging.h"

namespace penstock::s3 {

struct BucketRecord {
  std::uint64_t id =
      0;  // Keys of objects hold the id: a bucket made anew shares nothing with the old one.
  std::string owner;  // Account.
  std::string region;
  Timestamp created;
  TagList tags;
  friend bool operator==(const BucketRecord&, const BucketRecord&) = default;
};

// Some bytes of an object: a file, or a value of the store.
struct Piece {
  enum class Place : std::uint8_t { kStore = 0, kFile = 1 };
  Place place = Place::kStore;
  std::string id;
  std::uint64_t bytes = 0;
  friend bool operator==(const Piece&, const Piece&) = default;
};

// Headers that S3 keeps and gives back unread. Empty: not sent.
struct ContentHeaders {
  std::string cache_control, content_disposition, content_encoding, content_language, content_type,
      expires, website_redirect_location;
  friend bool operator==(const ContentHeaders&, const ContentHeaders&) = default;
};

using UserMetadata = std::vector<std::pair<std::string, std::string>>;  // Names in lower case.

// What was said about an object when its writing began.
struct ObjectAttributes {
  std::string storage_class = "STANDARD";
  ContentHeaders headers;
  UserMetadata metadata;
  TagList tags;
  friend bool operator==(const ObjectAttributes&, const ObjectAttributes&) = default;
};

struct ObjectSummary {
  std::uint64_t bytes = 0;
  std::string etag;  // Without quotes.
  Timestamp modified;
  std::string storage_class = "STANDARD";
  Checksum checksum;
  friend bool operator==(const ObjectSummary&, const ObjectSummary&) = default;
};

struct PartSummary {
  std::int32_t number = 0;
  std::uint64_t bytes = 0;
  std::string checksum_raw;
  friend bool operator==(const PartSummary&, const PartSummary&) = default;
};

struct ObjectRecord {
  ObjectSummary summary;
  ContentHeaders headers;
  UserMetadata metadata;
  TagList tags;
  std::vector<Piece> pieces;
  std::vector<PartSummary> parts;  // Of a multipart upload, in order; else empty.
  std::string upload_id;           // The upload that made it, or empty.
  friend bool operator==(const ObjectRecord&, const ObjectRecord&) = default;
};

struct UploadRecord {
  Timestamp initiated;
  std::string initiator;  // The principal's ARN.
  ObjectAttributes attributes;
  MultipartChecksum checksum;
  bool key_existed = false;  // There was an object at the key when the upload began.
};

struct PartRecord {
  std::string md5;  // Raw.
  Timestamp modified;
  Checksum checksum;                       // Of the upload's algorithm.
  std::optional<Checksum> other_checksum;  // What the client sent, when that is another algorithm.
  std::uint64_t bytes = 0;
  std::vector<Piece> pieces;
};

std::string encode(const BucketRecord& record);
std::string encode(const ObjectRecord& record);
std::string encode(const UploadRecord& record);
std::string encode(const PartRecord& record);

Result<BucketRecord> decode_bucket(std::string_view value);
Result<ObjectRecord> decode_object(std::string_view value);
Result<ObjectSummary> decode_object_summary(std::string_view value);
Result<UploadRecord> decode_upload(std::string_view value);
Result<PartRecord> decode_part(std::string_view value);

}  // namespace penstock::s3
