// Unpacker: what a compressed object holds, piece by piece, in bounded memory.
//
//   unpacker->give(piece);                               // Requires: the last one is used up.
//   while (true) { TRY(bool more, unpacker->take(text, max)); ...; if (!more) break; }
//   TRY_VOID(unpacker->finish());                        // At the object's end.
//
// Gzip with several members and zstd with several frames are one text. A zstd frame may need a
// window of at most kZstdWindowLog bits.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/result.h"

namespace penstock::dynamodb {

enum class Packing : unsigned char { kNone, kGzip, kZstd };

inline constexpr int kZstdWindowLog = 27;  // 128 MiB, what zstd unpacks unless told otherwise.

class Unpacker {
 public:
  virtual ~Unpacker() = default;
  virtual void give(std::string piece) = 0;
  // Appends up to `bytes_max` bytes. False: the piece is used up. kInvalid when damaged.
  virtual Result<bool> take(std::string& out, std::size_t bytes_max) = 0;
  // kInvalid when the object ends in the middle of something.
  virtual Status finish() const = 0;
};

Result<std::unique_ptr<Unpacker>> make_unpacker(Packing packing);

}  // namespace penstock::dynamodb
