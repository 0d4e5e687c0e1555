// Packing a data file over zlib, with the MD5 of what comes out.
#include "services/dynamodb/export_file.h"

#include <openssl/evp.h>
#include <zlib.h>

#include <array>

#include "base/bytes.h"
#include "base/check.h"

namespace penstock::dynamodb {

struct ExportFile::Impl {
  z_stream stream{};
  EVP_MD_CTX* digest = EVP_MD_CTX_new();

  Impl() {
    constexpr int kGzip = 15 + 16, kMemory = 8;
    CHECK(deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzip, kMemory,
                       Z_DEFAULT_STRATEGY) == Z_OK);
    CHECK(digest != nullptr && EVP_DigestInit_ex(digest, EVP_md5(), nullptr) == 1);
  }
  ~Impl() {
    deflateEnd(&stream);
    EVP_MD_CTX_free(digest);
  }
};

ExportFile::ExportFile() : impl_(std::make_unique<Impl>()) {}
ExportFile::~ExportFile() = default;

void ExportFile::deflate_all(std::string_view text, bool last) {
  z_stream& stream = impl_->stream;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  std::array<char, 64 << 10> piece;
  do {
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    const int status = deflate(&stream, last ? Z_FINISH : Z_NO_FLUSH);
    CHECK(status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR);
    const std::size_t size = piece.size() - stream.avail_out;
    CHECK(EVP_DigestUpdate(impl_->digest, piece.data(), size) == 1);
    ready_.append(piece.data(), size);
  } while (stream.avail_out == 0);
}

void ExportFile::append(std::string_view text) {
  text_bytes_ += text.size();
  deflate_all(text, false);
}

void ExportFile::finish() {
  deflate_all({}, true);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  CHECK(EVP_DigestFinal_ex(impl_->digest, digest.data(), &size) == 1);
  md5_text_ = base64_encode({reinterpret_cast<const char*>(digest.data()), size});
}

}  // namespace penstock::dynamodb
