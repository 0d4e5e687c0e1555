// Streaming decompression over zlib and zstd.
#include "services/dynamodb/unpacker.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>

namespace penstock::dynamodb {
namespace {

class PlainUnpacker final : public Unpacker {
 public:
  void give(std::string piece) override {
    piece_ = std::move(piece);
    at_ = 0;
  }
  Result<bool> take(std::string& out, std::size_t bytes_max) override {
    const std::size_t size = std::min(bytes_max, piece_.size() - at_);
    out.append(piece_, at_, size);
    at_ += size;
    return at_ < piece_.size();
  }
  Status finish() const override { return {}; }

 private:
  std::string piece_;
  std::size_t at_ = 0;
};

class GzipUnpacker final : public Unpacker {
 public:
  bool open() { return ready_ = inflateInit2(&stream_, 15 + 16) == Z_OK; }  // 16: gzip only.
  ~GzipUnpacker() override {
    if (ready_) inflateEnd(&stream_);
  }
  void give(std::string piece) override {
    piece_ = std::move(piece);
    stream_.next_in = reinterpret_cast<Bytef*>(piece_.data());
    stream_.avail_in = static_cast<uInt>(piece_.size());
  }
  Result<bool> take(std::string& out, std::size_t bytes_max) override {
    const std::size_t before = out.size();
    out.resize(before + bytes_max);
    stream_.next_out = reinterpret_cast<Bytef*>(out.data() + before);
    stream_.avail_out = static_cast<uInt>(bytes_max);
    const Status status = inflate_some();
    out.resize(out.size() - stream_.avail_out);
    if (!status) return std::unexpected(status.error());
    return stream_.avail_out == 0 || stream_.avail_in > 0;
  }
  Status finish() const override {
    if (inside_) return fail(ErrorKind::kInvalid, "the gzip data ends too early");
    return {};
  }

 private:
  Status inflate_some() {
    while (stream_.avail_out > 0 && (stream_.avail_in > 0 || inside_)) {
      inside_ = true;
      const int status = inflate(&stream_, Z_NO_FLUSH);
      if (status == Z_STREAM_END) {
        inside_ = false;
        if (inflateReset(&stream_) != Z_OK) return damaged();
      } else if (status == Z_BUF_ERROR) {
        return {};  // More input is needed.
      } else if (status != Z_OK) {
        return damaged();
      }
    }
    return {};
  }
  static Status damaged() { return fail(ErrorKind::kInvalid, "the data is not valid gzip"); }

  z_stream stream_{};
  bool ready_ = false;
  bool inside_ = false;  // Of a member.
  std::string piece_;
};

class ZstdUnpacker final : public Unpacker {
 public:
  bool open() {
    stream_ = ZSTD_createDStream();
    return stream_ != nullptr &&
           !ZSTD_isError(ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, kZstdWindowLog));
  }
  ~ZstdUnpacker() override { ZSTD_freeDStream(stream_); }
  void give(std::string piece) override {
    piece_ = std::move(piece);
    input_ = {piece_.data(), piece_.size(), 0};
  }
  Result<bool> take(std::string& out, std::size_t bytes_max) override {
    const std::size_t before = out.size();
    out.resize(before + bytes_max);
    ZSTD_outBuffer output{out.data() + before, bytes_max, 0};
    bool damaged = false;
    while (output.pos < output.size && (input_.pos < input_.size || held_back_)) {
      const std::size_t in_before = input_.pos, out_before = output.pos;
      const std::size_t status = ZSTD_decompressStream(stream_, &output, &input_);
      damaged = ZSTD_isError(status) != 0;
      if (damaged) break;
      inside_ = status != 0;
      held_back_ = output.pos == output.size && inside_;
      if (input_.pos == in_before && output.pos == out_before) break;
    }
    out.resize(before + output.pos);
    if (damaged) return fail(ErrorKind::kInvalid, "the data is not valid zstd");
    return output.pos == output.size || input_.pos < input_.size;
  }
  Status finish() const override {
    if (inside_) return fail(ErrorKind::kInvalid, "the zstd data ends too early");
    return {};
  }

 private:
  ZSTD_DStream* stream_ = nullptr;
  ZSTD_inBuffer input_{};
  bool inside_ = false;     // Of a frame.
  bool held_back_ = false;  // The output was full: there may be more without further input.
  std::string piece_;
};

template <typename Kind>
Result<std::unique_ptr<Unpacker>> opened() {
  auto unpacker = std::make_unique<Kind>();
  if (!unpacker->open()) return fail(ErrorKind::kInternal, "a decompressor could not be made");
  return unpacker;
}

}  // namespace

Result<std::unique_ptr<Unpacker>> make_unpacker(Packing packing) {
  switch (packing) {
    case Packing::kGzip: return opened<GzipUnpacker>();
    case Packing::kZstd: return opened<ZstdUnpacker>();
    case Packing::kNone: break;
  }
  return std::make_unique<PlainUnpacker>();
}

}  // namespace penstock::dynamodb
