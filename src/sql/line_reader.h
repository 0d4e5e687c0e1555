// The lines of one object, unpacked on the way when its name ends in .gz.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sql/object_reader.h"

namespace penstock::sql {

class LineReader {
 public:
  // `scanned` counts the bytes read from the object. Both outlive the reader.
  LineReader(ObjectReader& reader, std::string bucket, ObjectInfo object,
             std::atomic<std::uint64_t>& scanned);
  ~LineReader();

  // The next line without its end; false at the end of the object. The view holds until the next
  // call.
  Result<bool> next(std::string_view& line);

 private:
  struct Inflater;
  Status fill();
  Result<std::string> read_range();

  ObjectReader& reader_;
  const std::string bucket_;
  const ObjectInfo object_;
  std::atomic<std::uint64_t>& scanned_;
  std::unique_ptr<Inflater> inflater_;
  std::string buffer_;
  std::size_t at_ = 0;
  std::uint64_t offset_ = 0;
  bool at_end_ = false;
};

}  // namespace penstock::sql
