// Reads ranges of an object and cuts them into lines.

#include "sql/line_reader.h"

#include <fmt/format.h>
#include <zlib.h>

#include <cstring>

#include "sql/limits.h"

namespace penstock::sql {

// zlib's stream; members of a .gz that follow each other are read as one.
struct LineReader::Inflater {
  z_stream stream{};
  std::string input;
  bool ended = false;

  Inflater() { inflateInit2(&stream, 15 + 32); }
  ~Inflater() { inflateEnd(&stream); }
};

LineReader::LineReader(ObjectReader& reader, std::string bucket, ObjectInfo object,
                       std::atomic<std::uint64_t>& scanned)
    : reader_(reader), bucket_(std::move(bucket)), object_(std::move(object)), scanned_(scanned) {
  if (object_.key.ends_with(".gz")) inflater_ = std::make_unique<Inflater>();
}

LineReader::~LineReader() = default;

Result<std::string> LineReader::read_range() {
  if (offset_ >= object_.size) return std::string();
  const std::uint64_t length = std::min<std::uint64_t>(kReadBytes, object_.size - offset_);
  TRY(std::string bytes, reader_.read(bucket_, object_.key, offset_, length));
  offset_ += bytes.size();
  if (bytes.size() < length) offset_ = object_.size;
  scanned_ += bytes.size();
  return bytes;
}

Status LineReader::fill() {
  buffer_.erase(0, at_);
  at_ = 0;
  if (buffer_.size() > kLineBytesMax) {
    return fail(ErrorKind::kLimit, "a line is longer than the limit of 100 MB");
  }
  if (!inflater_) {
    TRY(std::string bytes, read_range());
    if (bytes.empty()) at_end_ = true;
    buffer_ += bytes;
    return {};
  }
  z_stream& stream = inflater_->stream;
  if (stream.avail_in == 0) {
    TRY(inflater_->input, read_range());
    if (inflater_->input.empty()) {
      at_end_ = true;
      if (!inflater_->ended && object_.size > 0) {
        return fail(ErrorKind::kCorrupt, "Unexpected end of ZLIB input stream");
      }
      return {};
    }
    stream.next_in = reinterpret_cast<Bytef*>(inflater_->input.data());
    stream.avail_in = static_cast<uInt>(inflater_->input.size());
  }
  if (inflater_->ended) {
    inflateReset(&stream);
    inflater_->ended = false;
  }
  const std::size_t before = buffer_.size();
  buffer_.resize(before + kReadBytes);
  stream.next_out = reinterpret_cast<Bytef*>(buffer_.data() + before);
  stream.avail_out = static_cast<uInt>(kReadBytes);
  const int code = inflate(&stream, Z_NO_FLUSH);
  buffer_.resize(buffer_.size() - stream.avail_out);
  if (code == Z_STREAM_END) {
    inflater_->ended = true;
  } else if (code != Z_OK && code != Z_BUF_ERROR) {
    return fail(ErrorKind::kCorrupt, "Not in GZIP format");
  }
  return {};
}

Result<bool> LineReader::next(std::string_view& line) {
  std::size_t searched = at_;
  while (true) {
    const void* found = searched < buffer_.size() ? std::memchr(buffer_.data() + searched, '\n',
                                                                buffer_.size() - searched)
                                                  : nullptr;
    if (found != nullptr) {
      const auto end = static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data());
      line = std::string_view(buffer_).substr(at_, end - at_);
      at_ = end + 1;
      if (line.ends_with('\r')) line.remove_suffix(1);
      return true;
    }
    if (at_end_) {
      if (at_ >= buffer_.size()) return false;
      line = std::string_view(buffer_).substr(at_);
      at_ = buffer_.size();
      if (line.ends_with('\r')) line.remove_suffix(1);
      return true;
    }
    const std::size_t pending = buffer_.size() - at_;
    TRY_VOID(fill());
    searched = pending;
  }
}

}  // namespace penstock::sql
