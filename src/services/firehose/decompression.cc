// Unpacking objects: of reconciliation, which reads what was delivered. The bytes are not trusted.
#include <fmt/format.h>
#include <libdeflate.h>
#include <snappy.h>

#include <memory>

#include "base/bytes.h"
#include "base/check.h"
#include "protocol/inflate.h"
#include "services/firehose/compression.h"

namespace penstock::firehose {
namespace {

constexpr std::size_t kSnappyHeader = 16;
constexpr std::string_view kSnappyMagic("\x82SNAPPY\0", 8);

std::unexpected<Error> damaged(std::string_view what) {
  return fail(ErrorKind::kInvalid, fmt::format("the object is not a whole {} object", what));
}
std::unexpected<Error> too_big(std::size_t bytes_max) {
  return fail(ErrorKind::kInvalid,
              fmt::format("the object is more than {} bytes unpacked", bytes_max));
}

// Fixed-width numbers at a place; the caller has made sure that they are there.
std::uint64_t little_at(std::string_view bytes, std::size_t at, std::size_t width) {
  std::uint64_t value = 0;
  for (std::size_t i = width; i-- > 0;)
    value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
  return value;
}
std::size_t big32_at(std::string_view bytes, std::size_t at) {
  std::size_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
  return value;
}

// One file of a ZIP archive, as its directory describes it.
struct ZipFile {
  std::uint64_t method = 0, crc = 0, packed = 0, plain = 0, local = 0;
};

Result<std::string> unzip_file(std::string_view bytes, const ZipFile& file) {
  constexpr std::size_t kLocalHeader = 30;
  if (file.local > bytes.size() || bytes.size() - file.local < kLocalHeader ||
      bytes.substr(file.local, 4) != "PK\x03\x04") {
    return damaged("ZIP");
  }
  const std::uint64_t begin = file.local + kLocalHeader + little_at(bytes, file.local + 26, 2) +
                              little_at(bytes, file.local + 28, 2);
  if (begin > bytes.size() || bytes.size() - begin < file.packed) return damaged("ZIP");
  const std::string_view packed = bytes.substr(begin, file.packed);
  std::string out;
  if (file.method == 0) {
    out = packed;
  } else if (file.method == 8) {
    out.resize(file.plain);
    const std::unique_ptr<libdeflate_decompressor, void (*)(libdeflate_decompressor*)> inflate(
        libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
    CHECK(inflate != nullptr);
    if (libdeflate_deflate_decompress(inflate.get(), packed.data(), packed.size(), out.data(),
                                      out.size(), nullptr) != LIBDEFLATE_SUCCESS) {
      return damaged("ZIP");
    }
  } else {
    return damaged("ZIP");
  }
  if (out.size() != file.plain || crc32(out) != file.crc) return damaged("ZIP");
  return out;
}

// The files that the directory at the end names, one after the other.
Result<std::string> unzip(std::string_view bytes, std::size_t bytes_max) {
  constexpr std::size_t kEnd = 22, kEntry = 46;
  const std::size_t end = bytes.rfind("PK\x05\x06");
  if (end == bytes.npos || bytes.size() - end < kEnd) return damaged("ZIP");
  const std::uint64_t files = little_at(bytes, end + 10, 2);
  std::uint64_t at = little_at(bytes, end + 16, 4);
  std::string out;
  for (std::uint64_t i = 0; i < files; ++i) {
    if (at > end || end - at < kEntry || bytes.substr(at, 4) != "PK\x01\x02") return damaged("ZIP");
    ZipFile file;
    file.method = little_at(bytes, at + 10, 2);
    file.crc = little_at(bytes, at + 16, 4);
    file.packed = little_at(bytes, at + 20, 4);
    file.plain = little_at(bytes, at + 24, 4);
    file.local = little_at(bytes, at + 42, 4);
    if (file.plain > bytes_max - out.size()) return too_big(bytes_max);
    TRY(const std::string plain, unzip_file(bytes, file));
    out += plain;
    at += kEntry + little_at(bytes, at + 28, 2) + little_at(bytes, at + 30, 2) +
          little_at(bytes, at + 32, 2);
  }
  return out;
}

// Appends what the length-prefixed chunk at `at` holds, and moves beyond it.
Status add_snappy_chunk(std::string& out, std::string_view bytes, std::size_t& at,
                        std::size_t bytes_max) {
  if (bytes.size() - at < 4) return damaged("Snappy");
  const std::size_t packed = big32_at(bytes, at);
  at += 4;
  if (bytes.size() - at < packed) return damaged("Snappy");
  std::size_t plain = 0;
  if (!snappy::GetUncompressedLength(bytes.data() + at, packed, &plain)) return damaged("Snappy");
  if (plain > bytes_max - out.size()) return too_big(bytes_max);
  const std::size_t begin = out.size();
  out.resize(begin + plain);
  if (!snappy::RawUncompress(bytes.data() + at, packed, out.data() + begin)) {
    return damaged("Snappy");
  }
  at += packed;
  return {};
}

Result<std::string> unsnap_stream(std::string_view bytes, std::size_t bytes_max) {
  std::string out;
  if (!bytes.starts_with(kSnappyMagic)) return damaged("Snappy");
  for (std::size_t at = 0; at < bytes.size();) {
    if (bytes.substr(at).starts_with(kSnappyMagic)) {
      if (bytes.size() - at < kSnappyHeader) return damaged("Snappy");
      at += kSnappyHeader;
      continue;
    }
    TRY_VOID(add_snappy_chunk(out, bytes, at, bytes_max));
  }
  return out;
}

Result<std::string> unsnap_hadoop(std::string_view bytes, std::size_t bytes_max) {
  std::string out;
  for (std::size_t at = 0; at < bytes.size();) {
    if (bytes.size() - at < 4) return damaged("Hadoop Snappy");
    const std::size_t block = big32_at(bytes, at);
    at += 4;
    const std::size_t begin = out.size();
    // A block is one or several chunks; one of no bytes has none.
    while (out.size() - begin < block) {
      const std::size_t before = out.size();
      TRY_VOID(add_snappy_chunk(out, bytes, at, bytes_max));
      if (out.size() == before) return damaged("Hadoop Snappy");
    }
    if (out.size() - begin != block) return damaged("Hadoop Snappy");
  }
  return out;
}

}  // namespace

Result<std::string> decompress(Compression compression, std::string_view bytes,
                               std::size_t bytes_max) {
  switch (compression) {
    case Compression::kUncompressed:
      if (bytes.size() > bytes_max) return too_big(bytes_max);
      return std::string(bytes);
    case Compression::kGzip: return protocol::inflate_bytes(bytes, bytes_max);
    case Compression::kZip: return unzip(bytes, bytes_max);
    case Compression::kSnappy: return unsnap_stream(bytes, bytes_max);
    case Compression::kHadoopSnappy: return unsnap_hadoop(bytes, bytes_max);
  }
  return damaged("known");
}

}  // namespace penstock::firehose
