// zlib, used on a prefix of a file: running out of input is not an error here.
#include "services/glue/compression.h"

#include <zlib.h>

#include <algorithm>
#include <array>

namespace penstock::glue {
namespace {

struct Magic {
  std::string_view bytes;
  std::string_view name;
};

constexpr std::array kMagics = {
    Magic{"\x1f\x8b", "gzip"},
    Magic{"BZh", "bzip2"},
    Magic{"\x28\xb5\x2f\xfd", "zstd"},
    Magic{std::string_view("\xff\x06\x00\x00sNaPpY", 10), "snappy"},
    Magic{"\x04\x22\x4d\x18", "lz4"},
};

struct Inflater {
  z_stream stream{};
  bool ready = false;
  Inflater() { ready = inflateInit2(&stream, 15 + 16) == Z_OK; }  // 16: gzip only.
  ~Inflater() {
    if (ready) inflateEnd(&stream);
  }
};

}  // namespace

std::string_view compression_of(std::string_view bytes) {
  for (const Magic& magic : kMagics) {
    if (bytes.starts_with(magic.bytes)) return magic.name;
  }
  return "none";
}

Result<Sample> inflate_gzip(std::string_view bytes, bool whole, std::size_t bytes_max) {
  Inflater inflater;
  if (!inflater.ready) return fail(ErrorKind::kInternal, "zlib could not be initialised");
  z_stream& stream = inflater.stream;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  Sample sample{{}, whole};
  std::array<char, 64 << 10> piece;
  while (sample.bytes.size() < bytes_max) {
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    const int status = inflate(&stream, Z_NO_FLUSH);
    sample.bytes.append(piece.data(), piece.size() - stream.avail_out);
    if (status == Z_STREAM_END) {
      if (stream.avail_in == 0) break;
      if (inflateReset(&stream) != Z_OK) return fail(ErrorKind::kCorrupt, "not a gzip file");
      continue;
    }
    if (status == Z_BUF_ERROR || (status == Z_OK && stream.avail_in == 0 && stream.avail_out > 0)) {
      if (whole) return fail(ErrorKind::kCorrupt, "the gzip file ends too early");
      break;
    }
    if (status != Z_OK) {
      if (!sample.bytes.empty() && stream.total_out == 0) break;  // Padding behind the last member.
      return fail(ErrorKind::kCorrupt, "not a gzip file");
    }
  }
  sample.stored = bytes.size() - stream.avail_in;
  if (sample.bytes.size() >= bytes_max) {
    sample.whole = sample.whole && sample.bytes.size() == bytes_max && stream.avail_in == 0;
    sample.bytes.resize(bytes_max);
  }
  return sample;
}

}  // namespace penstock::glue
