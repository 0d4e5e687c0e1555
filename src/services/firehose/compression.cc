// GZIP and ZIP with libdeflate, the two Snappy framings with libsnappy.
//
// Snappy is the stream of snappy-java, HADOOP_SNAPPY the blocks of Hadoop's codec (both probed on
// AWS).
#include "services/firehose/compression.h"

#include <libdeflate.h>
#include <snappy.h>

#include <algorithm>
#include <memory>

#include "base/bytes.h"
#include "base/check.h"

namespace penstock::firehose {
namespace {

constexpr int kDeflateLevel = 6;
constexpr std::size_t kSnappyStreamChunk = 32 << 10;
constexpr std::size_t kHadoopBlock = 256 << 10;

struct FreeCompressor {
  void operator()(libdeflate_compressor* c) const { libdeflate_free_compressor(c); }
};
using Compressor = std::unique_ptr<libdeflate_compressor, FreeCompressor>;

Compressor make_compressor() {
  Compressor compressor(libdeflate_alloc_compressor(kDeflateLevel));
  CHECK(compressor != nullptr);
  return compressor;
}

std::string gzip(std::string_view bytes) {
  const Compressor compressor = make_compressor();
  std::string out(libdeflate_gzip_compress_bound(compressor.get(), bytes.size()), '\0');
  const std::size_t size = libdeflate_gzip_compress(compressor.get(), bytes.data(), bytes.size(),
                                                    out.data(), out.size());
  CHECK(size != 0);
  out.resize(size);
  return out;
}

std::string raw_deflate(std::string_view bytes) {
  const Compressor compressor = make_compressor();
  std::string out(libdeflate_deflate_compress_bound(compressor.get(), bytes.size()), '\0');
  const std::size_t size = libdeflate_deflate_compress(compressor.get(), bytes.data(), bytes.size(),
                                                       out.data(), out.size());
  CHECK(size != 0);
  out.resize(size);
  return out;
}

template <int kBytes>
void little(std::string& out, std::uint64_t value) {
  for (int i = 0; i < kBytes; ++i) out += static_cast<char>(value >> (8 * i));
}

void big32(std::string& out, std::size_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
}

// The fields that the local and the central header share.
void zip_fields(std::string& out, const CivilTime& t, std::uint32_t crc, std::size_t packed,
                std::size_t plain, std::size_t name) {
  little<2>(out, 20);  // Version needed: deflate.
  little<2>(out, 0);
  little<2>(out, 8);  // Deflate.
  little<2>(out, static_cast<std::uint64_t>(t.hour << 11 | t.minute << 5 | t.second / 2));
  const int year = std::clamp(t.year, 1980, 2107) - 1980;
  little<2>(out, static_cast<std::uint64_t>(year << 9 | t.month << 5 | t.day));
  little<4>(out, crc);
  little<4>(out, packed);
  little<4>(out, plain);
  little<2>(out, name);
  little<2>(out, 0);  // No extra field.
}

std::string zip(std::string_view bytes, std::string_view entry, Timestamp modified) {
  const std::string packed = raw_deflate(bytes);
  const CivilTime t = civil_from(modified);
  const std::uint32_t crc = crc32(bytes);
  std::string out;
  out.reserve(packed.size() + 2 * entry.size() + 128);
  out += "PK\x03\x04";
  zip_fields(out, t, crc, packed.size(), bytes.size(), entry.size());
  out += entry;
  out += packed;
  const std::size_t directory = out.size();
  out += "PK\x01\x02";
  little<2>(out, 20);
  zip_fields(out, t, crc, packed.size(), bytes.size(), entry.size());
  little<2>(out, 0);  // No comment.
  little<2>(out, 0);  // First disk.
  little<2>(out, 0);
  little<4>(out, 0);
  little<4>(out, 0);  // The local header stands at the beginning.
  out += entry;
  const std::size_t directory_bytes = out.size() - directory;
  out += "PK\x05\x06";
  little<4>(out, 0);
  little<2>(out, 1);
  little<2>(out, 1);
  little<4>(out, directory_bytes);
  little<4>(out, directory);
  little<2>(out, 0);
  return out;
}

void snappy_chunk(std::string& out, std::string_view chunk) {
  std::string packed;
  snappy::Compress(chunk.data(), chunk.size(), &packed);
  big32(out, packed.size());
  out += packed;
}

std::string snappy_stream(std::string_view bytes) {
  std::string out("\x82SNAPPY\0\0\0\0\1\0\0\0\1", 16);
  for (std::size_t i = 0; i < bytes.size(); i += kSnappyStreamChunk) {
    snappy_chunk(out, bytes.substr(i, kSnappyStreamChunk));
  }
  return out;
}

std::string hadoop_snappy(std::string_view bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += kHadoopBlock) {
    const std::string_view block = bytes.substr(i, kHadoopBlock);
    big32(out, block.size());
    snappy_chunk(out, block);
  }
  return out;
}

}  // namespace

std::optional<Compression> parse_compression(std::string_view name) {
  if (name == "UNCOMPRESSED") return Compression::kUncompressed;
  if (name == "GZIP") return Compression::kGzip;
  if (name == "ZIP") return Compression::kZip;
  if (name == "Snappy") return Compression::kSnappy;
  if (name == "HADOOP_SNAPPY") return Compression::kHadoopSnappy;
  return std::nullopt;
}

std::string_view extension_of(Compression compression) {
  switch (compression) {
    case Compression::kUncompressed: return "";
    case Compression::kGzip: return ".gz";
    case Compression::kZip: return ".zip";
    case Compression::kSnappy: return ".snappy";
    case Compression::kHadoopSnappy: return ".snappy";  // Probed; the guide says .hsnappy.
  }
  return "";
}

std::string_view content_encoding_of(Compression compression) {
  switch (compression) {
    case Compression::kUncompressed: return "";
    case Compression::kGzip: return "gzip";
    case Compression::kZip: return "zip";
    case Compression::kSnappy: return "snappy-java";
    case Compression::kHadoopSnappy: return "hadoop-snappy";
  }
  return "";
}

std::string compress(Compression compression, std::string bytes, std::string_view entry,
                     Timestamp modified) {
  switch (compression) {
    case Compression::kUncompressed: return bytes;
    case Compression::kGzip: return gzip(bytes);
    case Compression::kZip: return zip(bytes, entry, modified);
    case Compression::kSnappy: return snappy_stream(bytes);
    case Compression::kHadoopSnappy: return hadoop_snappy(bytes);
  }
  return bytes;
}

}  // namespace penstock::firehose
