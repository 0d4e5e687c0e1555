// Change: one stream record as it is stored. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "protocol/attribute_value.h"

namespace penstock::dynamodb {

// The numbers are stored.
enum class ChangeKind : std::uint8_t { kInsert = 0, kModify = 1, kRemove = 2 };
std::string_view event_name(ChangeKind kind);

struct Change {
  ChangeKind kind = ChangeKind::kInsert;
  Timestamp created;
  AttributeMap keys;
  std::optional<AttributeMap> new_image;
  std::optional<AttributeMap> old_image;
  bool by_service = false;  // Made by the service itself (time to live), not by a client.
};

// Images are items in their stored form (attribute_value.h); empty: no such image.
struct ChangeDraft {
  ChangeKind kind = ChangeKind::kInsert;
  Timestamp created;
  std::string_view keys;
  std::string_view new_image;
  std::string_view old_image;
  bool by_service = false;
};
std::string encode_change(const ChangeDraft& draft);
Result<Change> decode_change(std::string_view bytes);
// Without decoding the maps: views into `bytes`.
Result<ChangeDraft> view_change(std::string_view bytes);
// The change with another time.
Result<std::string> restamp_change(std::string_view bytes, Timestamp created);
// Only what trimming needs; nothing else is decoded.
Result<Timestamp> change_time(std::string_view bytes);

// Keys, new image and old image as AWS counts them (SizeBytes).
std::size_t change_size(const Change& change);

}  // namespace penstock::dynamodb
