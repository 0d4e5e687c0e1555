// zlib's inflate with a limit.
#include "protocol/inflate.h"

#include <zlib.h>

namespace penstock::protocol {

Result<std::string> inflate_bytes(std::string_view bytes, std::size_t bytes_max) {
  std::string out;
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 32) != Z_OK)
    return fail(ErrorKind::kInternal, "zlib does not start");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  char piece[16384];
  int status = Z_OK;
  while (status == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(piece);
    stream.avail_out = sizeof piece;
    status = inflate(&stream, Z_NO_FLUSH);
    out.append(piece, sizeof piece - stream.avail_out);
    if (out.size() > bytes_max) {
      inflateEnd(&stream);
      return fail(ErrorKind::kLimit, "the decoded bytes are more than allowed");
    }
    if (status == Z_STREAM_END && stream.avail_in > 0) status = inflateReset(&stream);
  }
  inflateEnd(&stream);
  if (status != Z_STREAM_END) {
    return fail(ErrorKind::kInvalid, "the compressed bytes cannot be decoded");
  }
  return out;
}

}  // namespace penstock::protocol
