// Where the bytes of tables come from. Implementations may block; the engine calls from its own
// threads.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace penstock::sql {

struct ObjectInfo {
  std::string key;
  std::uint64_t size = 0;
  Timestamp modified;
};

// Thread-safe.
class ObjectReader {
 public:
  virtual ~ObjectReader() = default;
  // Every object whose key begins with `prefix`, in order of keys.
  virtual Result<std::vector<ObjectInfo>> list(const std::string& bucket,
                                               const std::string& prefix) = 0;
  // Bytes [offset, offset + length) of an object; fewer at its end, none beyond it.
  virtual Result<std::string> read(const std::string& bucket, const std::string& key,
                                   std::uint64_t offset, std::uint64_t length) = 0;
};

// "s3://bucket/prefix" taken apart; false when it is something else.
bool split_location(std::string_view location, std::string& bucket, std::string& prefix);

}  // namespace penstock::sql
